"""What files of one's own get wrong: read right, or refused in a sentence with the option that decides."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from genbench.core.errors import DataError
from genbench.data.files import read_images
from genbench.data.loading import load_dataset, split_options
from genbench.data.own_parts import parts_of
from genbench.data.pixels import Asked, as_images

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (40, 6, 7), dtype=np.uint8)


def table(n: int = 80) -> pd.DataFrame:
    return pd.DataFrame({"a": RNG.normal(3, 1, n).round(3), "b": RNG.normal(0, 2, n).round(3)})


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return f"csv:{path}"


def rows_text(n: int, form: str = "{0}.5,{1}.25") -> str:
    return "".join(form.format(i, 2 * i) + "\n" for i in range(n))


# Arrays


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i4", "<i8", ">i8"])
def test_equal_numbers_are_read_alike_whatever_their_type(dtype: str) -> None:
    torch.testing.assert_close(as_images(LEVELS.astype(dtype), "x"), torch.from_numpy(LEVELS)[:, None] / 255)


@pytest.mark.parametrize("dtype", ["u1", "<u2", "i8"])
def test_zeros_and_ones_are_a_mask_or_nearly_black(dtype: str) -> None:
    mask = (LEVELS > 127).astype(dtype)
    with pytest.raises(DataError, match=r"\?range=1\).*\?range=255"):
        as_images(mask, "x")
    assert as_images(mask, "x", Asked("1")).max() == 1
    assert as_images(mask, "x", Asked("255")).max() == torch.tensor(1 / 255)
    assert as_images(mask.astype(bool), "x").max() == 1


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_digits_of_0_to_16_are_not_read_as_nearly_black_bytes(dtype: str) -> None:
    """Those of scikit-learn were, without a word, and a VAE stood at 355 beside them."""
    digits = np.arange(17, dtype=dtype)[:, None, None].repeat(8, 1).repeat(8, 2)
    with pytest.raises(DataError, match=r"up to 16 alone: is that white \(\?range=16\), or are they nearly black"):
        as_images(digits, "x")
    assert as_images(digits, "x", Asked("16")).max() == 1
    with pytest.raises(DataError, match=r"by \?range=16\.$"):
        as_images(digits.astype(np.float32), "x")
    assert as_images(np.zeros((2, 8, 8), dtype), "x").max() == 0


def test_between_eight_and_sixteen_bits_white_must_be_said() -> None:
    twelve = RNG.integers(0, 4096, (9, 4, 4), dtype=np.uint16)
    with pytest.raises(DataError, match=r"4095 or 16383 or 65535: say which by \?range=4095"):
        as_images(twelve, "x")
    torch.testing.assert_close(
        as_images(twelve, "x", Asked("4095")), torch.from_numpy(twelve.astype(np.float32))[:, None] / 4095
    )
    with pytest.raises(DataError, match="outside 0..1023"):
        as_images(twelve, "x", Asked("1023"))
    assert as_images(twelve.astype(np.float32) / 2048 - 1, "x", Asked("-1..1")).min() >= 0
    for wrong in ("x", "0", "5..2", "nan"):
        with pytest.raises(DataError, match="a range is"):
            as_images(twelve, "x", Asked(wrong))


def test_a_layout_that_could_be_two_is_refused() -> None:
    values = RNG.integers(0, 256, (9, 1, 8, 3), dtype=np.uint8)
    with pytest.raises(DataError, match=r"\?layout=NHWC or \?layout=NCHW"):
        as_images(values, "x")
    assert as_images(values, "x", Asked(layout="NCHW")).shape == (9, 1, 8, 3)
    assert as_images(values, "x", Asked(layout="nhwc")).shape == (9, 3, 1, 8)
    with pytest.raises(DataError, match="a layout is"):
        as_images(values, "x", Asked(layout="HWC"))


def test_an_npz_says_how_it_was_read(tmp_path: Path) -> None:
    place = tmp_path / "a.npz"
    np.savez(place, images=LEVELS, label=np.arange(40) % 2, more=np.zeros(3))
    data = load_dataset(f"npz:{place}")
    assert data.classes == ("0", "1")
    assert data.notes[0] == (
        "read as 40 images of 1 × 6 × 7; array images; not read more; layout NHW, uint8 0..255; classes 0 20, 1 20."
    )
    assert "the reference holds 10 examples" in data.notes[1]
    np.save(tmp_path / "b.npy", LEVELS)
    assert load_dataset(f"npz:{tmp_path / 'b.npy'}").spec.shape == (1, 6, 7)


def test_arrays_of_other_names_are_asked_for(tmp_path: Path) -> None:
    place = tmp_path / "a.npz"
    np.savez(place, first=LEVELS, second=LEVELS[::-1], who=np.arange(40) % 4)
    with pytest.raises(DataError, match=r"first, second, who: say which by \?key="):
        load_dataset(f"npz:{place}")
    assert load_dataset(f"npz:{place}?key=second&label=who").spec.classes == 4
    with pytest.raises(DataError, match="no array 'third'"):
        load_dataset(f"npz:{place}?key=third")


@pytest.mark.parametrize("names", ["x_{0} y_{0}", "{0}_images {0}_labels"])
def test_official_parts_of_an_npz_are_splits(tmp_path: Path, names: str) -> None:
    arrays = {}
    for part, rows in (("train", LEVELS[:30]), ("test", LEVELS[30:])):
        x, y = names.format(part).split()
        arrays |= {x: rows, y: np.arange(len(rows))[:, None] % 3}
    np.savez(tmp_path / "a.npz", **arrays)
    data = load_dataset(f"npz:{tmp_path / 'a.npz'}")
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [20, 0, 10, 10]
    torch.testing.assert_close(data.reference.x, torch.from_numpy(LEVELS[30:])[:, None] / 255)
    assert data.spec.classes == 3


def test_what_is_not_finite_is_refused_before_models_are_blamed(tmp_path: Path) -> None:
    values = RNG.normal(size=(40, 3))
    values[4, 1] = np.nan
    np.savez(tmp_path / "a.npz", X=values)
    with pytest.raises(DataError, match="1 cells in the column 1 that are NaN"):
        load_dataset(f"npz:{tmp_path / 'a.npz'}")
    np.savez(tmp_path / "b.npz", images=np.full((9, 4, 4), np.nan))
    with pytest.raises(DataError, match="144 values that are NaN"):
        load_dataset(f"npz:{tmp_path / 'b.npz'}")
    np.savez(tmp_path / "c.npz", X=RNG.normal(size=(40, 3)), y=np.where(np.arange(40) < 3, np.nan, 1.0))
    with pytest.raises(DataError, match="3 labels that are NaN"):
        load_dataset(f"npz:{tmp_path / 'c.npz'}")
    frame = table()
    frame.loc[3, "b"] = np.inf
    frame.to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(DataError, match="1 cells in the column 'b' that are NaN or infinite"):
        load_dataset(f"csv:{tmp_path / 'd.csv'}")


# Names


def test_a_path_alone_is_told_its_form(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    for path, form in (
        (tmp_path / "usps.npz", "npz"),
        (tmp_path / "t.csv.gz", "csv"),
        (tmp_path / "s.zip", "folder"),
        (tmp_path / "pets", "folder"),
    ):
        with pytest.raises(DataError, match=f"is a path: name it '{form}:"):
            load_dataset(str(path))


def test_a_question_mark_may_be_part_of_a_name(tmp_path: Path) -> None:
    place = tmp_path / "what?.npz"
    np.savez(place, images=LEVELS)
    assert load_dataset(f"npz:{place}").spec.shape == (1, 6, 7)
    assert load_dataset(f"npz:{place}?range=255").spec.shape == (1, 6, 7)
    assert split_options("a.csv?drop=a&drop=b,c", ("drop",)) == ("a.csv", {"drop": "a,b,c"})


def test_a_suite_s_own_name_stands_for_a_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=LEVELS, y=np.arange(40) % 2)
    named = {"usps": f"npz:{tmp_path / 'a.npz'}"}
    data, plain = load_dataset("usps", named=named), load_dataset(named["usps"])
    assert (data.name, data.title, data.fingerprint) == ("usps", "usps", plain.fingerprint)
    assert load_dataset("usps-without-1", named=named).name == "usps-without-1"
    assert load_dataset("usps@9", named=named).name == "usps@9"


# Outliers


def test_own_tables_have_outliers(tmp_path: Path) -> None:
    frame = table()
    frame["kind"] = ["fault" if i % 8 == 0 else "ab"[i % 2] for i in range(80)]
    frame["broken"] = (frame.kind == "fault").astype(int)
    frame.loc[frame.kind == "fault", "a"] += 50
    frame.to_csv(tmp_path / "t.csv", index=False)
    path = f"csv:{tmp_path / 't.csv'}"
    data = load_dataset(f"{path}?label=kind&drop=broken&outlier=fault")
    assert data.classes == ("a", "b") and data.near == {"class-fault"}
    assert len(data.outliers["class-fault"]) == 10
    assert sum(len(s) for s in (data.train, data.reference, data.ceiling)) == 70
    assert data.train.x.abs().max() < 10 < data.outliers["class-fault"].x[:, 0].min()
    flagged = load_dataset(f"{path}?drop=kind&outlier=broken")
    assert flagged.classes == () and len(flagged.outliers["class-broken"]) == 10
    assert load_dataset(f"{path}?label=kind&drop=broken-without-fault").classes == ("a", "b")
    assert load_dataset(f"{path}?label=kind&drop=broken-only-a").spec.classes == 0
    for wrong, message in (
        ("?label=kind&drop=broken&outlier=falt", "no class 'falt'.*did you mean 'fault'"),
        ("?drop=kind,broken&outlier=fault", "has no classes"),
        ("?label=kind&drop=broken&outlier=a,b,fault", "leaves 0 of 3"),
        ("?drop=brokn", "no column 'brokn' to drop: did you mean 'broken'"),
    ):
        with pytest.raises(DataError, match=message):
            load_dataset(path + wrong)


def test_classes_of_arrays_and_folders_can_be_outliers(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=LEVELS, y=np.arange(40) % 4)
    data = load_dataset(f"npz:{tmp_path / 'a.npz'}?outlier=3")
    assert data.spec.classes == 3 and len(data.outliers["class-3"]) == 10
    for i, level in enumerate(LEVELS):
        (tmp_path / "f" / "xyz"[i % 3]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(level).save(tmp_path / "f" / "xyz"[i % 3] / f"{i}.png")
    data = load_dataset(f"folder:{tmp_path / 'f'}?outlier=z")
    assert data.classes == ("x", "y") and len(data.outliers["class-z"]) == 13
    torch.testing.assert_close(data.outliers["class-z"].x[0, 0], torch.from_numpy(LEVELS[11]) / 255)  # 11.png is first


# Parts


def test_folders_of_parts_are_no_classes() -> None:
    assert parts_of(["Train/a", "TEST/b", "val/a"], "x") == (["train", "test", "val"], ["a", "b", "a"])
    assert parts_of(["set/train/a", "set/valid/b"], "x") == (["train", "val"], ["a", "b"])
    assert parts_of(["cat/train", "cat/test", "dog/train"], "x") == (["train", "test", "train"], ["cat", "cat", "dog"])
    assert parts_of(["car", "plane", "train"], "x") == ([], ["car", "plane", "train"])
    assert parts_of(["set/cat", "set/dog"], "x") == ([], ["cat", "dog"])
    assert parts_of(["train", "test"], "x") == (["train", "test"], [".", "."])
    with pytest.raises(DataError, match=r"parts \(test, train\) and others beside them \(extra\)"):
        parts_of(["train/a", "test/a", "extra/a"], "x")


def test_three_parts_of_a_folder_are_three_splits(tmp_path: Path) -> None:
    for i, level in enumerate(LEVELS):
        part = ("Train", "Train", "Val", "Test")[i % 4]
        (tmp_path / part / "ab"[i // 20]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(level).save(tmp_path / part / "ab"[i // 20] / f"{i}.png")
    data = load_dataset(f"folder:{tmp_path}")
    assert [len(s) for s in (data.train, data.val, data.reference, data.ceiling)] == [10, 10, 10, 10]
    assert data.classes == ("a", "b") and "official parts test, train, val" in data.notes[0].lower()


# Images


def test_images_stand_upright_as_they_say(tmp_path: Path) -> None:
    colours = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    upright = torch.from_numpy(colours.transpose(2, 0, 1).copy()) / 255
    for orientation in range(1, 9):
        for form in ("png", "tiff", "webp"):
            exif = Image.Exif()
            exif[0x0112] = orientation
            folder = tmp_path / f"{orientation}-{form}"
            folder.mkdir()
            stored = Image.fromarray(colours)
            inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
            if orientation in inverse:
                stored = stored.transpose(Image.Transpose(inverse[orientation]))
            extra = {"lossless": True} if form == "webp" else {}
            stored.save(folder / f"a.{form}", exif=exif, **extra)
            torch.testing.assert_close(read_images(folder).x[0], upright, msg=f"{orientation} {form}")


def test_deep_grey_is_read_by_its_values(tmp_path: Path) -> None:
    for name, values in (
        ("bytes", LEVELS[0].astype(np.int32)),
        ("full", (LEVELS[0].astype(np.int32) * 257)),
    ):
        (tmp_path / name).mkdir()
        Image.fromarray(values).save(tmp_path / name / "a.tiff")
        torch.testing.assert_close(read_images(tmp_path / name).x[0, 0], torch.from_numpy(LEVELS[0]) / 255)
    (tmp_path / "twelve").mkdir()
    Image.fromarray(LEVELS[0].astype(np.uint16) * 16).save(tmp_path / "twelve" / "a.png")
    with pytest.raises(DataError, match=r"say which by \?range=4095"):
        read_images(tmp_path / "twelve")
    found = read_images(tmp_path / "twelve", asked=Asked("4080")).x[0, 0]
    torch.testing.assert_close(found, torch.from_numpy(LEVELS[0]) / 255)


def test_linked_classes_are_found_and_loops_end(tmp_path: Path) -> None:
    for i, level in enumerate(LEVELS):
        (tmp_path / "store" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(level).save(tmp_path / "store" / "ab"[i % 2] / f"{i}.png")
    (tmp_path / "set").mkdir()
    for name in "ab":
        (tmp_path / "set" / name).symlink_to(tmp_path / "store" / name)
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    assert load_dataset(f"folder:{tmp_path / 'set'}").classes == ("a", "b")


def test_macos_archives_are_read_and_skipped_files_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for i, level in enumerate(LEVELS):
            content = io.BytesIO()
            Image.fromarray(level).save(content, "PNG")
            archive.writestr(f"set/{'ab'[i % 2]}/{i}.png", content.getvalue())
            archive.writestr(f"__MACOSX/set/{'ab'[i % 2]}/._{i}.png", b"\0\5\x16\7")
        archive.writestr("set/notes.heic", b"x")
    data = load_dataset(f"folder:{tmp_path / 'set.zip'}")
    assert data.classes == ("a", "b") and "skipped set/notes.heic" in data.notes[0]


# Tables as text


def test_a_table_s_form_is_found_or_asked_for(tmp_path: Path) -> None:
    frame = table()
    frame.to_csv(tmp_path / "comma.csv", index=False)
    frame.to_csv(tmp_path / "german.csv", index=False, sep=";", decimal=",")
    frame.to_csv(tmp_path / "tab.tsv", index=False, sep="\t")
    frame.to_csv(tmp_path / "indexed.csv")
    prints = {load_dataset(f"csv:{path}").fingerprint for path in sorted(tmp_path.iterdir())}
    assert len(prints) == 1
    said = load_dataset(f"csv:{tmp_path / 'german.csv'}").notes[0]
    assert "cells between ';', decimals after ','" in said
    assert "dropped Unnamed: 0 (counts the rows)" in load_dataset(f"csv:{tmp_path / 'indexed.csv'}").notes[0]


@pytest.mark.parametrize(
    "text, message",
    [
        ("a\n" + rows_text(9), "1 cells in its first line and 2 in a later one"),
        ("a,b\n" + rows_text(30) + "1,2,3\n", "more cells than its 2 columns|Expected 2 fields"),
        (rows_text(9), r"begins with numbers.*\?header=none"),
        ("a;b\n" + rows_text(9, "{0},500;1,250"), r"\?decimal=comma"),
        ("a,b;c\n" + rows_text(9, "{0},1;2"), r"comma or semicolon between cells: say which by \?sep="),
        (",b\n" + rows_text(9, "{0}.5,3"), r"without a name.*\?drop=Unnamed: 0"),
        ("a,a\n" + rows_text(9), "two columns 'a'"),
        ("a,Target\n" + rows_text(9), r"\?label=Target, or \?label=none"),
        ("a,b\n" + rows_text(9) + "NA,3\n", "1 empty cells in the column 'a'"),
        ("a,b\n" + rows_text(9) + "word,3\n", r"such as 'word'\): \?drop=a"),
    ],
)
def test_tables_that_could_be_two_things_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(written(tmp_path / "t.csv", text))


def test_the_options_decide(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare.csv", rows_text(30))
    assert load_dataset(f"{bare}?header=none").spec.shape == (2,)
    mixed = written(tmp_path / "mixed.csv", "a;b\n" + rows_text(30, "{0},500;1,250"))
    assert load_dataset(f"{mixed}?decimal=comma").spec.shape == (2,)
    two = written(tmp_path / "two.csv", "a,b;c\n" + rows_text(30, "{0},1;2"))
    with pytest.raises(DataError, match="not numbers"):
        load_dataset(f"{two}?sep=comma")
    target = written(tmp_path / "target.csv", "a,target\n" + rows_text(30))
    assert load_dataset(f"{target}?label=none").spec.shape == (2,)


def test_labels_are_words_and_none_is_missing(tmp_path: Path) -> None:
    lines = ["a,kind"] + [f"{i}.5,{('NA', 'nan', '10', '9')[i % 4]}" for i in range(40)]
    path = written(tmp_path / "t.csv", "\n".join(lines) + "\n")
    assert set(load_dataset(f"{path}?label=kind").classes) == {"NA", "nan", "10", "9"}
    numbers = written(tmp_path / "n.csv", "\n".join(["a,kind"] + [f"{i}.5,{8 + i % 3}" for i in range(40)]))
    assert load_dataset(f"{numbers}?label=kind").classes == ("8", "9", "10")
    gap = written(tmp_path / "gap.csv", "\n".join([*lines, "1.5,"]) + "\n")
    with pytest.raises(DataError, match="1 rows without a 'kind'"):
        load_dataset(f"{gap}?label=kind")
