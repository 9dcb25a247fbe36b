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
class Box:
    """Corners (D,) between which a density is integrated, and the `share` of the model's samples that lie there."""

    low: Tensor
    high: Tensor
    share: float = 1.0


def support(model: ModelLaw) -> Box:
    """The box of 10,000 of the model's own samples, widened by half."""
    draws = _draws(model)
    low, high = draws.amin(0), draws.amax(0)
    return Box(low - 0.25 * (high - low), high + 0.25 * (high - low))


def true_box(density: Density, model: ModelLaw) -> Box:
    """The box of the true law, on which it is compared with the model's."""
    (low, high), draws = box(density), _draws(model)
    return Box(low, high, float(((draws >= low) & (draws <= high)).all(1).double().mean()))


def _draws(model: ModelLaw) -> Tensor:
    return (model.samples[:SUPPORT] if model.support is None else model.support).double()


def integral(model: ModelLaw, where: Box, times: int = 1) -> float:
    """∫ exp(log_prob) over a box: the share of the samples there, for a density. `times`: as many times the cells a
    side, for one that changes within a cell."""
    assert model.log_prob is not None
    cells = grid(where.low, where.high, times * _side(len(where.low)))
    return float(log_mass(model.log_prob, cells).exp().sum())


@dataclass(frozen=True, slots=True)
class Fineness:
    """How fine a grid must be for a density to integrate rightly on it: `times` the usual cells a side; or the
    `fault`."""

    times: int = 1
    fault: str | None = None


def fineness(density: Density, model: ModelLaw) -> Fineness:
    """The coarsest grid on which the model's density integrates to the share of its samples ± 0.01 (a bound of one: to
    no more); a fault where none does, or where finer cells change nothing.

    Asked of the box of its samples first, then of the box of the true law: a single sample of a heavy tail makes the
    first so wide that its cells miss the density.
    """
    if model.log_prob is None or model.samples.shape[1] > 2:
        return Fineness()
    found = _fineness(model, support(model))
    return found if found.fault is None else _fineness(model, true_box(density, model))


def _fineness(model: ModelLaw, where: Box) -> Fineness:
    least, before = -math.inf if model.kind is Kind.BOUND else where.share - EXACT, math.nan
    for times in FINER:
        total = integral(model, where, times)
        if least <= total <= where.share + EXACT:
            return Fineness(times)
        if abs(total - before) <= SETTLED:
            break
        before = total
    return Fineness(
        times,
        f"where the data lie the model's density integrates to {total:.4g}, and {where.share:.4g} of its samples do",
    )


def _side(dim: int) -> int:
    """Cells a side of the grid for a model with a density."""
    return LINE if dim == 1 else FINE


def masses(density: Density, model: ModelLaw, times: int = 1) -> Masses:
    """Both laws on one grid, fine where the model has a density, else coarse from its samples. D is 1 or 2. `times`: of
    `fineness`; the model's mass of a cell is then the sum of so many cells a side."""
    dim, m = model.samples.shape[1], len(model.samples)
    fine = _side(dim)
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
