"""A model's law beside the true one: whether its density is one, and both as masses of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core.values import Kind
from genbench.metrics.grid import COARSE, FINE, LINE, LogProb, box, coarsened, grid, histogram, log_mass
from genbench.protocols.dataset import Density

SUPPORT = 10_000
"""Samples around which a density is integrated."""

TAIL = 0.005
"""The share of them that is left out on either side of an axis."""

EXACT = 0.01
"""How far an integral may be from the share of the samples."""

OUTSIDE = 1e-6
"""True mass outside the box, at most (`grid.box`): samples there count as one cell of that mass."""


FINER = (1, 2, 4)
"""Times the usual cells a side that a density is tried on."""
SETTLED = 2e-3
"""By so little does an integral change that finer cells will not mend."""


@dataclass(frozen=True, slots=True)
class ModelLaw:
    """What a model gives of its law: `samples` (m, D), and `log_prob` where it has one, exact or not.

    `support`: draws around which the density is integrated; the first 10,000 samples unless given.
    """

    samples: Tensor
    log_prob: LogProb | None = None
    kind: Kind = Kind.EXACT
    support: Tensor | None = None

    def __post_init__(self) -> None:
        """Wherever the model is, its law is compared in main memory, where the true one is."""
        object.__setattr__(self, "samples", self.samples.cpu())
        if self.support is not None:
            object.__setattr__(self, "support", self.support.cpu())


@dataclass(frozen=True, slots=True)
class Masses:
    """Log of the true and of the model's mass of each cell (cells,), and how the model's was found.

    `log_seen`: the same of the model where an empty cell is one (−inf), not half a sample; the last cell is all that is
    outside the box.
    """

    log_p: Tensor
    log_q: Tensor
    kind: Kind
    how: str
    log_seen: Tensor

    @property
    def log_p_seen(self) -> Tensor:
        """The true masses of the cells of `log_seen`."""
        return torch.cat([self.log_p, self.log_p.new_full((1,), math.log(OUTSIDE))])


@dataclass(frozen=True, slots=True)
class Integral:
    """∫ exp(log_prob) over a box, and the `share` of the model's samples that lie in it: equal for a density."""

    total: float
    share: float


def integral(model: ModelLaw, times: int = 1) -> Integral:
    """Over a box around all but the outer percent of 10,000 of the model's own samples on each axis, widened by half.

    The box of all of them would be as wide as the farthest one lies: in a heavy tail, so wide that its cells miss the
    density. `times`: as many times the cells a side, for a density that changes within a cell.
    """
    assert model.log_prob is not None
    draws = (model.samples[:SUPPORT] if model.support is None else model.support).double()
    low, high = draws.quantile(TAIL, 0), draws.quantile(1 - TAIL, 0)
    low, high = low - 0.25 * (high - low), high + 0.25 * (high - low)
    cells = grid(low, high, times * (LINE if len(low) == 1 else FINE))
    inside = ((draws >= low) & (draws <= high)).all(1)
    return Integral(float(log_mass(model.log_prob, cells).exp().sum()), float(inside.double().mean()))


@dataclass(frozen=True, slots=True)
class Fineness:
    """How fine a grid must be for a density to integrate rightly on it: `times` the usual cells a side; or the
    `fault`."""

    times: int = 1
    fault: str | None = None


def fineness(model: ModelLaw) -> Fineness:
    """The coarsest grid on which the density integrates to the share of the samples there ± 0.01 (a bound of one: to no
    more); a fault where none does, or where finer cells change nothing. A sharp density, as a flow's, may change within
    a cell."""
    if model.log_prob is None or model.samples.shape[1] > 2:
        return Fineness()
    before = math.nan
    for times in FINER:
        found = integral(model, times)
        if found.total <= found.share + EXACT and (model.kind is Kind.BOUND or found.total >= found.share - EXACT):
            return Fineness(times)
        if abs(found.total - before) <= SETTLED:
            break
        before = found.total
    return Fineness(
        times, f"the model's density integrates to {found.total:.4g} where {found.share:.4g} of its samples lie"
    )


def masses(density: Density, model: ModelLaw, times: int = 1) -> Masses:
    """Both laws on one grid, fine where the model has a density, else coarse from its samples. D is 1 or 2. `times`: of
    `fineness`; the model's mass of a cell is then the sum of so many cells a side."""
    dim, m = model.samples.shape[1], len(model.samples)
    fine = LINE if dim == 1 else FINE
    cells = grid(*box(density), fine)
    log_p = log_mass(density.log_prob, cells)
    if model.log_prob is not None:
        log_q = coarsened(log_mass(model.log_prob, grid(cells.low, cells.high, times * fine)), times * fine, fine, dim)
        nothing = torch.cat([log_q, log_q.new_full((1,), -math.inf)])
        return Masses(log_p, log_q, model.kind, f"density on {times * fine} cells a side", nothing)
    side = COARSE if dim == 2 else LINE // 20
    counts = histogram(model.samples, grid(cells.low, cells.high, side))
    smooth = ((counts + 0.5) / (m + 0.5 * len(counts))).log()
    seen = torch.cat([counts, (m - counts.sum())[None]]) / m
    how = f"histogram of {m} samples on {side} cells a side"
    return Masses(coarsened(log_p, fine, side, dim), smooth, Kind.ESTIMATE, how, seen.log())
