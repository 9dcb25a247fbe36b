"""The real files: every one loads, with the sizes and classes that it must have."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core.errors import DataError
from genbench.data.conformance import check_dataset
from genbench.data.loading import load_dataset
from genbench.data.originals import offline
from genbench.data.tables import ADBENCH

SIZES = {
    "notmnist": (5000, 2450, 2442, 10),
    "omniglot28": (2420, 1210, 1210, 242),
    "fashion-mnist-5class": (2500, 1250, 1250, 5),
    "olivetti": (200, 100, 100, 40),
    "cifar10-lossless-2k": (1000, 500, 500, 10),
}


def test_mnist_has_its_official_reference_and_the_usual_outliers(data_root: Path) -> None:
    data = load_dataset("mnist", root=data_root)
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [50_000, 0, 10_000, 10_000]
    assert data.ceiling.y is not None and data.train.y is not None
    total = torch.bincount(data.ceiling.y) + torch.bincount(data.train.y)
    assert total.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert {"notmnist", "omniglot", "fashion-5class", "uniform-noise", "flat-grey"} <= data.outliers.keys()
    assert {"notmnist", "omniglot"} <= data.near
    assert all(s.x.shape[1:] == (1, 28, 28) and s.x.min() >= 0 and s.x.max() <= 1 for s in data.outliers.values())


@pytest.mark.parametrize("name", SIZES)
def test_archives_load_whole(name: str, data_root: Path) -> None:
    data = load_dataset(name, root=data_root)
    assert (len(data.train), len(data.reference), len(data.ceiling), data.spec.classes) == SIZES[name]
    assert data.train.y is not None and data.train.y.max() < data.spec.classes


@pytest.mark.slow
def test_the_jpeg_excerpt_keeps_its_name_and_parts(data_root: Path) -> None:
    data = load_dataset("cifar10-jpeg-20k", root=data_root)
    assert "JPEG" in data.title
    assert check_dataset(data) == []
    assert (len(data.train), len(data.reference), len(data.ceiling)) == (16_000, 4_000, 4_000)
    assert data.reference.y is not None and torch.bincount(data.reference.y).tolist() == [400] * 10


@pytest.mark.parametrize("name", ADBENCH)
def test_outlier_tables_are_split_70_30_and_standardised_on_training(name: str, data_root: Path) -> None:
    dirty, clean = (load_dataset(f"adbench:{name}?variant={v}", root=data_root) for v in ("contaminated", "clean"))
    outliers = len(dirty.outliers["outliers"])
    tested = len(dirty.reference) + outliers
    assert len(dirty.train) / (len(dirty.train) + tested) == pytest.approx(0.7, abs=0.01)
    assert len(clean.train) < len(dirty.train) and len(clean.reference) == len(dirty.reference)
    assert outliers >= 1
    for data in (dirty, clean):
        assert data.train.x.double().mean(0).abs().max() < 1e-4
        varied = data.train.x.std(0, correction=0) > 0
        assert (data.train.x.std(0, correction=0)[varied] - 1).abs().max() < 1e-3
        assert data.train.y is None and data.reference.x.isfinite().all()
    assert load_dataset(f"adbench:{name}", root=data_root).fingerprint == dirty.fingerprint


def test_stacked_digits_are_three_of_their_own_split(data_root: Path) -> None:
    data, mnist = load_dataset("stacked-mnist", root=data_root), load_dataset("mnist", root=data_root)
    assert data.reference.factors is not None and data.reference.y is not None
    digits = data.reference.factors.long()
    assert (digits @ torch.tensor([100, 10, 1])).equal(data.reference.y)
    assert mnist.reference.y is not None
    known = {row.numpy().tobytes(): int(label) for row, label in zip(mnist.reference.x, mnist.reference.y, strict=True)}
    for picture, triple in zip(data.reference.x[:50], digits, strict=False):
        assert [known[channel.unsqueeze(0).numpy().tobytes()] for channel in picture] == triple.tolist()
    assert len(data.train.y.unique()) == 1000 if data.train.y is not None else False


def test_binarised_digits_are_drawn_from_their_greys(data_root: Path) -> None:
    fixed, dynamic = (load_dataset(f"binarised-mnist{k}", root=data_root) for k in ("", "-dynamic"))
    mnist = load_dataset("mnist", root=data_root)
    assert set(fixed.train.x.unique().tolist()) == {0.0, 1.0}
    assert check_dataset(dynamic) == []
    assert dynamic.bernoulli and not fixed.bernoulli
    assert dynamic.train.x.equal(mnist.train.x) and dynamic.reference.x.equal(fixed.reference.x)
    grey = (mnist.train.x > 0.4) & (mnist.train.x < 0.6)
    assert fixed.train.x[grey].mean().item() == pytest.approx(mnist.train.x[grey].mean().item(), abs=0.005)


def test_what_is_not_there_is_a_sentence_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENBENCH_DATA", raising=False)
    with offline():
        for root in (None, tmp_path):
            for name in ("mnist", "celeba", "notmnist", "adbench:pima"):
                with pytest.raises(DataError, match="--data-root|not there|no file"):
                    load_dataset(name, root=root)


def test_broken_published_files_are_a_sentence_with_their_folder(tmp_path: Path, data_root: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (data_root / "MNIST" / "raw").iterdir():
        (raw / file.name).write_bytes(file.read_bytes()[:5000])
    with offline(), pytest.raises(DataError, match="MNIST/raw"):
        load_dataset("mnist", root=tmp_path)
