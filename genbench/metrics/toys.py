"""Models against a known law: modes, total variation, KL divergence, where the error lies.

On a toy (`genbench.protocols.dataset.Density`) the truth can be asked. A model with a density is compared cell by cell
on a fine grid; one without, by the histogram of its samples on a coarse one (kind `estimate`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Kind, Status, Value
from genbench.metrics import wasserstein
from genbench.metrics.case import Details, share_value, value
from genbench.metrics.intervals import bootstrap, from_error
from genbench.metrics.two_sample import Hits
from genbench.protocols.dataset import Density

FINE, COARSE, LINE = 400, 50, 4000
"""Cells a side of the 2-D grid with a model's density and without, and of the 1-D line."""
REACH = 3.0
"""A sample belongs to a mode within this many σ."""
DENSE = 0.8
"""Share of true mass that counts as dense."""

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
    parts = [log_prob(part.float()).double() for part in torch.split(cells.centres, 20_000)]
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
    return float(torch.where(p > 0, p * (log_p - log_q), 0.0).sum())


def regional_error(p: Tensor, q: Tensor, *, region: str) -> float:
    """Total variation within the cells that hold the top 80 % of true mass p (`dense`), or the rest (`sparse`)."""
    order = p.argsort(descending=True, stable=True)
    before = p[order].cumsum(0) - p[order]
    cells = order[before < DENSE * float(p.sum())] if region == "dense" else order[before >= DENSE * float(p.sum())]
    return 0.5 * float((p[cells] - q[cells]).abs().sum())


def nearest_mode(x: Tensor, density: Density) -> tuple[Tensor, Tensor]:
    """For each sample (n, D) the nearest mode and whether it lies within 3 σ of it."""
    if density.modes is None or density.mode_sigma is None:
        raise Unsupported("the law has no separate modes")
    distance, mode = torch.cdist(x.double(), density.modes.double()).min(1)
    return mode, distance <= REACH * density.mode_sigma


def covered_modes(mode: Tensor, good: Tensor | None = None) -> int:
    """How many different modes have at least one (good) sample: (n,) mode numbers."""
    return len(torch.unique(mode if good is None else mode[good]))


def mode_kl(mode: Tensor, weights: Tensor) -> float:
    """KL(histogram of samples over modes ‖ true weights), nats; empty cells contribute 0. Null mean (K − 1)/2m; ↓."""
    shares = torch.bincount(mode, minlength=len(weights)).double() / len(mode)
    return max(0.0, kl(shares.log(), weights.double().log()))


def mode_metrics(
    density: Density, samples: Tensor, *, metrics: Sequence[str], generator: torch.Generator | None = None
) -> dict[str, Value]:
    """`modes`, `modes:high-quality` and `mode-kl` of samples (m, D) of a law with separate modes."""
    try:
        mode, good = nearest_mode(samples, density)
    except Unsupported as reason:
        return {name: Value.unsupported(str(reason), m=len(samples)) for name in metrics}
    assert density.mode_weights is not None
    return told_apart(mode, density.mode_weights, good=good, metrics=metrics, generator=generator)


def told_apart(
    mode: Tensor,
    weights: Tensor,
    *,
    metrics: Sequence[str],
    good: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> dict[str, Value]:
    """The same for samples whose modes (m,) are known already, with the share of `good` ones where that is known too.

    For stacked MNIST `mode` is the triple of digits that the ruler reads, of 1,000 with equal weights.
    """
    m, total = len(mode), len(weights)
    found: dict[str, Value] = {}
    if "modes" in metrics:
        seen = covered_modes(mode, good)
        found["modes"] = value(seen, reason="no interval: a count of what was seen", details={"of": total})
    if "modes" in metrics and good is not None:
        found["modes:high-quality"] = share_value(Hits(int(good.sum()), m))
    if "mode-kl" in metrics:
        interval = bootstrap(lambda rows: mode_kl(mode[rows], weights), m, generator or _fixed(), rounds=100)
        null: Details = {"null_mean": (total - 1) / (2 * m)}
        found["mode-kl"] = value(mode_kl(mode, weights), interval, details=null)
    return {key: replace(one, m=m) for key, one in found.items()}


def _fixed() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@dataclass(frozen=True, slots=True)
class Model:
    """What a model gives of its law: `samples` (m, D), and `log_prob` where it has one, exact or not."""

    samples: Tensor
    log_prob: LogProb | None = None
    kind: Kind = Kind.EXACT


def density_metrics(
    density: Density, model: Model | Tensor, *, metrics: Sequence[str], generator: torch.Generator | None = None
) -> dict[str, Value]:
    """Each metric of `metrics` of a model (or of its samples alone) against a known law of 1 or 2 dimensions.

    `tv`, `kl-forward`, `kl-reverse`, `dense-error`, `sparse-error` on a grid; `modes`, `mode-kl` from samples;
    `wasserstein-1` in 1-D. Raises `DataError` for samples that are not finite; the rest is a value with a reason.
    """
    model = Model(model) if isinstance(model, Tensor) else model
    x = model.samples
    if x.ndim != 2 or not bool(torch.isfinite(x).all()):
        raise DataError(f"samples of a toy must be (m, D) and finite, got shape {tuple(x.shape)}.")
    found = mode_metrics(density, x, metrics=[m for m in metrics if m in _MODES], generator=generator)
    on_grid = [name for name in metrics if name in _GRID]
    if on_grid:
        found.update(_grid_metrics(density, model, on_grid))
    for name in metrics:
        if name == "wasserstein-1":
            found[name] = _wasserstein(density, x, generator or _fixed())
        elif name not in _GRID and name not in _MODES:
            found[name] = Value.unsupported(f"{name} is not measured against a known density", m=len(x))
    return found


_MODES = ("modes", "mode-kl")


def _grid_metrics(density: Density, model: Model, metrics: Sequence[str]) -> dict[str, Value]:
    m, dim = model.samples.shape
    if dim > 2:
        reason = f"a grid is for 1 or 2 dimensions, got samples of {dim}"
        return {name: Value.unsupported(reason, m=m) for name in metrics}
    fault = integral_fault(model)
    if fault:
        return {name: Value.missing(Status.FAILED, fault, m=m) for name in metrics}
    masses = _masses(density, model)
    return {name: replace(_from_masses(name, masses), m=m) for name in metrics}


def _from_masses(name: str, masses: _Masses) -> Value:
    number = _GRID[name](masses.log_p, masses.log_q)
    if math.isinf(number):
        return Value.unsupported("infinite: one law has no mass where the other has some")
    return value(number, kind=masses.kind, reason="no interval: integrated", details={"how": masses.how})


def integral(model: Model) -> float:
    """∫ exp(log_prob) over a box that holds the model's own samples, widened by half; 1 for a density."""
    assert model.log_prob is not None
    low, high = model.samples.double().amin(0), model.samples.double().amax(0)
    cells = grid(low - 0.25 * (high - low), high + 0.25 * (high - low), LINE if len(low) == 1 else FINE)
    return float(log_mass(model.log_prob, cells).exp().sum())


def integral_fault(model: Model) -> str | None:
    """What is wrong with a model's density, if its integral says so: not 1 ± 0.01, or over 1 for a bound."""
    if model.log_prob is None or model.samples.shape[1] > 2:
        return None
    total = integral(model)
    low = -math.inf if model.kind is Kind.BOUND else 0.99
    return None if low <= total <= 1.01 else f"the model's density integrates to {total:.4g}, not to 1"


@dataclass(frozen=True, slots=True)
class _Masses:
    """True and model mass of each cell, and how the model's was found."""

    log_p: Tensor
    log_q: Tensor
    kind: Kind
    how: str


def _masses(density: Density, model: Model) -> _Masses:
    dim = model.samples.shape[1]
    fine = LINE if dim == 1 else FINE
    cells = grid(*box(density), fine)
    log_p = log_mass(density.log_prob, cells)
    if model.log_prob is not None:
        return _Masses(log_p, log_mass(model.log_prob, cells), model.kind, f"density on {fine} cells a side")
    side = COARSE if dim == 2 else LINE // 20
    coarse = grid(cells.low, cells.high, side)
    log_p = _coarsen(log_p, fine, side, dim)
    counts = histogram(model.samples, coarse) + 0.5
    q = counts / (len(model.samples) + 0.5 * len(counts))
    return _Masses(
        log_p,
        q.log(),
        Kind.ESTIMATE,
        f"histogram of {len(model.samples)} samples on {side} cells a side, Laplace 1/2",
    )


def _coarsen(log_mass: Tensor, fine: int, side: int, dim: int) -> Tensor:
    step = fine // side
    if dim == 1:
        return log_mass.view(side, step).logsumexp(1)
    return log_mass.view(side, step, side, step).logsumexp((1, 3)).flatten()


_GRID: dict[str, Callable[[Tensor, Tensor], float]] = {
    "tv": lambda p, q: total_variation(p.exp(), q.exp()),
    "kl-forward": lambda p, q: max(0.0, kl(p, q)),
    "kl-reverse": lambda p, q: max(0.0, kl(q, p)),
    "dense-error": lambda p, q: regional_error(p.exp(), q.exp(), region="dense"),
    "sparse-error": lambda p, q: regional_error(p.exp(), q.exp(), region="sparse"),
}


def _wasserstein(density: Density, x: Tensor, generator: torch.Generator) -> Value:
    if x.shape[1] != 1:
        return Value.unsupported(f"it is for the line, got {x.shape[1]} dimensions", m=len(x))
    truth = density.sample(len(x), generator=generator)[:, 0]
    number = wasserstein.wasserstein_1(truth, x[:, 0])
    spread = bootstrap(lambda rows: wasserstein.wasserstein_1(truth, x[rows, 0]), len(x), generator, rounds=50)
    return value(number, from_error(number, (spread[1] - spread[0]) / 3.92, low=0.0), kind=Kind.ESTIMATE)
