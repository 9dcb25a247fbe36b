"""Folders and zip files of images: grey, colour, 16-bit; of one size, or brought to one; else a sentence."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genbench.core.errors import DataError
from genbench.core.text import safe_text
from genbench.data.arrays import refuse_bomb
from genbench.data.storage import Hold, in_memory

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm", ".ppm"})
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
"""Those of the suffixes, and no others: by a file's content Pillow would also start programs (Ghostscript for EPS)."""

MOST_PIXELS = 89_478_485
"""Of one image, as it is and as it is resized: Pillow's own bound for what may be an attack."""

MOST_SIDE = 4_096
"""Pixels of a side that images are brought to."""

GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N"})
COLOUR_MODES = frozenset({"RGB", "RGBA", "P", "PA", "CMYK", "YCbCr"})

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One image file: its path for messages, the folder it lies in (relative), how to open it."""

    path: str
    folder: str
    open: Opener


@dataclass(frozen=True, slots=True)
class Listing:
    """Image files that agree in shape (C, H, W), or are brought to `size`."""

    entries: tuple[Entry, ...]
    shape: tuple[int, int, int]
    size: int | None

    def decode(self, rows: Sequence[int], hold: Hold = in_memory) -> Tensor:
        """These images, (N, C, H, W) float32 in [0, 1]."""

        def fill(x: Tensor) -> None:
            for i, row in enumerate(rows):
                x[i] = _decode(self.entries[row], self.shape[0], self.size)

        return hold((len(rows), *self.shape), fill)


@dataclass(frozen=True, slots=True)
class Images:
    """`x` (N, C, H, W) float32 in [0, 1], C 1 where all are grey, else 3; their `names`; the subfolder that each lay in
    as label `y` (N,) with its `classes`, where there are two or more."""

    x: Tensor
    names: tuple[str, ...]
    y: Tensor | None = None
    classes: tuple[str, ...] = ()


def read_images(folder: str | Path, size: int | None = None) -> Images:
    """All images of a folder, of its subfolders or of a zip file, in the order of their names.

    `size`: the shorter side is resized to it (bicubic, antialiased), then the centre is cut out as a square; without
    it all must be of one size. Raises `DataError` with the path of what is missing, empty, broken, transparent,
    animated or of another size.
    """
    with listed(folder, size) as listing:
        x = listing.decode(range(len(listing.entries)))
    names = tuple(entry.path for entry in listing.entries)
    y, classes = by_folder([entry.folder for entry in listing.entries])
    return Images(x, names, y, classes)


@contextmanager
def listed(folder: str | Path, size: int | None = None) -> Iterator[Listing]:
    """The images of a folder or zip file, not yet decoded; sizes and colours are checked. See `read_images`."""
    place = Path(folder)
    if size is not None and not 1 <= size <= MOST_SIDE:
        raise DataError(f"images of {place} cannot be brought to {size} pixels: a side has 1 to {MOST_SIDE:,}.")
    with _archive(place) as archive:
        entries = _zipped(archive, place) if archive else _listed(place)
        if not entries:
            raise DataError(f"{place} holds no images: none of its files ends in {', '.join(sorted(SUFFIXES))}.")
        heads = [_head(entry) for entry in entries]
        channels = 1 if all(mode in GREY_MODES for _, mode in heads) else 3
        width, height = _target(size, heads, entries)
        yield Listing(tuple(entries), (channels, height, width), size)


def by_folder(folders: Sequence[str]) -> tuple[Tensor | None, tuple[str, ...]]:
    """Labels (N,) and their names where the images lie in two folders or more; None and none else."""
    names = sorted(set(folders))
    if len(names) < 2:
        return None, ()
    number = {name: i for i, name in enumerate(names)}
    return torch.tensor([number[folder] for folder in folders]), tuple(names)


def _listed(place: Path) -> list[Entry]:
    if not place.is_dir():
        raise DataError(f"there is no folder {place}.")
    try:
        files = sorted(p for p in place.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    except (OSError, ValueError) as error:
        raise DataError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    shown = [p for p in files if not any(part.startswith(".") for part in p.relative_to(place).parts)]
    return [Entry(str(p), p.relative_to(place).parent.as_posix(), partial(_on_disk, p)) for p in shown]


def _zipped(archive: zipfile.ZipFile, place: Path) -> list[Entry]:
    refuse_bomb(archive, place)
    names = sorted(n for n in archive.namelist() if PurePosixPath(n).suffix.lower() in SUFFIXES)
    parents = {n: PurePosixPath(n).parent.as_posix() for n in names}
    return [Entry(f"{place}/{n}", parents[n], partial(_unpacked, archive, n)) for n in names]


def _on_disk(path: Path) -> IO[bytes]:
    return path.open("rb")


def _unpacked(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return io.BytesIO(archive.read(name))


@contextmanager
def _archive(place: Path) -> Iterator[zipfile.ZipFile | None]:
    """The open zip file where the place is one."""
    if not (place.is_file() and place.suffix.lower() == ".zip"):
        yield None
        return
    try:
        archive = zipfile.ZipFile(place)
    except Exception as error:  # likewise
        raise DataError(f"{place} is not a whole zip file: {safe_text(error, 300)}.") from error
    with archive:
        yield archive


@contextmanager
def _opened(entry: Entry) -> Iterator[Image.Image]:
    """The image, with everything that Pillow objects to as a sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with entry.open() as file, Image.open(file, formats=FORMATS) as image:
                yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{entry.path} has more than {MOST_PIXELS:,} pixels: nothing was read.") from error
    except DataError:
        raise
    except Exception as error:  # Pillow and zipfile raise whatever a broken file leads them to
        raise DataError(f"{entry.path} is not a whole image: {safe_text(error, 300)}.") from error


def _head(entry: Entry) -> tuple[tuple[int, int], str]:
    """((width, height), mode) without decoding."""
    with _opened(entry) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise DataError(f"{entry.path} has {frames} frames; expected one picture a file.")
        if image.mode not in GREY_MODES | COLOUR_MODES:
            raise DataError(f"{entry.path} has the colour mode {image.mode}; expected grey (8 or 16 bit) or RGB.")
        return image.size, image.mode


def _target(size: int | None, heads: list[tuple[tuple[int, int], str]], entries: list[Entry]) -> tuple[int, int]:
    """(width, height) that all are brought to. Raises `DataError` where one would become absurdly long on the way."""
    if size is None:
        return _one_size(heads, entries)
    for ((width, height), _), entry in zip(heads, entries, strict=True):
        longest = size * max(width, height) / max(1, min(width, height))
        if size * longest > MOST_PIXELS:
            raise DataError(
                f"{entry.path} is {width} × {height} pixels: with the shorter side at {size}, the longer one would "
                f"have {longest:,.0f}. Take it out, or give a smaller size."
            )
    return size, size


def _one_size(heads: list[tuple[tuple[int, int], str]], entries: list[Entry]) -> tuple[int, int]:
    first = heads[0][0]
    for (size, _), entry in zip(heads, entries, strict=True):
        if size != first:
            raise DataError(
                f"{entry.path} is {size[0]} × {size[1]} pixels, but {entries[0].path} is {first[0]} × {first[1]}: "
                f"give a size, such as ?size={min(first)}, or make them equal."
            )
    return first


def _decode(entry: Entry, channels: int, size: int | None) -> Tensor:
    """(C, H, W) float32 in [0, 1]."""
    with _opened(entry) as image:
        image.load()
        opaque = _opaque(image, entry.path)
        if opaque.mode.startswith("I"):
            planes = [Image.fromarray(np.asarray(opaque).astype(np.float32) / np.float32(65535 / 255))] * channels
        else:
            planes = list(opaque.convert("L" if channels == 1 else "RGB").split())
    if size:
        planes = [_centre_square(plane, size) for plane in planes]
    values = np.stack([np.asarray(plane, dtype=np.float32) for plane in planes])
    return torch.from_numpy(values).div_(255).clamp_(0, 1)


def _opaque(image: Image.Image, path: str) -> Image.Image:
    """The image without its alpha channel, if nothing is seen through it."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image
    flat = image.convert("RGBA")
    if flat.getchannel("A").getextrema() != (255, 255):
        raise DataError(f"{path} has transparent pixels: put it on a background of your choice first.")
    return flat.convert("L" if image.mode in ("L", "LA") else "RGB")


def _centre_square(plane: Image.Image, size: int) -> Image.Image:
    """The shorter side brought to `size` with antialiasing, the middle of the longer one kept."""
    scale = size / min(plane.size)
    width, height = (max(size, round(side * scale)) for side in plane.size)
    resized = plane if plane.size == (width, height) else plane.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    return resized.crop((left, top, left + size, top + size))
