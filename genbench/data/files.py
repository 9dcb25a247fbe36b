"""Files of unknown origin, read safely. Everything that can be wrong with one is a `DataError` with its path."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from genbench.core.errors import DataError
from genbench.data.arrays import Arrays, Statistics, as_rows, read_npy, read_npz
from genbench.data.images import Images, read_images
from genbench.data.pixels import Asked, as_images

__all__ = [
    "Arrays",
    "Asked",
    "Images",
    "Statistics",
    "as_images",
    "as_rows",
    "read_arrays",
    "read_images",
    "read_npy",
    "read_npz",
    "read_samples",
]


def read_samples(
    path: str | Path, size: int | None = None, *, asked: Asked | None = None, key: str | None = None
) -> Tensor | Statistics:
    """What a path holds: images (N, C, H, W) float32 in [0, 1], features (N, D) float32, or their mean and covariance.

    A folder or zip file of images, an `.npy` or an `.npz`. `size`: for images in files, see `read_images`; `asked`:
    range and layout; `key`: the array of an `.npz`.
    """
    place = Path(path)
    if not place.exists():
        raise DataError(f"there is nothing at {place}.")
    if place.is_dir() or place.suffix.lower() == ".zip":
        return read_images(place, size, asked).x
    if place.suffix.lower() not in (".npy", ".npz"):
        raise DataError(f"{place} is neither a folder of images, nor a .zip of them, nor an .npy or .npz file.")
    found = read_arrays(place, key=key)
    if isinstance(found, Statistics):
        return found
    if found.parts:
        raise DataError(f"{place} holds the parts {', '.join(found.parts)}: say which by ?key=, such as {found.key}.")
    values = found.values
    return as_rows(values, place) if values.ndim == 2 else as_images(values, place, asked)


def read_arrays(path: str | Path, *, key: str | None = None, label: str | None = None) -> Arrays | Statistics:
    """The numbers of an `.npz` (see `read_npz`) or an `.npy`. Raises `DataError` where they are words."""
    if Path(path).suffix.lower() == ".npy":
        found: Arrays | Statistics = Arrays(read_npy(path), "")
    else:
        found = read_npz(path, key=key, label=label)
    parts = [] if isinstance(found, Statistics) else [found, *found.parts.values()]
    if any(part.values.dtype.kind == "U" for part in parts):
        raise DataError(f"{path} holds words; expected numbers.")
    return found
