"""Outlier detection from scores oriented higher = stranger: AUROC, average precision, FPR95, recall at 5 %.

Equal to scikit-learn on ties too; the AUROC's interval is DeLong's (1988), the others' a stratified bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from genbench.errors import Unsupported
from genbench.metrics.auc import auc, auc_error
from genbench.metrics.case import value
from genbench.metrics.intervals import Interval, from_error
from genbench.values import Value

_ROUNDS = 200
Statistic = Callable[[Tensor, Tensor], float]


def auroc(ordinary: Tensor, outlier: Tensor) -> float:
    """P(outlier's score > ordinary's) + ½ P(equal); ↑ [0, 1], ½ for a score that knows nothing."""
    return auc(outlier, ordinary)


def average_precision(negative: Tensor, positive: Tensor) -> float:
    """Stepwise average precision of the positives (no trapezoid); ↑ (0, 1], the prevalence for a random score."""
    labels = torch.cat([torch.zeros(len(negative)), torch.ones(len(positive))])
    return float(average_precision_score(labels.numpy(), torch.cat([negative, positive]).cpu().numpy()))


def aupr_out(ordinary: Tensor, outlier: Tensor) -> float:
    """Average precision with outliers positive."""
    return average_precision(ordinary, outlier)


def aupr_in(ordinary: Tensor, outlier: Tensor) -> float:
    """Average precision with ordinary data positive and the score negated."""
    return average_precision(-outlier, -ordinary)


def fpr95(ordinary: Tensor, outlier: Tensor) -> float:
    """Share of outliers accepted at the threshold that accepts 95 % of ordinary data; ↓ [0, 1].

    The threshold is the least score that at least 95 % of ordinary data do not exceed; what does not exceed it is
    accepted.
    """
    accepted = -(-95 * len(ordinary) // 100)  # 95 %, rounded up, without float error
    threshold = ordinary.sort().values[accepted - 1]
    return float((outlier <= threshold).double().mean())


def recall_at(ordinary: Tensor, outlier: Tensor, share: float = 0.05) -> float:
    """Share of all outliers among the 5 % strangest of all; ↑ [0, 1]. Ties at the edge count by their share."""
    both = torch.cat([ordinary, outlier])
    room = max(1, round(share * len(both)))
    edge = both.sort(descending=True).values[room - 1]
    above, tied = int((outlier > edge).sum()), int((outlier == edge).sum())
    left = room - int((both > edge).sum())
    return (above + tied * left / int((both == edge).sum())) / len(outlier)


_STATISTICS: dict[str, Statistic] = {
    "auroc": auroc,
    "aupr-out": aupr_out,
    "aupr-in": aupr_in,
    "fpr95": fpr95,
    "recall-at-5": recall_at,
}


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
    return {name: replace(_measure(name, ordinary, outlier, generator), n=n, m=m) for name in metrics}


def _check(ordinary: Tensor, outlier: Tensor) -> None:
    for name, scores in (("ordinary data", ordinary), ("outliers", outlier)):
        if len(scores) < 2:
            raise Unsupported(f"it needs 2 scores of {name}, got {len(scores)}")
        bad = int((~torch.isfinite(scores)).sum())
        if bad:
            raise Unsupported(f"{bad} of {len(scores)} scores of {name} are NaN or inf")


def _measure(name: str, ordinary: Tensor, outlier: Tensor, generator: torch.Generator) -> Value:
    number = _STATISTICS[name](ordinary, outlier)
    if name == "auroc":
        error = auc_error(outlier, ordinary)
        return value(number, from_error(number, error, low=0.0, high=1.0), details={"error": error})
    found = value(number, _bootstrap(_STATISTICS[name], ordinary, outlier, generator))
    if name == "recall-at-5":
        room = max(1, round(0.05 * (len(ordinary) + len(outlier))))
        return replace(found, details={"lift": number * (len(ordinary) + len(outlier)) / room})
    return found


def _bootstrap(statistic: Statistic, ordinary: Tensor, outlier: Tensor, generator: torch.Generator) -> Interval:
    """Percentile interval with each class resampled on its own."""

    def again(scores: Tensor) -> Tensor:
        return scores[torch.randint(len(scores), (len(scores),), generator=generator)]

    draws = torch.tensor([statistic(again(ordinary), again(outlier)) for _ in range(_ROUNDS)], dtype=torch.float64)
    low, high = torch.quantile(draws, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high
