"""Folders and zip files of images: grey, colour, 16-bit; of one size, or brought to one; else a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import ExifTags, Image, ImageOps
from torch import Tensor

from genbench.core.errors import DataError
from genbench.core.text import safe_text
from genbench.data.image_files import Entry, found
from genbench.data.pixels import Asked, white
from genbench.data.storage import Hold, in_memory

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
"""Those of the suffixes, and no others: by a file's content Pillow would also start programs (Ghostscript for EPS)."""

MOST_PIXELS = 89_478_485
"""Of one image, as it is and as it is resized: Pillow's own bound for what may be an attack."""

MOST_SIDE = 4_096
"""Pixels of a side that images are brought to."""

GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N"})
COLOUR_MODES = frozenset({"RGB", "RGBA", "P", "PA", "CMYK", "YCbCr"})

ON_ITS_SIDE = (5, 6, 7, 8)
"""Orientations (EXIF) of which width and height change places."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Image files that agree in shape (C, H, W), or are brought to `size`.

    `black`, `white`: the values of those in more than 8 bits that become 0 and 1. `skipped`: files that are no images;
    `turned`: how many were turned upright, as they say they must be.
    """

    entries: tuple[Entry, ...]
    shape: tuple[int, int, int]
    size: int | None
    black: float = 0.0
    white: float = 65_535.0
    skipped: tuple[str, ...] = ()
    turned: int = 0

    def decode(self, rows: Sequence[int], hold: Hold = in_memory) -> Tensor:
        """These images, (N, C, H, W) float32 in [0, 1]."""

        def fill(x: Tensor) -> None:
            for i, row in enumerate(rows):
                x[i] = _decode(self.entries[row], self)

        return hold((len(rows), *self.shape), fill)


@dataclass(frozen=True, slots=True)
class Images:
    """`x` (N, C, H, W) float32 in [0, 1], C 1 where all are grey, else 3; their `names`; the subfolder that each lay in
    as label `y` (N,) with its `classes`, where there are two or more."""

    x: Tensor
    names: tuple[str, ...]
    y: Tensor | None = None
    classes: tuple[str, ...] = ()


def read_images(folder: str | Path, size: int | None = None, asked: Asked | None = None) -> Images:
    """All images of a folder, of its subfolders or of a zip file, in the order of their names.

    `size`: the shorter side is resized to it (bicubic, antialiased), then the centre is cut out as a square; without
    it all must be of one size. `asked`: which value is white, for those in more than 8 bits. Raises `DataError` with
    the path of what is missing, empty, broken, transparent, animated or of another size.
    """
    with listed(folder, size, asked) as listing:
        x = listing.decode(range(len(listing.entries)))
    names = tuple(entry.path for entry in listing.entries)
    y, classes = by_folder([entry.folder for entry in listing.entries])
    return Images(x, names, y, classes)


@contextmanager
def listed(folder: str | Path, size: int | None = None, asked: Asked | None = None) -> Iterator[Listing]:
    """The images of a folder or zip file, not yet decoded; sizes and colours are checked. See `read_images`."""
    place = Path(folder)
    if size is not None and not 1 <= size <= MOST_SIDE:
        raise DataError(f"images of {place} cannot be brought to {size} pixels: a side has 1 to {MOST_SIDE:,}.")
    with found(place) as there:
        entries = there.entries
        heads = [_head(entry) for entry in entries]
        channels = 1 if all(head.mode in GREY_MODES for head in heads) else 3
        width, height = _target(size, heads, entries)
        deep = [entry for entry, head in zip(entries, heads, strict=True) if head.mode.startswith("I")]
        low, high = (asked or Asked()).bounds(place) or (0.0, _white(deep, place))
        turned = sum(head.turned for head in heads)
        yield Listing(entries, (channels, height, width), size, low, high, there.skipped, turned)


def _white(deep: Sequence[Entry], place: Path) -> float:
    """The value of white of those in more than 8 bits, as their largest value says it: one for the whole set."""
    highest = 0
    for entry in deep:
        with _opened(entry) as image:
            low, high = np.asarray(image).min(), np.asarray(image).max()
            if low < 0:
                raise DataError(f"{entry.path} holds values from {low} to {high}: say black and white by ?range=.")
            highest = max(highest, int(high))
    return float(white(highest, place) if deep else 255)


def by_folder(folders: Sequence[str]) -> tuple[Tensor | None, tuple[str, ...]]:
    """Labels (N,) and their names where the images lie in two folders or more; None and none else."""
    names = sorted(set(folders))
    if len(names) < 2:
        return None, ()
    number = {name: i for i, name in enumerate(names)}
    return torch.tensor([number[folder] for folder in folders]), tuple(names)


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


@dataclass(frozen=True, slots=True)
class _Head:
    """What a file says of its image before it is decoded; `size` is (width, height), upright."""

    size: tuple[int, int]
    mode: str
    turned: bool


def _head(entry: Entry) -> _Head:
    with _opened(entry) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise DataError(f"{entry.path} has {frames} frames; expected one picture a file.")
        if image.mode not in GREY_MODES | COLOUR_MODES:
            raise DataError(f"{entry.path} has the colour mode {image.mode}; expected grey (8 or 16 bit) or RGB.")
        orientation = _orientation(image)
        width, height = image.size
        on_its_side = orientation in ON_ITS_SIDE and image.format != "TIFF"  # whose size Pillow gives upright
        size = (height, width) if on_its_side else (width, height)
        return _Head(size, image.mode, orientation not in (0, 1))


def _orientation(image: Image.Image) -> int:
    """How the image must be turned to stand upright (EXIF, 1 to 8; 1: not at all), 0 where it does not say.

    Read before the pixels are: what a PNG says behind them does not count.
    """
    if image.format == "PNG" and "exif" not in image.info:
        return 0
    return int(image.getexif().get(ExifTags.Base.Orientation, 0))


def _target(size: int | None, heads: Sequence[_Head], entries: Sequence[Entry]) -> tuple[int, int]:
    """(width, height) that all are brought to. Raises `DataError` where one would become absurdly long on the way."""
    if size is None:
        return _one_size(heads, entries)
    for head, entry in zip(heads, entries, strict=True):
        width, height = head.size
        longest = size * max(width, height) / max(1, min(width, height))
        if size * longest > MOST_PIXELS:
            raise DataError(
                f"{entry.path} is {width} × {height} pixels: with the shorter side at {size}, the longer one would "
                f"have {longest:,.0f}. Take it out, or give a smaller size."
            )
    return size, size


def _one_size(heads: Sequence[_Head], entries: Sequence[Entry]) -> tuple[int, int]:
    first = heads[0].size
    for head, entry in zip(heads, entries, strict=True):
        size = head.size
        if size != first:
            raise DataError(
                f"{entry.path} is {size[0]} × {size[1]} pixels, but {entries[0].path} is {first[0]} × {first[1]}: "
                f"give a size, such as ?size={min(first)}, or make them equal."
            )
    return first


def _decode(entry: Entry, listing: Listing) -> Tensor:
    """(C, H, W) float32 in [0, 1]."""
    channels, size = listing.shape[0], listing.size
    with _opened(entry) as image:
        turned = _orientation(image) not in (0, 1) and image.format != "TIFF"  # which Pillow turns itself
        image.load()
        opaque = _opaque(ImageOps.exif_transpose(image) if turned else image, entry.path)
        if opaque.mode.startswith("I"):
            planes = [Image.fromarray(_as_bytes(np.asarray(opaque), entry, listing))] * channels
        else:
            planes = list(opaque.convert("L" if channels == 1 else "RGB").split())
    if size:
        planes = [_centre_square(plane, size) for plane in planes]
    values = np.stack([np.asarray(plane, dtype=np.float32) for plane in planes])
    return torch.from_numpy(values).div_(255).clamp_(0, 1)


def _as_bytes(values: np.ndarray, entry: Entry, listing: Listing) -> np.ndarray:
    """Grey of more than 8 bits on the scale of bytes, float32."""
    low, high = listing.black, listing.white
    if not low <= values.min() <= values.max() <= high:
        raise DataError(
            f"{entry.path} holds values from {values.min()} to {values.max()}, outside ?range={low:g}..{high:g}."
        )
    return (values.astype(np.float32) - np.float32(low)) / np.float32((high - low) / 255)


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
