"""Files of unknown origin, read safely. Everything that can be wrong with one is a `DataError` with its path."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from genbench.core.errors import DataError
from genbench.data.arrays import Arrays, Statistics, as_images, as_rows, read_npy, read_npz
from genbench.data.images import Images, read_images

__all__ = [
    "Arrays",
    "Images",
    "Statistics",
    "as_images",
    "as_rows",
    "read_images",
    "read_npy",
    "read_npz",
    "read_samples",
]


def read_samples(path: str | Path, size: int | None = None) -> Tensor | Statistics:
    """What a path holds: images (N, C, H, W) float32 in [0, 1], features (N, D) float32, or their mean and covariance.

    A folder or zip file of images, an `.npy` or an `.npz`. `size`: for images in files, see `read_images`.
    """
    place = Path(path)
    if not place.exists():
        raise DataError(f"there is nothing at {place}.")
    if place.is_dir() or place.suffix.lower() == ".zip":
        return read_images(place, size).x
    if place.suffix.lower() not in (".npy", ".npz"):
        raise DataError(f"{place} is neither a folder of images, nor a .zip of them, nor an .npy or .npz file.")
    if place.suffix.lower() == ".npy":
        values = read_npy(place)
    else:
        found = read_npz(place)
        if isinstance(found, Statistics):
            return found
        values = found.values
    if values.dtype.kind == "U":
        raise DataError(f"{place} holds words; expected numbers.")
    return as_rows(values, place) if values.ndim == 2 else as_images(values, place)
