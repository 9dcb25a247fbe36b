"""A model's law beside the true one: whether its density is one, and both as masses of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from genbench.core.values import Kind
from genbench.metrics.grid import COARSE, FINE, LINE, LogProb, box, coarsened, grid, histogram, log_mass
from genbench.protocols.dataset import Density


@dataclass(frozen=True, slots=True)
class ModelLaw:
    """What a model gives of its law: `samples` (m, D), and `log_prob` where it has one, exact or not."""

    samples: Tensor
    log_prob: LogProb | None = None
    kind: Kind = Kind.EXACT


@dataclass(frozen=True, slots=True)
class Masses:
    """Log of the true and of the model's mass of each cell (cells,), and how the model's was found."""

    log_p: Tensor
    log_q: Tensor
    kind: Kind
    how: str


def integral(model: ModelLaw) -> float:
    """∫ exp(log_prob) over a box that holds the model's own samples, widened by half; 1 for a density."""
    assert model.log_prob is not None
    low, high = model.samples.double().amin(0), model.samples.double().amax(0)
    cells = grid(low - 0.25 * (high - low), high + 0.25 * (high - low), LINE if len(low) == 1 else FINE)
    return float(log_mass(model.log_prob, cells).exp().sum())


def integral_fault(model: ModelLaw) -> str | None:
    """What is wrong with a model's density, if its integral says so: not 1 ± 0.01, or over 1 for a bound."""
    if model.log_prob is None or model.samples.shape[1] > 2:
        return None
    total = integral(model)
    low = -math.inf if model.kind is Kind.BOUND else 0.99
    return None if low <= total <= 1.01 else f"the model's density integrates to {total:.4g}, not to 1"


def masses(density: Density, model: ModelLaw) -> Masses:
    """Both laws on one grid, fine where the model has a density, else coarse from its samples. D is 1 or 2."""
    dim, m = model.samples.shape[1], len(model.samples)
    fine = LINE if dim == 1 else FINE
    cells = grid(*box(density), fine)
    log_p = log_mass(density.log_prob, cells)
    if model.log_prob is not None:
        return Masses(log_p, log_mass(model.log_prob, cells), model.kind, f"density on {fine} cells a side")
    side = COARSE if dim == 2 else LINE // 20
    counts = histogram(model.samples, grid(cells.low, cells.high, side)) + 0.5
    log_q = (counts / (m + 0.5 * len(counts))).log()
    how = f"histogram of {m} samples on {side} cells a side, Laplace 1/2"
    return Masses(coarsened(log_p, fine, side, dim), log_q, Kind.ESTIMATE, how)
