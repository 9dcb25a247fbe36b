"""Outlier detection from scores oriented higher = stranger: AUROC, average precision, FPR95, recall at 5 %.

Equal to scikit-learn on ties too; the AUROC's interval is DeLong's (1988), the others' a stratified bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics.auc import auc, auc_error
from genbench.metrics.case import value
from genbench.metrics.intervals import from_error

_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Ranked:
    """How often each different score occurs, the strangest first: counts (R, U) of outliers and of ordinary data.

    R = 1 for the data themselves, or one row a resampling: all of them are answered at once.
    """

    outlier: Tensor
    ordinary: Tensor

    def flipped(self) -> Ranked:
        """The same with the most ordinary first."""
        return Ranked(self.outlier.flip(1), self.ordinary.flip(1))


Statistic = Callable[[Ranked], Tensor]


def rank(ordinary: Tensor, outlier: Tensor) -> Ranked:
    """Scores (n,) and (m,) as counts over their different values."""
    values, place = torch.unique(torch.cat([outlier, ordinary]), return_inverse=True)
    place = len(values) - 1 - place
    m, size = len(outlier), len(values)
    return Ranked(*(torch.bincount(p, minlength=size)[None].double() for p in (place[:m], place[m:])))


def resample(ranked: Ranked, rounds: int, generator: torch.Generator) -> Ranked:
    """Stratified bootstrap: each class drawn again with replacement, `rounds` times."""

    def again(counts: Tensor) -> Tensor:
        total = int(counts.sum())
        drawn = torch.multinomial(counts[0], rounds * total, replacement=True, generator=generator)
        found = torch.zeros(rounds, counts.shape[1], dtype=torch.float64)
        return found.scatter_add_(1, drawn.view(rounds, total), torch.ones(rounds, total, dtype=torch.float64))

    return Ranked(again(ranked.outlier), again(ranked.ordinary))


def average_precision(positive: Tensor, negative: Tensor) -> Tensor:
    """Stepwise average precision (no trapezoid) of counts (R, U), the highest score first -> (R,)."""
    hits, misses = positive.cumsum(1), negative.cumsum(1)
    precision = hits / (hits + misses).clamp_min(1)
    return (precision * positive).sum(1) / positive.sum(1)


def aupr_out(ranked: Ranked) -> Tensor:
    """Average precision with outliers positive; ↑ (0, 1], the prevalence for a random score."""
    return average_precision(ranked.outlier, ranked.ordinary)


def aupr_in(ranked: Ranked) -> Tensor:
    """Average precision with ordinary data positive and the score negated; ↑ (0, 1]."""
    other = ranked.flipped()
    return average_precision(other.ordinary, other.outlier)


def fpr95(ranked: Ranked) -> Tensor:
    """Share of outliers accepted at the threshold that accepts 95 % of ordinary data; ↓ [0, 1].

    The threshold is the least score that at least 95 % of ordinary data do not exceed; what does not exceed it is
    accepted.
    """
    other = ranked.flipped()
    n = int(other.ordinary[0].sum())
    accepted = -(-95 * n // 100)  # 95 %, rounded up, without float error
    threshold = (other.ordinary.cumsum(1) >= accepted).int().argmax(1, keepdim=True)
    return other.outlier.cumsum(1).gather(1, threshold)[:, 0] / other.outlier.sum(1)


def recall_at(ranked: Ranked, share: float = 0.05) -> Tensor:
    """Share of all outliers among the 5 % strangest of all; ↑ [0, 1]. Ties at the edge count by their share."""
    both = ranked.outlier + ranked.ordinary
    room = max(1, round(share * float(both[0].sum())))
    seen = both.cumsum(1)
    edge = (seen >= room).int().argmax(1, keepdim=True)
    tied, above = ranked.outlier.gather(1, edge), ranked.outlier.cumsum(1).gather(1, edge)
    left = room - (seen - both).gather(1, edge)
    found = above - tied + tied * left / both.gather(1, edge)
    return found[:, 0] / ranked.outlier.sum(1)


_STATISTICS: dict[str, Statistic] = {
    "aupr-out": aupr_out,
    "aupr-in": aupr_in,
    "fpr95": fpr95,
    "recall-at-5": recall_at,
}


def auroc(ordinary: Tensor, outlier: Tensor) -> float:
    """P(outlier's score > ordinary's) + ½ P(equal); ↑ [0, 1], ½ for a score that knows nothing."""
    return auc(outlier, ordinary)


def outlier_metrics(
    ordinary_scores: Tensor, outlier_scores: Tensor, *, metrics: Sequence[str], generator: torch.Generator
) -> dict[str, Value]:
    """Each metric of `metrics` from the scores of ordinary data (n,) and of outliers (m,), higher = stranger.

    Fewer than 2 of either, or scores that are not finite, give a status with the count; nothing is ever flipped.
    """
    ordinary, outlier = (scores.detach().double().cpu().flatten() for scores in (ordinary_scores, outlier_scores))
    n, m = len(ordinary), len(outlier)
    try:
        _check(ordinary, outlier)
    except Unsupported as reason:
        return {name: Value.unsupported(str(reason), n=n, m=m) for name in metrics}
    found = {"auroc": _auroc(ordinary, outlier)} if "auroc" in metrics else {}
    ranked = rank(ordinary, outlier)
    again = resample(ranked, _ROUNDS, generator)
    found |= {name: _measured(_STATISTICS[name], ranked, again) for name in metrics if name != "auroc"}
    if "recall-at-5" in found:
        room = max(1, round(0.05 * (n + m)))
        one = found["recall-at-5"]
        assert one.value is not None
        found["recall-at-5"] = replace(one, details={"lift": one.value * (n + m) / room})
    return {name: replace(found[name], n=n, m=m) for name in metrics}


def _check(ordinary: Tensor, outlier: Tensor) -> None:
    for name, scores in (("ordinary data", ordinary), ("outliers", outlier)):
        if len(scores) < 2:
            raise Unsupported(f"it needs 2 scores of {name}, got {len(scores)}")
        bad = int((~torch.isfinite(scores)).sum())
        if bad:
            raise Unsupported(f"{bad} of {len(scores)} scores of {name} are NaN or inf")


def _auroc(ordinary: Tensor, outlier: Tensor) -> Value:
    number, error = auroc(ordinary, outlier), auc_error(outlier, ordinary)
    return value(number, from_error(number, error, low=0.0, high=1.0), details={"error": error})


def _measured(statistic: Statistic, ranked: Ranked, again: Ranked) -> Value:
    """The statistic with its percentile interval."""
    low, high = torch.quantile(statistic(again), torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return value(float(statistic(ranked)), (low, high))
