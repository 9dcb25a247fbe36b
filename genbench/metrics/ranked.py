"""Statistics of ranked scores, higher = more unusual: average precision, FPR95, recall at 5 %.

Equal to scikit-learn on ties too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Ranked:
    """How often each different score occurs, the most unusual first: counts (R, U) of outliers and of ordinary data.

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


def room_for(size: int, share: float = 0.05) -> int:
    """How many examples the most unusual 5 % of all are, one at least."""
    return max(1, round(share * size))


def recall_at(ranked: Ranked, share: float = 0.05) -> Tensor:
    """Share of all outliers among the 5 % most unusual of all; ↑ [0, 1]. Ties at the edge count by their share."""
    both = ranked.outlier + ranked.ordinary
    room = room_for(int(both[0].sum()), share)
    seen = both.cumsum(1)
    edge = (seen >= room).int().argmax(1, keepdim=True)
    tied, above = ranked.outlier.gather(1, edge), ranked.outlier.cumsum(1).gather(1, edge)
    left = room - (seen - both).gather(1, edge)
    found = above - tied + tied * left / both.gather(1, edge)
    return found[:, 0] / ranked.outlier.sum(1)
