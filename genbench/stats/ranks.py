"""Ranks with what is known of them: simultaneous ranges from all pairwise comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genbench.stats.comparisons import holm, pairwise_p
from genbench.stats.estimates import Row, estimates
from genbench.stats.intervals import LEAST
from genbench.stats.scales import Array, Scale


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a row stands: between `low` (1 + rows surely better) and `high` (all rows less those surely worse)."""

    low: int
    high: int


def simultaneous_ranks(
    rows: Sequence[Row],
    scale: Scale = Scale.IDENTITY,
    *,
    is_higher_better: bool = False,
    alpha: float = 0.05,
) -> list[Rank | None]:
    """Ranges that hold all true ranks at once with probability 1 − alpha; None for a row of fewer than 3 seeds, which
    drops out alone.

    Every pair of rows is compared (`comparisons.pairwise_p`) with Holm's correction over all pairs; a rank's bounds
    count the significant differences (Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for Ranks, with Holm in place
    of their bootstrap). A row of which little is known has a wide range and leaves those of the others as they are.
    """
    tested = [i for i, row in enumerate(rows) if len(row.values) >= LEAST]
    found: list[Rank | None] = [None] * len(rows)
    if not tested:
        return found
    known = estimates([rows[i] for i in tested])
    first, second = np.triu_indices(len(tested), 1)
    adjusted = np.array(holm(pairwise_p(known, first, second, scale).tolist()))
    differ = np.zeros((len(tested), len(tested)), dtype=np.bool_)
    differ[first, second] = differ[second, first] = adjusted <= alpha
    low, high = rank_ranges(-known.mean if is_higher_better else known.mean, differ)
    for i, a, b in zip(tested, low.tolist(), high.tolist(), strict=True):
        found[i] = Rank(a, b)
    return found


def rank_ranges(losses: Array, differ: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(low, high) of each row from mean losses (..., rows) and which pairs differ (..., rows, rows)."""
    is_worse = losses[..., :, None] > losses[..., None, :]
    return 1 + (differ & is_worse).sum(-1), losses.shape[-1] - (differ & ~is_worse).sum(-1)


def leading_group(losses: Sequence[float], ranks: Sequence[Rank | None]) -> list[bool]:
    """Which rows lead: those from the best mean loss on, down to the first that another is surely better than; none
    where no row is surely behind another. A row of which little is known leads nobody whose mean is better."""
    first_beaten = min(
        (loss for loss, rank in zip(losses, ranks, strict=True) if rank and rank.low > 1), default=-math.inf
    )
    return [rank is not None and loss < first_beaten for loss, rank in zip(losses, ranks, strict=True)]
