"""Pictures of examples: grids of images, rows of pairs, density maps of points. PNG bytes, no plotting library."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from genbench.evaluations.outcome import Image
from genbench.protocols.dataset import Dataset, DataSpec

SIDE = 32
"""Images smaller than this many pixels are enlarged by whole steps, so that a reader can see them."""

SHOWN = 64
"""Images of a sample grid."""

BINS = 120
ZOOM = 3
LIGHT_TO_DARK = [(252, 252, 250), (253, 212, 158), (252, 141, 89), (215, 48, 31), (127, 0, 0)]


def shown(dataset: Dataset, n: int) -> int:
    """How many of n samples a picture needs: 64 images, all points."""
    return min(n, SHOWN) if dataset.spec.is_image else n


def sample_picture(samples: Tensor, dataset: Dataset) -> list[Image]:
    """How the samples look: a grid of 64 images, a map of 2-D points, nothing for tables."""
    if dataset.spec.is_image:
        caption = f"{len(samples[:SHOWN])} samples, the first ones drawn"
        return [Image("samples", grid(samples[:SHOWN], dataset.spec, columns=8), caption)]
    if dataset.spec.size == 2:
        low, high = frame(dataset.reference.x)
        return [Image("samples", density_map(samples, low, high), f"{len(samples):,} samples, darker = more")]
    return []


def pairs_picture(x: Tensor, made: Tensor, spec: DataSpec, caption: str) -> list[Image]:
    """Originals above what a model made of them, 16 in two double rows."""
    if not spec.is_image:
        return []
    rows = [part for i in (0, 8) for part in (x[i : i + 8], made[i : i + 8]) if len(part)]
    return [Image("reconstructions", grid(torch.cat(rows), spec, columns=8), caption)]


def grid(x: Tensor, spec: DataSpec, *, columns: int) -> bytes:
    """(N, C, H, W) in the data's range -> PNG."""
    low, high = spec.value_range or (float(x.min()), float(x.max()))
    unit = ((x.detach().float().cpu() - low) / max(high - low, 1e-12)).clamp(0, 1)
    if unit.shape[1] == 2:
        unit = unit[:, :1]
    steps = max(1, -(-SIDE // unit.shape[-1]))
    unit = unit.repeat_interleave(steps, -1).repeat_interleave(steps, -2)
    pixels = tiled(unit, columns=columns).mul(255).round().byte()
    return png(pixels.permute(1, 2, 0).numpy())


def tiled(x: Tensor, *, columns: int, gap: int = 2) -> Tensor:
    """(N, C, H, W) in [0, 1] -> one image (3, height, width), row by row, with white gaps between and around.

    What `torchvision.utils.make_grid` gives, whose import takes longer than torch's.
    """
    x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
    n, channels, height, width = x.shape
    if n == 1:
        return x[0]
    across = min(columns, n)
    down = -(-n // across)
    page = x.new_ones(channels, down * (height + gap) + gap, across * (width + gap) + gap)
    for i, image in enumerate(x):
        top, left = (gap + at * (side + gap) for at, side in zip(divmod(i, across), (height, width), strict=True))
        page[:, top : top + height, left : left + width] = image
    return page


def density_map(points: Tensor, low: Sequence[float], high: Sequence[float]) -> bytes:
    """2-D points as a histogram, square-root scaled, from white to dark red; what lies outside is not shown."""
    xy = points.detach().double().cpu().numpy()
    counts, _, _ = np.histogram2d(xy[:, 1], xy[:, 0], bins=BINS, range=list(zip(low, high, strict=True))[::-1])
    return png(coloured(np.sqrt(counts[::-1] / max(counts.max(), 1.0))).repeat(ZOOM, 0).repeat(ZOOM, 1))


def coloured(share: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1] as colours from white to dark red."""
    stops = np.linspace(0, 1, len(LIGHT_TO_DARK))
    channels = [np.interp(share, stops, [c[i] for c in LIGHT_TO_DARK]) for i in range(3)]
    return np.stack(channels, -1).round().astype(np.uint8)


def frame(points: Tensor) -> tuple[list[float], list[float]]:
    """The square that holds the points, a quarter wider on every side: (low, high) for both axes."""
    middle = (points.amin(0) + points.amax(0)) / 2
    half = float((points.amax(0) - points.amin(0)).max()) * 0.625
    return (middle - half).tolist(), (middle + half).tolist()


def png(pixels: np.ndarray) -> bytes:
    """(H, W, 3) uint8 -> PNG bytes, within a tenth of the smallest, ten times as soon."""
    buffer = io.BytesIO()
    image = Pillow.fromarray(np.ascontiguousarray(pixels))
    if (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all():
        image = image.convert("L")
    image.save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()
