"""Measures of outlier detection, from scores oriented higher = more unusual, which are never flipped.

The AUROC's interval is DeLong's (1988), the others' a stratified bootstrap's, all on the scale of the logit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics import ranked
from genbench.metrics.auc import FEW, Placed
from genbench.metrics.drawing import Shared, named
from genbench.metrics.intervals import share_interval
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.ranked import Ranked, Statistic
from genbench.metrics.values import value

ROUNDS = 200
"""Resamplings of the stratified bootstrap."""


@dataclass(frozen=True, kw_only=True)
class ScoreInputs:
    """One score of `ordinary` data (n,) and of `unusual` data (m,), float64. `generator`: for measures that draw."""

    ordinary: Tensor
    unusual: Tensor
    generator: torch.Generator
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    gives: ClassVar[frozenset[str]] = frozenset({"scores"})

    def __post_init__(self) -> None:
        self.shared.once("generator", lambda: self.generator)

    @property
    def sizes(self) -> Sizes:
        """Ordinary data and outliers."""
        return Sizes(len(self.ordinary), len(self.unusual), ("scores of ordinary data", "scores of outliers"))

    @property
    def ranked(self) -> Ranked:
        """How often each different score occurs."""
        return self.shared.once("ranked", lambda: ranked.rank(self.ordinary, self.unusual))

    @property
    def placed(self) -> Placed:
        """How outliers lie to ordinary data."""
        return self.shared.once("placed", lambda: Placed.of(self.unusual, self.ordinary))

    @property
    def resampled(self) -> Ranked:
        """The same of a stratified bootstrap, which all measures share."""
        return self.shared.once("resampled", self._resample)

    def _resample(self) -> Ranked:
        first = self.shared.once("generator", lambda: self.generator)
        return ranked.resample(self.ranked, ROUNDS, named(first, "resampled"))


def outlier_metrics(
    ordinary_scores: Tensor, outlier_scores: Tensor, *, metrics: Sequence[str], generator: torch.Generator
) -> dict[str, Value]:
    """Each metric of `metrics` from the scores of ordinary data (n,) and of outliers (m,), higher = more unusual.

    Fewer than 2 of either, or scores that are not finite, give a status with the count; nothing is ever flipped.
    """
    ordinary, unusual = (scores.detach().double().cpu().flatten() for scores in (ordinary_scores, outlier_scores))
    try:
        _check(ordinary, unusual)
    except Unsupported as reason:
        return {name: Value.unsupported(reason, n=len(ordinary), m=len(unusual)) for name in metrics}
    return measured(ScoreInputs(ordinary=ordinary, unusual=unusual, generator=generator), metrics)


def _check(ordinary: Tensor, unusual: Tensor) -> None:
    for name, scores in (("ordinary data", ordinary), ("outliers", unusual)):
        if len(scores) < 2:
            raise Unsupported(f"it needs 2 scores of {name}, got {len(scores)}")
        bad = int((~torch.isfinite(scores)).sum())
        if bad:
            raise Unsupported(f"{bad} of {len(scores)} scores of {name} are NaN or inf")


def auroc(inputs: ScoreInputs) -> Value:
    """`auroc`: P(outlier's score > ordinary's) + ½ P(equal), with DeLong's interval on the scale of the logit.

    It is too wide (holds up to 99 %) where few points are misplaced.
    """
    placed = inputs.placed
    return value(placed.area, placed.interval, details={"error": placed.error, **_prevalence(inputs)})


def aupr_out(inputs: ScoreInputs) -> Value:
    """`aupr-out`; its interval (bootstrap, logit) is a little narrow (92 to 96 %), too wide where few are misplaced."""
    return _with_interval(ranked.aupr_out, inputs, few=inputs.placed.misplaced < FEW)


def aupr_in(inputs: ScoreInputs) -> Value:
    """`aupr-in`, with an interval as that of `aupr-out`: a little narrow, too wide where few points are misplaced."""
    return _with_interval(ranked.aupr_in, inputs, few=inputs.placed.misplaced < FEW)


def fpr95(inputs: ScoreInputs) -> Value:
    """`fpr95`; its interval (bootstrap, logit) is narrow where ordinary data are few (90 % at 30)."""
    accepted = float(ranked.fpr95(inputs.ranked)) * len(inputs.unusual)
    return _with_interval(ranked.fpr95, inputs, few=min(accepted, len(inputs.unusual) - accepted) < FEW)


def recall_at_5(inputs: ScoreInputs) -> Value:
    """`recall-at-5` and its `lift` over chance; the interval is too wide where nearly all of the 5 % are outliers."""
    size = len(inputs.ordinary) + len(inputs.unusual)
    room, found = ranked.room_for(size), float(ranked.recall_at(inputs.ranked)) * len(inputs.unusual)
    seen = _with_interval(ranked.recall_at, inputs, few=min(found, room - found) < FEW)
    assert seen.value is not None
    return replace(seen, details={**seen.details, "lift": seen.value * size / room})


def _prevalence(inputs: ScoreInputs) -> dict[str, float]:
    """The share of outliers, on which all but `auroc` and `fpr95` depend."""
    return {"prevalence": len(inputs.unusual) / (len(inputs.ordinary) + len(inputs.unusual))}


def _with_interval(statistic: Statistic, inputs: ScoreInputs, *, few: bool) -> Value:
    """The statistic with an interval from its spread over the resamplings; `few`: it rests on few events."""
    number, error = float(statistic(inputs.ranked)), float(statistic(inputs.resampled).std())
    of = min(len(inputs.ordinary), len(inputs.unusual))
    return value(number, share_interval(number, error, of=of, few=few), details=_prevalence(inputs))
