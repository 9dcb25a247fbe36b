"""Measures of models against a known law (`genbench.protocols.dataset.Density`), which can be asked for the truth.

A model with a density is compared cell by cell on a fine grid; one without, by the histogram of its samples on a
coarse one (kind `estimate`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Kind, Status, Value
from genbench.metrics import grid, laws, modes, wasserstein
from genbench.metrics.drawing import Shared
from genbench.metrics.intervals import bootstrap, divergence_interval, from_error
from genbench.metrics.laws import Fineness, Masses, ModelLaw
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.modes import Modes
from genbench.metrics.two_sample import Hits
from genbench.metrics.values import share_value, value
from genbench.protocols.dataset import Density, mark


@dataclass(frozen=True, kw_only=True)
class DensityInputs:
    """A known law and what a model gives of it. `generator`: for measures that draw; None: a fixed one for each."""

    density: Density
    model: ModelLaw
    generator: torch.Generator | None = None
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    gives: ClassVar[frozenset[str]] = frozenset({"density", "modes"})

    @property
    def sizes(self) -> Sizes:
        """Samples; the law is known whole."""
        return Sizes(m=len(self.model.samples))

    @property
    def modes(self) -> Modes:
        """Which mode each sample belongs to. Raises `Unsupported` for a law without modes."""
        return self.shared.once("modes", lambda: modes.nearest_modes(self.model.samples, self.density))

    @property
    def fineness(self) -> Fineness:
        """How fine a grid the model's density needs."""
        return self.shared.once("fineness", lambda: laws.fineness(self.density, self.model))

    @property
    def fault(self) -> str | None:
        """What is wrong with the model's density, None where nothing is."""
        return self.fineness.fault

    @property
    def masses(self) -> Masses:
        """Both laws on one grid. Raises `Unsupported` for more than 2 dimensions."""
        dim = self.model.samples.shape[1]
        if dim > 2:
            raise Unsupported(f"a grid is for 1 or 2 dimensions, got samples of {dim}")
        return self.shared.once("masses", lambda: laws.masses(self.density, self.model, self.fineness.times))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeInputs:
    """Samples of a law of which the modes alone are known, such as the triples of digits of stacked MNIST."""

    modes: Modes
    generator: torch.Generator | None = None

    gives: ClassVar[frozenset[str]] = frozenset({"modes"})

    @property
    def sizes(self) -> Sizes:
        """Samples."""
        return Sizes(m=len(self.modes.mode))


def density_metrics(
    density: Density, model: ModelLaw | Tensor, *, metrics: Sequence[str], generator: torch.Generator | None = None
) -> dict[str, Value]:
    """Each metric of `metrics` of a model (or of its samples alone) against a known law of 1 or 2 dimensions.

    `tv`, `kl-forward`, `kl-reverse`, `dense-error`, `sparse-error` on a grid; `modes`, `mode-kl` from samples;
    `wasserstein-1` and `density-at` in 1-D. Raises `DataError` for samples that are not finite; the rest is a value
    with a reason.
    """
    law = ModelLaw(model) if isinstance(model, Tensor) else model
    x = law.samples
    if x.ndim != 2 or not bool(torch.isfinite(x).all()):
        raise DataError(f"samples of a toy must be (m, D) and finite, got shape {tuple(x.shape)}.")
    return measured(DensityInputs(density=density, model=law, generator=generator), metrics)


def mode_metrics(
    density: Density, samples: Tensor, *, metrics: Sequence[str], generator: torch.Generator | None = None
) -> dict[str, Value]:
    """`modes`, `modes:high-quality` and `mode-kl` of samples (m, D) of a law with separate modes."""
    return measured(DensityInputs(density=density, model=ModelLaw(samples), generator=generator), metrics)


def mode_metrics_from_labels(
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
    return measured(ModeInputs(modes=Modes(mode=mode, weights=weights, good=good), generator=generator), metrics)


def covered_modes(inputs: DensityInputs | ModeInputs) -> dict[str, Value]:
    """`modes`, of how many, and the share of samples near one."""
    seen = inputs.modes
    number = modes.covered_modes(seen.mode, seen.good)
    found = {"": value(number, reason="no interval: a count of what was seen", details={"of": len(seen.weights)})}
    if seen.good is not None:
        found["high-quality"] = share_value(Hits(int(seen.good.sum()), len(seen.mode)))
    return found


def mode_divergence(inputs: DensityInputs | ModeInputs) -> Value:
    """`mode-kl`, with its mean under the truth as `null_mean`. The interval is for the divergence less that
    bias; too wide where the truth is 0 or the divergence is large."""
    mode, weights = inputs.modes.mode, inputs.modes.weights
    m, total = len(mode), len(weights)
    number = modes.mode_kl(mode, weights)
    return value(number, divergence_interval(number, m, total), details={"null_mean": (total - 1) / (2 * m)})


def total_variation(inputs: DensityInputs) -> Value:
    """`tv`, integrated; a histogram has half a sample more in each cell."""
    return _on_grid(inputs, lambda on: grid.total_variation(on.log_p.exp(), on.log_q.exp()))


def kl_forward(inputs: DensityInputs) -> Value:
    """`kl-forward`, integrated; a histogram has half a sample more in each cell."""
    return _on_grid(inputs, lambda on: max(0.0, grid.kl(on.log_p, on.log_q)))


def kl_reverse(inputs: DensityInputs) -> Value:
    """`kl-reverse`, integrated. An empty cell of a histogram counts 0: half a sample where the truth has none would be
    all that is seen. What lies outside the box is one cell that the truth gives 1e-6."""
    return _on_grid(inputs, lambda on: max(0.0, grid.kl(on.log_seen, on.log_p_seen)))


def dense_error(inputs: DensityInputs) -> Value:
    """`dense-error`, integrated; a histogram has half a sample more in each cell."""
    return _on_grid(inputs, lambda on: grid.regional_error(on.log_p.exp(), on.log_q.exp(), region="dense"))


def sparse_error(inputs: DensityInputs) -> Value:
    """`sparse-error`, integrated; a histogram has half a sample more in each cell."""
    return _on_grid(inputs, lambda on: grid.regional_error(on.log_p.exp(), on.log_q.exp(), region="sparse"))


def _on_grid(inputs: DensityInputs, statistic: Callable[[Masses], float]) -> Value:
    """A statistic of the masses of both laws."""
    if inputs.fault is not None:
        return Value.missing(Status.FAILED, inputs.fault)
    masses = inputs.masses
    number = statistic(masses)
    if math.isinf(number):
        raise Unsupported("infinite: one law has no mass where the other has some")
    details: dict[str, str | int] = {"how": masses.how, "dimensions": inputs.model.samples.shape[1]}
    return value(number, kind=masses.kind, reason="no interval: integrated", details=details)


def wasserstein_1(inputs: DensityInputs) -> Value:
    """`wasserstein-1` from as many draws of the truth as there are samples; its bootstrap interval is a little
    narrow (92 %)."""
    x, generator = inputs.model.samples, inputs.generator or torch.Generator().manual_seed(0)
    if x.shape[1] != 1:
        raise Unsupported(f"it is for the line, got {x.shape[1]} dimensions")
    truth = inputs.density.sample(len(x), generator=generator)[:, 0]
    number = wasserstein.wasserstein_1(truth, x[:, 0])

    def again(rows: Tensor) -> float:
        others = torch.randint(len(truth), (len(truth),), generator=generator)
        return wasserstein.wasserstein_1(truth[others], x[rows, 0])

    spread = bootstrap(again, len(x), generator, rounds=100)
    return value(number, from_error(number, (spread[1] - spread[0]) / 3.92, low=0.0), kind=Kind.ESTIMATE)


def density_at(inputs: DensityInputs) -> Value:
    """`density-at`: p_model / p_data at the law's marked value, both in the details.

    From the model's density where it has one; else from its samples within a hundredth of the box on either side, with
    the interval of their share.
    """
    at, law, model = mark(inputs.density), inputs.density, inputs.model
    if at is None:
        raise Unsupported("the law has no marked value")
    if inputs.fault is not None:
        return Value.missing(Status.FAILED, inputs.fault)
    here = torch.tensor([[at]])
    truth = float(law.log_prob(here).double().exp())
    if model.log_prob is not None:
        made = float(model.log_prob(here).double().exp())
        details = {"at": at, "p_data": truth, "p_model": made}
        return value(made / truth, kind=model.kind, reason="no interval: two densities", details=details)
    low, high = grid.box(law)
    reach = grid.NEAR * float(high - low)
    near = grid.grid(here[0].double() - reach, here[0].double() + reach, grid.COARSE)
    mass = float(grid.log_mass(law.log_prob, near).exp().sum())
    share = share_value(Hits(int(grid.histogram(model.samples, near).sum()), len(model.samples)))
    assert share.value is not None and share.ci_low is not None and share.ci_high is not None
    details = {"at": at, "p_data": mass / (2 * reach), "p_model": share.value / (2 * reach), "within": reach}
    interval = (share.ci_low / mass, share.ci_high / mass)
    return value(share.value / mass, interval, kind=Kind.ESTIMATE, details=details)
