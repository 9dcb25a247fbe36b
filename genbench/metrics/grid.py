"""Laws on a grid: masses of cells, total variation, KL divergence, where the error lies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.protocols.dataset import Density

FINE, COARSE, LINE = 400, 50, 4000
"""Cells a side of the 2-D grid with a model's density and without, and of the 1-D line."""
DENSE = 0.8
"""Share of true mass that counts as dense."""
NEAR = 0.01
"""Share of the box on either side of a value within which samples speak for the density there."""

LogProb = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of equal size over a box: `centres` (cells, D), the `size` of one in data units, its box and `side`."""

    centres: Tensor
    size: float
    low: Tensor
    high: Tensor
    side: int


def grid(low: Tensor, high: Tensor, side: int) -> Grid:
    """`side` cells along each axis between two corners, (D,) each."""
    axes = [low[i] + (high[i] - low[i]) * (torch.arange(side).double() + 0.5) / side for i in range(len(low))]
    centres = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(low))
    return Grid(centres, float((high - low).prod()) / side ** len(low), low, high, side)


def box(density: Density) -> tuple[Tensor, Tensor]:
    """Corners that hold all but about 1e-6 of the mass: 6 σ around the modes, or 10,000 draws widened by a fifth."""
    if density.modes is not None and density.mode_sigma is not None:
        modes, reach = density.modes.double(), 6.0 * density.mode_sigma
        return modes.amin(0) - reach, modes.amax(0) + reach
    draws = density.sample(10_000, generator=torch.Generator().manual_seed(0)).double()
    low, high = draws.amin(0), draws.amax(0)
    return low - 0.2 * (high - low), high + 0.2 * (high - low)


def log_mass(log_prob: LogProb, cells: Grid) -> Tensor:
    """(cells,): log of the mass of each cell by the midpoint rule, float64."""
    parts = [log_prob(part.float()).cpu().double() for part in torch.split(cells.centres, 20_000)]
    return torch.cat(parts) + math.log(cells.size)


def histogram(x: Tensor, cells: Grid) -> Tensor:
    """(cells,): how many of the samples (n, D) lie in each cell; those outside the box are not counted."""
    at = ((x.double() - cells.low) / (cells.high - cells.low) * cells.side).floor().long()
    inside = ((at >= 0) & (at < cells.side)).all(1)
    flat = torch.zeros(int(inside.sum()), dtype=torch.int64)
    for axis in range(x.shape[1]):
        flat = flat * cells.side + at[inside, axis]
    return torch.bincount(flat, minlength=len(cells.centres)).double()


def total_variation(p: Tensor, q: Tensor) -> float:
    """½ Σ |p − q| over cells, and what either has outside of them; ↓ [0, 1]."""
    outside = abs(float(p.sum() - q.sum()))
    return min(1.0, 0.5 * (float((p - q).abs().sum()) + outside))


def kl(log_p: Tensor, log_q: Tensor) -> float:
    """Σ p log p/q over cells, nats, from log masses; cells without p contribute 0. inf where q misses mass of p."""
    p = log_p.exp()
    some = p > 0
    return float((p[some] * (log_p[some] - log_q[some])).sum())


def regional_error(p: Tensor, q: Tensor, *, region: str) -> float:
    """Total variation within the cells that hold the top 80 % of true mass p (`dense`), or the rest (`sparse`)."""
    order = p.argsort(descending=True, stable=True)
    before = p[order].cumsum(0) - p[order]
    cells = order[before < DENSE * float(p.sum())] if region == "dense" else order[before >= DENSE * float(p.sum())]
    return 0.5 * float((p[cells] - q[cells]).abs().sum())


def coarsened(log_mass: Tensor, fine: int, side: int, dim: int) -> Tensor:
    """Log masses of `fine` cells a side as those of `side` cells."""
    step = fine // side
    if dim == 1:
        return log_mass.view(side, step).logsumexp(1)
    return log_mass.view(side, step, side, step).logsumexp((1, 3)).flatten()
