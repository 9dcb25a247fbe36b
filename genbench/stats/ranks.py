"""Ranks with what is known of them: simultaneous ranges from all pairwise comparisons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    behind: Collection[int] = (),
    alpha: float = 0.05,
) -> list[Rank | None]:
    """Ranges that hold all true ranks at once with probability 1 − alpha; None for a row of fewer than 3 seeds, which
    drops out alone.

    Every pair of rows is compared (`comparisons.pairwise_p`) with Holm's correction over all pairs; a rank's bounds
    count the significant differences (Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for Ranks, with Holm in place
    of their bootstrap). Where a noisy row would so get a better bound than a row with a better mean, the bound of the
    latter is widened: a worse mean never has a smaller low or high end. `behind`: rows that are known to be of no worth
    (no better than a floor) and worse in their mean than all others: their ranges begin behind those.
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
    barred = np.array([i in behind for i in tested])
    low, high = rank_ranges(-known.mean if is_higher_better else known.mean, differ, barred)
    for i, a, b in zip(tested, low.tolist(), high.tolist(), strict=True):
        found[i] = Rank(a, b)
    return found


def rank_ranges(
    losses: Array, differ: NDArray[np.bool_], behind: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(low, high) of each row from mean losses (..., rows) and which pairs differ (..., rows, rows), made monotone."""
    worse = losses[..., :, None] > losses[..., None, :]
    low = 1 + (differ & worse).sum(-1)
    high = losses.shape[-1] - (differ & ~worse).sum(-1)
    if behind is not None and behind.any() and not behind.all():
        low = np.where(behind, np.maximum(low, max(2, low[~behind].max())), low)
        high = np.maximum(low, high)
    is_behind = losses[..., None, :] >= losses[..., :, None]
    widest_low = np.where(is_behind, low[..., None, :], losses.shape[-1]).min(-1)
    widest_high = np.where(is_behind.swapaxes(-1, -2), high[..., None, :], 1).max(-1)
    return widest_low, widest_high
