"""Pictures of examples: grids of images, rows of pairs, density maps of points. PNG bytes, no plotting library."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from genbench.evaluations.outcome import Image
from genbench.protocols.dataset import Dataset, DataSpec

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence

SIDE = 32
"""Images smaller than this many pixels are enlarged by whole steps, so that a reader can see them."""

SHOWN = 64
"""Images of a sample grid."""

EACH, MOST_CLASSES = 8, 10
"""Images of one class, and classes, of a picture of samples by class."""

ACROSS = 8
"""Pairs of an example and its reconstruction that stand side by side."""

TILES = "tiles"
"""The text of a PNG file that is a grid of single samples: `COLUMNS COUNT`, so that a page can show them one by one."""

FEW_COLOURS = 256
"""A picture of no more colours is stored by a palette."""

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
        return [Image("samples", grid(samples[:SHOWN], dataset.spec, columns=8, single=True), caption)]
    if dataset.spec.size == 2:
        low, high = frame(dataset.reference.x)
        return [Image("samples", density_map(samples, low, high), f"{len(samples):,} samples, darker = more")]
    return []


def classes_picture(evidence: Evidence) -> list[Image]:
    """What a conditional model draws when it is asked for a class: a row of 8 for each of the first 10 classes."""
    data = evidence.dataset
    if not (data.spec.is_image and data.spec.classes and evidence.can("conditional")):
        return []
    asked = torch.arange(min(data.spec.classes, MOST_CLASSES))
    samples = evidence.conditional_samples(asked.repeat_interleave(EACH))
    names = [data.classes[i] if data.classes else str(i) for i in asked.tolist()]
    caption = f"{EACH} samples of each class asked for, a class a row: {', '.join(names)}"
    return [Image("classes", grid(samples, data.spec, columns=EACH), caption)]


def pairs_picture(x: Tensor, made: Tensor, spec: DataSpec, how: str) -> list[Image]:
    """Originals, what a model made of them and how far it is off: the first 8, then the best, middling and worst."""
    if not spec.is_image:
        return []
    x, made = x.cpu(), made.detach().cpu()
    order = (made - x).square().flatten(1).mean(1).argsort()
    middle = len(order) // 2 - 1
    chosen = torch.cat([order[:3], order[middle : middle + 2], order[-3:]]) if len(order) >= ACROSS else order[:0]
    rows = [part for i in (torch.arange(min(ACROSS, len(x))), chosen) for part in _with_errors(x[i], made[i], spec)]
    caption = f"reference examples, {how}, then the absolute error; first {ACROSS} of {len(x):,} as they come"
    if len(chosen):
        caption += ", then the 3 best, 2 middling and 3 worst by squared error"
    return [Image("reconstructions", grid(torch.cat(rows), spec, columns=ACROSS), caption)]


def _with_errors(x: Tensor, made: Tensor, spec: DataSpec) -> list[Tensor]:
    """Examples, what was made of them, and |made − x| from the range's low end upwards."""
    low = spec.value_range[0] if spec.value_range else float(x.min()) if len(x) else 0.0
    return [x, made, low + (made - x).abs()] if len(x) else []


def grid(x: Tensor, spec: DataSpec, *, columns: int, single: bool = False) -> bytes:
    """(N, C, H, W) in the data's range -> PNG; `single`: each is a sample of its own, and the file says so."""
    low, high = spec.value_range or (float(x.min()), float(x.max()))
    unit = ((x.detach().float().cpu() - low) / max(high - low, 1e-12)).clamp(0, 1)
    if unit.shape[1] == 2:
        unit = unit[:, :1]
    steps = max(1, -(-SIDE // unit.shape[-1]))
    unit = unit.repeat_interleave(steps, -1).repeat_interleave(steps, -2)
    pixels = tiled(unit, columns=columns).mul(255).round().byte()
    return png(pixels.permute(1, 2, 0).numpy(), {TILES: f"{columns} {len(unit)}"} if single else {})


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


def png(pixels: np.ndarray, texts: Mapping[str, str] | None = None) -> bytes:
    """(H, W, 3) uint8 -> PNG bytes, within a tenth of the smallest, ten times as soon; `texts` are written into it."""
    info = PngInfo()
    for name, text in (texts or {}).items():
        info.add_text(name, text)
    buffer = io.BytesIO()
    _compact(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=4, pnginfo=info)
    return buffer.getvalue()


def _compact(pixels: np.ndarray) -> Pillow.Image:
    """The same picture as grey values, or by a palette where its colours are few."""
    if (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all():
        return Pillow.fromarray(np.ascontiguousarray(pixels[..., 0]))
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    colours, places = np.unique(packed, return_inverse=True)
    if len(colours) > FEW_COLOURS:
        return Pillow.fromarray(pixels)
    image = Pillow.fromarray(places.reshape(packed.shape).astype(np.uint8), "P")
    image.putpalette(np.stack([colours >> 16, colours >> 8 & 255, colours & 255], -1).astype(np.uint8).tobytes())
    return image
