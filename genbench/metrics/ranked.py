"""Statistics of ranked scores, higher = more unusual: average precision, FPR95, recall at 5 %.

Equal to scikit-learn on ties too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

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

PART = 2**17
"""Counts that are worked on at once."""


def rank(ordinary: Tensor, outlier: Tensor) -> Ranked:
    """Scores (n,) and (m,) as counts over their different values."""
    values, place = torch.unique(torch.cat([outlier, ordinary]), return_inverse=True)
    place = len(values) - 1 - place
    m, size = len(outlier), len(values)
    return Ranked(*(torch.bincount(p, minlength=size)[None].double() for p in (place[:m], place[m:])))


def resample(ranked: Ranked, rounds: int, generator: torch.Generator) -> Ranked:
    """Stratified bootstrap: each class drawn again with replacement, `rounds` times."""
    return Ranked(*(_drawn_again(counts[0], rounds, generator) for counts in (ranked.outlier, ranked.ordinary)))


def _drawn_again(counts: Tensor, rounds: int, generator: torch.Generator) -> Tensor:
    """Counts (U,) drawn again: (rounds, U).

    The very draws of `torch.multinomial(counts, ..., replacement=True)`, which looks for each of its uniform numbers
    among all U sums: here the place among the examples is the number itself, and the example knows its value.
    """
    value, size = torch.repeat_interleave(counts.long()), len(counts)
    total = len(value)
    drawn = torch.empty(rounds, size, dtype=torch.float64)
    for rows in torch.split(drawn, max(1, PART // total)):
        uniform = torch.rand(len(rows), total, dtype=torch.float64, generator=generator)
        place = (uniform * total).ceil_()  # the first with place / total >= uniform, but for rounding
        place += place / total < uniform
        place -= ((place - 1) / total >= uniform).double()
        found = value[place.clamp_(1, total).long().sub_(1)].add_(torch.arange(len(rows))[:, None] * size)
        rows.copy_(torch.bincount(found.flatten(), minlength=rows.numel()).view_as(rows))
    return drawn


def _in_parts(statistic: Statistic) -> Statistic:
    """The statistic of some resamplings after the other: what it reads of them then stays near the processor."""

    @wraps(statistic)
    def of_all(ranked: Ranked) -> Tensor:
        rows = max(1, PART // ranked.outlier.shape[1])
        pairs = zip(torch.split(ranked.outlier, rows), torch.split(ranked.ordinary, rows), strict=True)
        return torch.cat([statistic(Ranked(outlier, ordinary)) for outlier, ordinary in pairs])

    return of_all


def average_precision(positive: Tensor, negative: Tensor) -> Tensor:
    """Stepwise average precision (no trapezoid) of counts (R, U), the highest score first -> (R,)."""
    hits, misses = positive.cumsum(1), negative.cumsum(1)
    precision = hits / (hits + misses).clamp_min(1)
    return (precision * positive).sum(1) / positive.sum(1)


@_in_parts
def aupr_out(ranked: Ranked) -> Tensor:
    """Average precision with outliers positive; ↑ (0, 1], the prevalence for a random score."""
    return average_precision(ranked.outlier, ranked.ordinary)


@_in_parts
def aupr_in(ranked: Ranked) -> Tensor:
    """Average precision with ordinary data positive and the score negated; ↑ (0, 1]."""
    other = ranked.flipped()
    return average_precision(other.ordinary, other.outlier)


@_in_parts
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


@_in_parts
def recall_at(ranked: Ranked) -> Tensor:
    """Share of all outliers among the 5 % most unusual of all; ↑ [0, 1]. Ties at the edge count by their share."""
    both = ranked.outlier + ranked.ordinary
    room = room_for(int(both[0].sum()))
    seen = both.cumsum(1)
    edge = (seen >= room).int().argmax(1, keepdim=True)
    tied, above = ranked.outlier.gather(1, edge), ranked.outlier.cumsum(1).gather(1, edge)
    left = room - (seen - both).gather(1, edge)
    found = above - tied + tied * left / both.gather(1, edge)
    return found[:, 0] / ranked.outlier.sum(1)
