"""`shapes`: one bright figure on black, every picture of a full factorial grid; what latent structure is measured on.

Like dSprites (Matthey et al. 2017), at 32 px with soft edges. Rotations stay under a quarter turn, so that a square's
can be distinguished.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.data.assembly import About, image_dataset
from genbench.data.canvas import in_batches
from genbench.data.splits import Parts, shuffled
from genbench.protocols.dataset import Dataset, Split

SIDE = 32
FIGURES = ("square", "ellipse", "heart")
FACTORS = {"shape": 3, "scale": 6, "rotation": 10, "x": 16, "y": 16}
"""The number of values of each factor; factors are given as whole numbers from 0."""

REFERENCE = 10_000


def shapes(*, root: str | None = None) -> Dataset:
    """All 46,080 pictures, each in one split: 26,080 / 0 / 10,000 / 10,000. The class is the figure."""
    sizes = torch.tensor(list(FACTORS.values()))
    total = int(sizes.prod())
    rows = torch.from_numpy(shuffled(total, "shapes"))
    cut = [total - 2 * REFERENCE, 0, REFERENCE, REFERENCE]
    parts = Parts(*(_split(_factors(part)) for part in torch.split(rows, cut)))
    about = About(
        name="shapes",
        title="Shapes: square, ellipse, heart with five known factors",
        licence="none needed: procedural",
        source="genbench, after dSprites (Matthey et al. 2017)",
        classes=FIGURES,
        factors=tuple(FACTORS),
    )
    return image_dataset(about, parts)


def draw(factors: Tensor) -> Tensor:
    """Whole numbers (N, 5) in the order of `FACTORS` -> (N, 1, 32, 32) bytes."""
    shape, scale, rotation, x, y = (factors[:, i].double().view(-1, 1, 1) for i in range(5))
    line = (torch.arange(SIDE, dtype=torch.float64) + 0.5) / SIDE
    radius = 0.09 + 0.018 * scale
    low = 0.26
    u = line.view(1, 1, -1) - (low + (1 - 2 * low) * x / (FACTORS["x"] - 1))
    v = line.view(1, -1, 1) - (low + (1 - 2 * low) * y / (FACTORS["y"] - 1))
    angle = rotation * (math.pi / 2 / FACTORS["rotation"])
    a = (u * angle.cos() + v * angle.sin()) / radius
    b = (v * angle.cos() - u * angle.sin()) / radius
    distance = torch.where(shape == 0, _square(a, b), torch.where(shape == 1, _ellipse(a, b), _heart(a, b)))
    cover = (0.5 - distance * radius * SIDE).clamp(0, 1)
    return (cover * 255 + 0.5).floor().to(torch.uint8).unsqueeze(1)


def _square(a: Tensor, b: Tensor) -> Tensor:
    return torch.maximum(a.abs(), b.abs()) - 0.85


def _ellipse(a: Tensor, b: Tensor) -> Tensor:
    return ((a / 1.2).square() + (b / 0.6).square()).sqrt().sub(1).mul(0.75)


def _heart(a: Tensor, b: Tensor) -> Tensor:
    """A square on its corner between two discs, point down."""
    diamond = (a.abs() + (b - 0.1).abs()) / math.sqrt(2) - 0.64
    lobe = ((a.abs() - 0.45).square() + (b + 0.35).square()).sqrt() - 0.64
    return torch.minimum(diamond, lobe)


def _factors(rows: Tensor) -> Tensor:
    """The factors of these cells of the grid (N, 5), float32."""
    columns = []
    for size in reversed(FACTORS.values()):
        columns.append(rows % size)
        rows = rows // size
    return torch.stack(columns[::-1], 1).float()


def _split(factors: Tensor) -> Split:
    levels = in_batches(draw, factors) if len(factors) else torch.empty(0, 1, SIDE, SIDE, dtype=torch.uint8)
    return Split(levels.float().div_(255), factors[:, 0].long(), factors)
