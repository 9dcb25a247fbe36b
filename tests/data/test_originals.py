"""Published sets through torchvision: its layouts all end as (N, C, H, W) in [0, 1]; downloads fail in words."""

from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from genbench.core.errors import DataError
from genbench.data import celeba, originals
from genbench.data.loading import load_dataset

RNG = np.random.default_rng(0)


def part(data: object, **labels: object) -> types.SimpleNamespace:
    return types.SimpleNamespace(data=data, root="somewhere", **labels)


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, make: Any) -> None:
    """Let `make(root, train=..., download=...)` stand for torchvision's class."""
    changed = {**originals.ORIGINALS, name: replace(originals.ORIGINALS[name], make=make)}
    monkeypatch.setattr(originals, "ORIGINALS", changed)


def test_colour_in_either_order_and_letters_turned_upright(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = RNG.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    expected = torch.from_numpy(levels.transpose(0, 3, 1, 2).copy()).float() / 255
    y = np.arange(60) % 10
    for name, folder, made in (
        ("cifar10", "cifar-10-batches-py", part(levels, targets=y.tolist())),
        ("svhn", "svhn", part(levels.transpose(0, 3, 1, 2), labels=y)),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "images").touch()
        pretend(monkeypatch, name, lambda root, *, train, download, made=made: made)
        data = load_dataset(name, root=tmp_path)
        assert data.reference.x.equal(expected) and data.reference.y is not None
        assert data.reference.y.tolist() == y.tolist()
        assert (len(data.train), len(data.ceiling)) == (30, 30)
    (tmp_path / "EMNIST" / "raw").mkdir(parents=True)
    (tmp_path / "EMNIST" / "raw" / "images").touch()
    letters = torch.from_numpy(levels[:52, :28, :28, 0].copy())
    made = part(letters, targets=torch.arange(52) % 26 + 1)
    pretend(monkeypatch, "emnist-letters", lambda root, *, train, download: made)
    data = load_dataset("emnist-letters", root=tmp_path)
    assert data.reference.x[:, 0].equal(letters.transpose(1, 2).float() / 255)
    assert data.reference.y is not None and int(data.reference.y.min()) == 0 and int(data.reference.y.max()) == 25


def test_a_missing_set_is_downloaded_to_the_cache_or_a_sentence_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GENBENCH_DATA", raising=False)

    def offline(root: str, *, train: bool, download: bool) -> None:
        raise OSError("name resolution failed")

    pretend(monkeypatch, "kmnist", offline)
    with pytest.raises(DataError, match=r"could not be downloaded \(OSError: name resolution failed\): put its files"):
        load_dataset("kmnist", root=tmp_path)

    def no_network(root: str, *, train: bool, download: bool) -> None:
        (Path(root) / "KMNIST" / "raw").mkdir(parents=True, exist_ok=True)
        raise RuntimeError(
            "Error downloading x.gz:\nTried http://a/, got:\n<urlopen error no such name>\nTried http://b/\n"
        )

    pretend(monkeypatch, "kmnist", no_network)
    for _ in range(2):  # what the first try leaves behind makes no other sentence of the second
        with pytest.raises(
            DataError, match=r"downloaded \(RuntimeError: urlopen error no such name\): put its"
        ) as error:
            load_dataset("kmnist")
        assert "\n" not in str(error.value) and "KMNIST/raw below the folder" in str(error.value)
    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    with pytest.raises(DataError, match="downloads are switched off"):
        load_dataset("kmnist")
    monkeypatch.delenv("GENBENCH_OFFLINE")

    def online(root: str, *, train: bool, download: bool) -> types.SimpleNamespace:
        if download:
            (Path(root) / "KMNIST" / "raw" / "images").touch()
        return part(torch.zeros(40, 28, 28, dtype=torch.uint8), targets=torch.arange(40) % 10)

    pretend(monkeypatch, "kmnist", online)
    assert len(load_dataset("kmnist").reference) == 40
    assert (tmp_path / "cache" / "data" / "KMNIST").is_dir()


def test_empty_and_broken_parts_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "KMNIST" / "raw").mkdir(parents=True)
    (tmp_path / "KMNIST" / "raw" / "images").touch()

    def broken(root: str, *, train: bool, download: bool) -> None:
        raise RuntimeError("Dataset not found. You can use download=True to download it")

    pretend(monkeypatch, "kmnist", broken)
    with pytest.raises(DataError, match=r"KMNIST/raw are not what torchvision wrote.*Dataset not found\. Put whole"):
        load_dataset("kmnist", root=tmp_path)
    uneven = part(torch.zeros(4, 28, 28, dtype=torch.uint8), targets=torch.arange(3))
    pretend(monkeypatch, "kmnist", lambda root, *, train, download: uneven)
    with pytest.raises(DataError, match="hold 4 images and 3 labels"):
        load_dataset("kmnist", root=tmp_path)


def test_celeba_is_cropped_resized_and_keeps_its_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENBENCH_CACHE", str(tmp_path / "cache"))

    class Fake:
        """20, 6 and 8 pictures of 178 × 218 pixels: bright inside the crop of 148, black outside."""

        attr_names = ("Bald", "Smiling", "")

        def __init__(self, root: str, split: str, target_type: str, download: bool) -> None:
            self.n = {"train": 20, "valid": 6, "test": 8}[split]
            self.attr = torch.arange(2 * self.n).reshape(self.n, 2) % 2
            self.level = {"train": 100, "valid": 150, "test": 200}[split]

        def __len__(self) -> int:
            return self.n

        def __getitem__(self, row: int) -> tuple[Image.Image, torch.Tensor]:
            pixels = np.zeros((218, 178, 3), np.uint8)
            pixels[35:183, 15:163] = self.level + row
            return Image.fromarray(pixels), self.attr[row]

    (tmp_path / "celeba").mkdir()
    monkeypatch.setattr(celeba.datasets, "CelebA", Fake)
    data = load_dataset("celeba", root=tmp_path)
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [12, 6, 8, 8]
    assert data.factor_names == ("Bald", "Smiling") and data.spec.shape == (3, 64, 64)
    assert data.reference.x[3].unique().tolist() == pytest.approx([203 / 255])
    assert data.reference.factors is not None and data.reference.factors[3].tolist() == [0.0, 1.0]
    levels = torch.cat([data.train.x, data.ceiling.x])[:, 0, 0, 0].mul(255).round().sort().values
    assert levels.tolist() == list(range(100, 120))
