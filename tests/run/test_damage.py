"""What was damaged on the disk is noticed, set aside and made again: never a plausible wrong number."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core import tensor_files
from genbench.core.errors import DataError
from genbench.core.paths import below, last_writer
from genbench.data.loading import load_dataset
from genbench.encoders.features import split_features
from genbench.encoders.loading import load_encoder


def flipped(path: Path, start: int, count: int = 1_000) -> None:
    content = bytearray(path.read_bytes())
    for i in range(start, min(len(content), start + count)):
        content[i] ^= 0x10
    path.write_bytes(bytes(content))


def test_flipped_bytes_of_weights_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensor_files.write(path, {"a": torch.randn(100, 100), "b": torch.arange(3), "c": torch.tensor(1.5)}, {"fit": "{}"})
    tensors, metadata = tensor_files.read(path)
    assert metadata == {"fit": "{}"} and tensors["b"].tolist() == [0, 1, 2] and tensors["c"].shape == ()
    flipped(path, path.stat().st_size - 8_000)
    with pytest.raises(DataError, match="digest is another"):
        tensor_files.read(path)


def test_changed_metadata_is_noticed_too(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensor_files.write(path, {"a": torch.ones(2)}, {"seconds": "1.25"})
    path.write_bytes(path.read_bytes().replace(b"1.25", b"9.25"))
    with pytest.raises(DataError):
        tensor_files.read(path)


def test_a_file_of_an_older_genbench_is_believed(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, tmp_path / "old.safetensors", metadata={"x": "y"})
    assert tensor_files.read(tmp_path / "old.safetensors")[1] == {"x": "y"}


def test_a_zeroed_cache_of_features_is_made_again(tmp_path: Path) -> None:
    data = load_dataset("digits")
    encoder = load_encoder("in-domain", data, cache=tmp_path, device="cpu")
    first = split_features(encoder, data, "reference", cache=tmp_path)
    (path,) = (tmp_path / "features").iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-4_000] + bytes(4_000))
    assert split_features(encoder, data, "reference", cache=tmp_path).equal(first)
    assert path.with_name(f"{path.name}.broken").exists() and path.read_bytes() == content


def test_what_data_name_lies_below_the_root(tmp_path: Path) -> None:
    root = tmp_path / "run"
    root.mkdir()
    (root / "in.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    assert below(root, "in.png") is not None
    for path in ("../secret.png", str(tmp_path / "secret.png"), "link.png", "a\0b", "x" * 5_000, "", "."):
        assert below(root, path) is None


def test_a_long_name_is_written_too(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)
    with last_writer(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]
