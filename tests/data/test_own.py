"""Your own data: folders, arrays and tables become datasets, deterministically, or a sentence says why not."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from genbench import registry
from genbench.core.errors import DataError, UnknownName
from genbench.data.loading import load_dataset, split_options
from genbench.protocols.dataset import Dataset

RNG = np.random.default_rng(0)


def make_folder(place: Path, *, n: int = 12, side: int = 8, parts: tuple[str, ...] = ("",)) -> Path:
    for part in parts:
        for label in ("cat", "dog"):
            (place / part / label).mkdir(parents=True)
            for i in range(n):
                values = RNG.integers(0, 256, (side, side, 3), dtype=np.uint8)
                Image.fromarray(values).save(place / part / label / f"{i:03d}.png")
    return place


def rows(data: Dataset) -> list[bytes]:
    splits = (data.train, data.val, data.reference, data.ceiling)
    return [row.numpy().tobytes() for split in splits for row in split.x]


def test_a_folder_becomes_four_disjoint_stratified_splits(tmp_path: Path) -> None:
    place = make_folder(tmp_path / "pets")
    data = load_dataset(f"folder:{place}")
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [12, 0, 6, 6]
    assert data.classes == ("cat", "dog") and data.spec.shape == (3, 8, 8) and data.spec.unit_range
    assert data.reference.y is not None and data.train.y is not None  # the ceiling takes what it takes of each class
    assert (torch.bincount(data.train.y) - 2 * torch.bincount(data.reference.y)).abs().max() <= 2
    assert len(set(rows(data))) == 24
    assert load_dataset(f"folder:{place}").fingerprint == data.fingerprint
    assert set(data.outliers) == {"uniform-noise", "flat-grey"}


def test_train_and_test_folders_are_the_official_parts(tmp_path: Path) -> None:
    place = make_folder(tmp_path / "pets", parts=("train", "test"))
    data = load_dataset(f"folder:{place}")
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [12, 0, 24, 12]
    assert data.classes == ("cat", "dog")


def test_mixed_sizes_need_the_size_option(tmp_path: Path) -> None:
    place = make_folder(tmp_path / "pets")
    Image.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(place / "cat" / "wide.png")
    with pytest.raises(DataError, match=r"wide\.png is 30 × 20.*\?size="):
        load_dataset(f"folder:{place}")
    assert load_dataset(f"folder:{place}?size=16").spec.shape == (3, 16, 16)
    for wrong, message in (("size=big", "whole number"), ("sice=16", "option 'sice'")):
        with pytest.raises(DataError, match=message):
            load_dataset(f"folder:{place}?{wrong}")


def test_repeated_images_stay_in_one_split_with_a_warning(tmp_path: Path) -> None:
    place = make_folder(tmp_path / "pets")
    for copy in ("a", "b", "c", "d"):
        data = (place / "cat" / "000.png").read_bytes()
        (place / "cat" / f"copy-{copy}.png").write_bytes(data)
    loaded = load_dataset(f"folder:{place}")
    assert "were dropped, because an earlier split holds the same" in " ".join(loaded.notes)
    splits = (loaded.train, loaded.reference, loaded.ceiling)
    sets = [{row.numpy().tobytes() for row in split.x} for split in splits]
    assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])


def test_a_set_larger_than_memory_is_mapped_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    place = make_folder(tmp_path / "pets")
    for i in range(8):
        (place / "cat" / f"copy-{i}.png").write_bytes((place / "cat" / "000.png").read_bytes())
    plain = load_dataset(f"folder:{place}")
    monkeypatch.setenv("GENBENCH_MEMORY_GIB", "0")
    mapped = load_dataset(f"folder:{place}")
    assert mapped.fingerprint == plain.fingerprint
    assert len(list((cache / "streams").glob("*.f32"))) >= 3
    monkeypatch.setattr("genbench.data.images._decode", None)
    assert load_dataset(f"folder:{place}").train.x.equal(plain.train.x)


def test_arrays_become_images_or_tables(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "i.npz", images=RNG.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8), labels=np.array(["b", "a"] * 20)
    )
    images = load_dataset(f"npz:{tmp_path / 'i.npz'}")
    assert images.spec.shape == (3, 8, 8) and images.classes == ("a", "b")
    np.savez(tmp_path / "t.npz", X=RNG.normal(5, 3, (400, 4)))
    table = load_dataset(f"npz:{tmp_path / 't.npz'}")
    assert table.spec.shape == (4,) and table.spec.value_range is None and table.spec.classes == 0
    torch.testing.assert_close(table.train.x.mean(0), torch.zeros(4), atol=1e-6, rtol=0)
    assert set(table.outliers) == {"uniform-noise"}


def test_tables_are_read_standardised_and_labelled(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": RNG.normal(9, 2, 200), "b": RNG.integers(0, 9, 200), "c": 1.5, "kind": ["x", "y"] * 100})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load_dataset(f"csv:{tmp_path / 't.csv'}?label=kind")
    assert data.spec.shape == (3,) and data.classes == ("x", "y")
    assert data.train.x[:, 2].abs().max() == 0
    assert data.train.x[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-5)
    with pytest.raises(DataError, match=r"t\.csv has the column 'kind', which is not numbers"):
        load_dataset(f"csv:{tmp_path / 't.csv'}")
    with pytest.raises(DataError, match="no column 'sort' to label: it has a, b, c, kind"):
        load_dataset(f"csv:{tmp_path / 't.csv'}?label=sort")
    frame.loc[3, "a"] = np.nan
    frame.to_csv(tmp_path / "gap.csv", index=False)
    with pytest.raises(DataError, match="1 empty cells in the column 'a'"):
        load_dataset(f"csv:{tmp_path / 'gap.csv'}?label=kind")


def test_broken_tables_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("a,b\n")
    (tmp_path / "short.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x00" * 9)
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    for name in (
        "csv:empty.csv",
        "csv:header.csv",
        "csv:short.csv",
        "csv:bytes.csv",
        "csv:absent.csv",
        "parquet:t.parquet",
    ):
        scheme, _, file = name.partition(":")
        with pytest.raises(DataError, match=file):
            load_dataset(f"{scheme}:{tmp_path / file}")


def test_a_hub_set_needs_its_package_and_then_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"hf:me/set cannot be had here.*genbench\[hf\]"):
        load_dataset("hf:me/set")

    class Part(dict[str, list[object]]):
        column_names = ("img", "label")

    pictures = [Image.fromarray(RNG.integers(0, 256, (9, 12, 3), dtype=np.uint8)) for _ in range(40)]
    part = Part(img=pictures, label=[i % 2 for i in range(40)])
    fake = types.SimpleNamespace(load_dataset=lambda name: {"train": part})
    monkeypatch.setitem(sys.modules, "datasets", fake)
    data = load_dataset("hf:me/set?image=img&size=8")
    assert data.spec.shape == (3, 8, 8) and data.classes == ("0", "1")
    with pytest.raises(DataError, match="no column 'image'"):
        load_dataset("hf:me/set")


def test_a_registered_dataset_is_found_by_its_name() -> None:
    @registry.register_dataset("my-points", summary="For this test.", kind="toy")
    def mine(*, root: str | None = None) -> Dataset:
        return load_dataset("ring8", root=root)

    assert load_dataset("my-points").name == "ring8"
    with pytest.raises(UnknownName):
        load_dataset("unknown:scheme")


def test_options_are_split_off() -> None:
    assert split_options("a/b?size=64", ("size",)) == ("a/b", {"size": "64"})
    assert split_options("C:/x", ("size",)) == ("C:/x", {})


def test_a_reference_that_is_too_small_or_lacks_a_class_is_said_so(tmp_path: Path) -> None:
    place = tmp_path / "few.npz"
    np.savez(place, X=np.arange(24.0).reshape(12, 2), y=np.array([0] * 11 + [1]))
    data = load_dataset(f"npz:{place}")
    said = " ".join(data.notes)
    assert len(data.reference) == 3 and "the reference holds 3 examples" in said
    if data.train.y is not None and bool((data.train.y == 1).any()):
        assert "the reference holds no example of class 1" in said
