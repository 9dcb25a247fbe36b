"""`.npy` and `.npz` of unknown origin: read exactly, or refused in a sentence with the path."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from genbench.core.errors import DataError
from genbench.data import arrays
from genbench.data.arrays import Arrays, Statistics
from genbench.data.files import read_npy, read_npz, read_samples
from genbench.data.pixels import as_images


def test_arrays_come_back_as_they_were_saved(tmp_path: Path) -> None:
    for values in (
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.eye(3, dtype=">f4"),
    ):
        np.save(tmp_path / "a.npy", values)
        np.testing.assert_array_equal(read_npy(tmp_path / "a.npy"), values)
        np.savez_compressed(tmp_path / "a.npz", other=np.zeros(1), features=values, y=np.arange(len(values)))
        found = read_npz(tmp_path / "a.npz")
        assert isinstance(found, Arrays) and found.key == "features" and found.labels is not None
        np.testing.assert_array_equal(found.values, values)
        assert found.labels.tolist() == list(range(len(values)))


def test_statistics_are_recognised_and_checked(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", mu=np.zeros(3), sigma=np.eye(3))
    found = read_npz(tmp_path / "s.npz")
    assert isinstance(found, Statistics) and found.sigma.shape == (3, 3)
    np.savez(tmp_path / "s.npz", mu=np.zeros(3), sigma=np.eye(4))
    with pytest.raises(DataError, match=r"s\.npz has mu of shape"):
        read_npz(tmp_path / "s.npz")
    np.savez(tmp_path / "s.npz", mu=np.full(3, np.nan), sigma=np.eye(3))
    with pytest.raises(DataError, match="NaN"):
        read_npz(tmp_path / "s.npz")


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        raise AssertionError("a pickle was opened")


def test_pickles_are_refused_unopened(tmp_path: Path) -> None:
    objects = np.empty(1, dtype=object)
    objects[0] = {"a": 1}
    np.save(tmp_path / "o.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "o.npz", images=objects)
    (tmp_path / "p.npy").write_bytes(pickle.dumps([1, 2, 3]))
    for name, read in (("o.npy", read_npy), ("o.npz", read_npz)):
        with pytest.raises(DataError, match=rf"{name}.*Python objects"):
            read(tmp_path / name)
    with pytest.raises(DataError, match=r"p\.npy is not in NumPy's file format"):
        read_npy(tmp_path / "p.npy")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_file_cut_anywhere_is_a_sentence(tmp_path: Path, suffix: str) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    values = np.arange(40, dtype=np.uint8).reshape(10, 4)
    np.save(whole, values) if suffix == "npy" else np.savez_compressed(whole, images=values)
    data = whole.read_bytes()
    for n in range(len(data)):
        cut.write_bytes(data[:n])
        with pytest.raises(DataError, match=rf"cut\.{suffix}"):
            (read_npy if suffix == "npy" else read_npz)(cut)


def test_any_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    values = np.arange(400, dtype=np.uint8).reshape(100, 4)
    np.savez_compressed(tmp_path / "whole.npz", images=values)
    data = bytearray((tmp_path / "whole.npz").read_bytes())
    refused = 0
    for i in range(len(data)):
        flipped = data.copy()
        flipped[i] ^= 0xFF
        (tmp_path / "flipped.npz").write_bytes(flipped)
        try:
            read_npz(tmp_path / "flipped.npz")
        except DataError as error:
            assert "flipped.npz" in str(error)
            refused += 1
    assert refused > len(data) / 2


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**10)})
    (tmp_path / "big.npy").write_bytes(header.getvalue() + b"\0" * 64)
    with pytest.raises(DataError, match=r"big\.npy .*cut short"):
        read_npy(tmp_path / "big.npy")


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "FREE_BYTES", 2**20)
    np.savez_compressed(tmp_path / "bomb.npz", images=np.zeros((4, 2**20), dtype=np.uint8))
    with pytest.raises(DataError, match=r"bomb\.npz would unpack .* absurd"):
        read_npz(tmp_path / "bomb.npz")


def test_empty_missing_and_foreign_files_are_sentences(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.empty((0, 3)))
    (tmp_path / "text.npz").write_text("hello")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("a.txt", "hello")
    np.savez(tmp_path / "short.npz", images=np.zeros((3, 2)), labels=np.zeros(2))
    np.save(tmp_path / "words.npy", np.array([["a", "b"]]))
    for name, expected in (
        ("none.npy", "is empty"),
        ("text.npz", "not a whole"),
        ("zip.npz", "no arrays"),
        ("short.npz", "has 3 examples"),
        ("words.npy", "words"),
        ("absent.npy", "nothing at"),
        ("absent.txt", "nothing at"),
    ):
        with pytest.raises(DataError, match=expected) as caught:
            read_samples(tmp_path / name)
        assert name in str(caught.value)
    with pytest.raises(DataError, match="cannot be read|no file"):
        read_npy(tmp_path)


def test_images_of_every_layout_land_in_the_unit_range() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)
    expected = torch.from_numpy(levels.transpose(0, 3, 1, 2).copy()).float() / 255
    for values in (
        levels,
        levels.transpose(0, 3, 1, 2),
        levels.astype(np.int64),
        (levels / 255).astype(np.float64),
        levels.astype(np.uint16) * 257,
    ):
        torch.testing.assert_close(as_images(values, "x"), expected)
    assert as_images(levels[..., 0], "x").shape == (5, 1, 6, 7)
    for wrong in (
        np.full((2, 4, 4), -1.0),
        np.full((2, 4, 4), 1.5),
        np.full((2, 4, 4), np.nan),
        np.zeros((2, 4, 4, 5)),
    ):
        with pytest.raises(DataError, match="x "):
            as_images(wrong, "x")


def test_samples_are_features_or_images(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.eye(3))
    np.savez(tmp_path / "i.npz", images=np.zeros((2, 4, 4), dtype=np.uint8))
    features, images = read_samples(tmp_path / "f.npy"), read_samples(tmp_path / "i.npz")
    assert isinstance(features, torch.Tensor) and features.equal(torch.eye(3))
    assert isinstance(images, torch.Tensor) and images.shape == (2, 1, 4, 4)
