"""Folders of images: every kind that Pillow reads right is right here, everything else is a sentence with the path."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genbench.core.errors import DataError
from genbench.data.files import read_images

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (8, 8), dtype=np.uint8)
RGB = RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)


def save(path: Path, values: np.ndarray, mode: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(path)


def test_grey_stays_grey_and_one_colour_image_makes_all_colour(tmp_path: Path) -> None:
    save(tmp_path / "a.png", GREY)
    save(tmp_path / "b.png", GREY.astype(np.uint16) * 257)
    images = read_images(tmp_path)
    expected = torch.from_numpy(GREY).float().div(255).expand(2, 1, 8, 8)
    torch.testing.assert_close(images.x, expected)
    assert images.y is None and [Path(n).name for n in images.names] == ["a.png", "b.png"]
    save(tmp_path / "c.png", RGB)
    images = read_images(tmp_path)
    assert images.x.shape == (3, 3, 8, 8)
    torch.testing.assert_close(images.x[0], expected[0].expand(3, 8, 8))
    torch.testing.assert_close(images.x[2], torch.from_numpy(RGB.transpose(2, 0, 1).copy()).float() / 255)


def test_opaque_alpha_and_palettes_are_read_transparency_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RGB, "RGBA")
    save(tmp_path / "p.png", np.repeat(RGB[:1], 8, 0), "P")
    assert read_images(tmp_path).x.shape == (2, 3, 8, 8)
    clear = np.dstack([RGB, np.full((8, 8), 7, np.uint8)])
    save(tmp_path / "clear.png", clear)
    with pytest.raises(DataError, match=r"clear\.png has transparent pixels"):
        read_images(tmp_path)


def test_mixed_sizes_need_a_size(tmp_path: Path) -> None:
    save(tmp_path / "a.png", RGB)
    save(tmp_path / "wide.png", np.repeat(RGB, 3, 1))
    save(tmp_path / "deep.png", (np.repeat(GREY, 2, 0).astype(np.uint16) * 257))
    with pytest.raises(DataError, match=r"deep\.png is 8 × 16 pixels, but .*a\.png is 8 × 8.*\?size=8"):
        read_images(tmp_path)
    assert read_images(tmp_path, 4).x.shape == (3, 3, 4, 4)


def test_resizing_is_antialiased_and_keeps_the_centre(tmp_path: Path) -> None:
    checks = np.indices((64, 64)).sum(0) % 2 * 255
    save(tmp_path / "checks.png", checks.astype(np.uint8))
    assert (read_images(tmp_path, 8).x[..., 1:-1, 1:-1] - 0.5).abs().max() < 0.03
    bars = np.zeros((16, 48), np.uint8)
    bars[:, 16:32] = 255
    (tmp_path / "bars").mkdir()
    save(tmp_path / "bars" / "bars.png", bars)
    assert read_images(tmp_path / "bars", 16).x.min() == 1.0


def test_subfolders_are_labels(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for i in range(3):
            save(tmp_path / name / f"{i}.png", GREY)
    save(tmp_path / ".hidden" / "x.png", GREY)
    images = read_images(tmp_path)
    assert images.classes == ("cat", "dog")
    assert images.y is not None and images.y.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_zip_file_reads_like_its_folder(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        save(tmp_path / "set" / name / "0.png", RGB)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("cat", "dog"):
            archive.write(tmp_path / "set" / name / "0.png", f"{name}/0.png")
    zipped, plain = read_images(tmp_path / "set.zip"), read_images(tmp_path / "set")
    assert zipped.x.equal(plain.x) and zipped.classes == plain.classes
    (tmp_path / "cut.zip").write_bytes((tmp_path / "set.zip").read_bytes()[:-30])
    with pytest.raises(DataError, match=r"cut\.zip is not a whole zip"):
        read_images(tmp_path / "cut.zip")


def test_broken_images_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        read_images(tmp_path / "absent")
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DataError, match="holds no images"):
        read_images(tmp_path)
    save(tmp_path / "whole" / "a.png", RGB)
    data = (tmp_path / "whole" / "a.png").read_bytes()
    (tmp_path / "cut").mkdir()
    for n in (0, 5, 20, len(data) // 2, len(data) - 30):
        (tmp_path / "cut" / "b.png").write_bytes(data[:n])
        with pytest.raises(DataError, match=r"b\.png is not a whole image"):
            read_images(tmp_path / "cut")


def test_animations_and_giants_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.fromarray(GREY), Image.fromarray(GREY.T)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match=r"film\.gif has 2 frames"):
        read_images(tmp_path)
    (tmp_path / "big").mkdir()
    save(tmp_path / "big" / "big.png", GREY)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    with pytest.raises(DataError, match=r"big\.png has more than"):
        read_images(tmp_path / "big")


def test_what_pillow_only_warns_of_is_read(tmp_path: Path) -> None:
    """A palette with a transparency table of opaque entries: Pillow advises another conversion, the image is whole."""
    image = Image.fromarray(np.repeat(RGB[:1], 8, 0)).convert("P")
    image.save(tmp_path / "p.png", transparency=bytes([255] * 256))
    assert read_images(tmp_path).x.shape == (1, 3, 8, 8)
