"""Contact sheets: what a dataset looks like, as one PNG. Images as a grid by class, points as a density map."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genbench.core import paths
from genbench.core.errors import DataError, Unsupported
from genbench.protocols.dataset import Dataset, Split

COLUMNS, ROWS = 16, 8
LEAST_SIDE = 48
"""Images are enlarged by whole steps to about this many pixels."""

BINS = 360


def write_sheet(dataset: Dataset, path: str | Path) -> None:
    """Write the contact sheet of the reference as a PNG, whole or not at all. Raises `DataError` where it cannot be
    written, `Unsupported` for data that has no picture (tables of more than two columns)."""
    image = contact_sheet(dataset)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    place = Path(path)
    try:
        place.unlink(missing_ok=True)
        with paths.first_writer(place) as temporary:
            temporary.write_bytes(buffer.getvalue())
    except OSError as error:
        raise DataError(f"the contact sheet cannot be written to {place}: {error.strerror or error}.") from error


def contact_sheet(dataset: Dataset) -> Image.Image:
    """128 images, classes in turn, below them a row of each outlier set; a map of 1-D and 2-D points."""
    if dataset.spec.is_image:
        sets = [
            _by_class(dataset.reference, COLUMNS * ROWS),
            *(s.take(slice(COLUMNS)) for s in dataset.outliers.values()),
        ]
        return _grid(torch.cat([_padded(split.x, COLUMNS) for split in sets]))
    if dataset.spec.size > 2:
        raise Unsupported(f"{dataset.name} is a table of {dataset.spec.size} columns: it has no contact sheet.")
    return _map(dataset.reference.x)


def _by_class(split: Split, n: int) -> Split:
    """n examples, sorted by class where there are few classes, so that rows can be compared."""
    if split.y is None:
        return split.take(slice(n))
    order = torch.argsort(split.y, stable=True)
    return split.take(order[torch.linspace(0, len(order) - 1, min(n, len(order))).long()])


def _padded(x: Tensor, columns: int) -> Tensor:
    """Filled up with white to whole rows."""
    missing = -len(x) % columns
    return torch.cat([x, torch.ones(missing, *x.shape[1:])]) if missing else x


def _grid(x: Tensor) -> Image.Image:
    from torchvision.utils import make_grid  # its import takes longer than torch's

    steps = max(1, round(LEAST_SIDE / x.shape[-1]))
    large = x.clamp(0, 1).repeat_interleave(steps, -1).repeat_interleave(steps, -2)
    if large.shape[1] not in (1, 3):
        large = large[:, :1]
    pixels = make_grid(large, nrow=COLUMNS, padding=2, pad_value=1.0).mul(255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def _map(points: Tensor) -> Image.Image:
    """Points as a histogram, square-root scaled, dark on white; 1-D points as columns."""
    values = points.double().numpy()
    if values.shape[1] == 1:
        counts, _ = np.histogram(values[:, 0], BINS)
        filled = counts[None, :] / counts.max() >= np.linspace(1, 0, BINS // 2)[:, None]
        return Image.fromarray(np.where(filled, 60, 255).astype(np.uint8))
    counts, _, _ = np.histogram2d(values[:, 1], values[:, 0], BINS)
    shade = np.sqrt(counts[::-1] / counts.max())
    return Image.fromarray((255 - 235 * shade).round().astype(np.uint8))
