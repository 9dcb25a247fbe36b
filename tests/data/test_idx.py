"""Files in the format IDX: read as torchvision reads them, and refused in words where they are broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets.mnist import read_image_file, read_label_file

from genbench.core.errors import DataError
from genbench.data.idx import read_idx
from genbench.data.loading import load_dataset

RNG = np.random.default_rng(0)


def write(path: Path, array: np.ndarray) -> Path:
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes())
    return path


def written(folder: Path, stem: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels = RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8), (np.arange(n) % 10).astype(np.uint8)
    write(folder / f"{stem}-images-idx3-ubyte", images)
    write(folder / f"{stem}-labels-idx1-ubyte", labels)
    return images, labels


def test_equals_torchvision(tmp_path: Path) -> None:
    images, labels = written(tmp_path, "train", 300)  # 300 needs both bytes of its size
    x, y = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    assert np.array_equal(read_idx(x), images) and np.array_equal(read_idx(y), labels)
    assert torch.equal(torch.from_numpy(read_idx(x)), read_image_file(str(x)))
    assert torch.equal(torch.from_numpy(read_idx(y)).long(), read_label_file(str(y)))


def test_a_set_is_read_from_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    written(folder, "train", 100)
    images, labels = written(folder, "t10k", 40)
    data = load_dataset("fashion-mnist", root=tmp_path)
    assert data.reference.x[:, 0].equal(torch.from_numpy(images).float() / 255)
    assert data.reference.y is not None and data.reference.y.tolist() == labels.tolist()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: content[:-1], "says that it holds 7,840 bytes and has 7,839"),
        (lambda content: content + b"0", "says that it holds 7,840 bytes and has 7,841"),
        (lambda content: b"\x1f\x8b" + content[2:], "does not begin as a file of bytes in the format IDX does"),
        (lambda content: content[:6], "does not begin"),
        (lambda content: b"", "does not begin"),
        (lambda content: content[:2] + b"\x0d" + content[3:], "does not begin"),
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path: Path, change: object, why: str) -> None:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    written(folder, "train", 10)
    written(folder, "t10k", 10)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DataError, match=f"MNIST/raw are not what torchvision wrote.*{path.name} {why}"):
        load_dataset("mnist", root=tmp_path)


@pytest.mark.parametrize(
    ("name", "shape"), [("images-idx3", (10,)), ("images-idx3", (10, 784)), ("labels-idx1", (10, 3))]
)
def test_files_of_other_shapes_are_a_sentence(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    written(folder, "train", 10)
    written(folder, "t10k", 10)
    write(folder / f"train-{name}-ubyte", np.zeros(shape, np.uint8))
    with pytest.raises(DataError, match="train-images and train-labels have the shapes"):
        load_dataset("mnist", root=tmp_path)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    written(folder, "train", 10)
    with pytest.raises(DataError, match=r"are not what torchvision wrote.*t10k-images-idx3-ubyte"):
        load_dataset("mnist", root=tmp_path)


def test_torchvision_is_not_imported(tmp_path: Path) -> None:
    folder = tmp_path / "KMNIST" / "raw"
    folder.mkdir(parents=True)
    written(folder, "train", 40)
    written(folder, "t10k", 20)
    code = f"""
import sys
from genbench.data.loading import load_dataset
load_dataset("kmnist", root={str(tmp_path)!r})
print("torchvision" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
