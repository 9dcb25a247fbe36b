"""Measures of outlier detection, from scores oriented higher = more unusual, which are never flipped.

The AUROC's interval is DeLong's (1988), the others' a stratified bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics import auc, ranked
from genbench.metrics.drawing import Shared, named
from genbench.metrics.intervals import from_error
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
    """`auroc`: P(outlier's score > ordinary's) + ½ P(equal), with DeLong's interval."""
    number = auc.auc(inputs.unusual, inputs.ordinary)
    error = auc.auc_error(inputs.unusual, inputs.ordinary)
    return value(number, from_error(number, error, low=0.0, high=1.0), details={"error": error})


def aupr_out(inputs: ScoreInputs) -> Value:
    """`aupr-out`, with a bootstrap interval."""
    return _with_interval(ranked.aupr_out, inputs)


def aupr_in(inputs: ScoreInputs) -> Value:
    """`aupr-in`, with a bootstrap interval."""
    return _with_interval(ranked.aupr_in, inputs)


def fpr95(inputs: ScoreInputs) -> Value:
    """`fpr95`, with a bootstrap interval."""
    return _with_interval(ranked.fpr95, inputs)


def recall_at_5(inputs: ScoreInputs) -> Value:
    """`recall-at-5`, with a bootstrap interval and its `lift` over chance."""
    found = _with_interval(ranked.recall_at, inputs)
    assert found.value is not None
    size = len(inputs.ordinary) + len(inputs.unusual)
    return replace(found, details={"lift": found.value * size / ranked.room_for(size)})


def _with_interval(statistic: Statistic, inputs: ScoreInputs) -> Value:
    """The statistic with its percentile interval."""
    draws = statistic(inputs.resampled)
    low, high = torch.quantile(draws, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return value(float(statistic(inputs.ranked)), (low, high))
