"""Ranks with what is known of them: simultaneous intervals from all paired comparisons, or the bootstrap of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from genbench.stats.comparisons import holm, paired_p
from genbench.stats.intervals import LEAST


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a row stands: between `low` (1 + rows surely better) and `high` (all rows less those surely worse).

    `low` is its place: rows that do not differ share it.
    """

    low: int
    high: int


def simultaneous_ranks(losses: Sequence[Sequence[float]], *, alpha: float = 0.05) -> list[Rank] | None:
    """Intervals that hold all true ranks at once with probability 1 − alpha; None for fewer than 3 seeds.

    `losses`: (rows, seeds), lower is better, columns paired by seed. Every pair of rows is compared by the paired t
    test with Holm's correction over all pairs; a rank's bounds count the significant differences
    (Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for Ranks, with Holm in place of their bootstrap).
    """
    x = np.asarray(losses, dtype=np.float64)
    rows = len(x)
    if rows == 0 or x.shape[1] < LEAST:
        return None
    pairs = np.array(list(combinations(range(rows), 2)), dtype=np.intp).reshape(-1, 2)
    adjusted = holm(paired_p(x[pairs[:, 0]] - x[pairs[:, 1]]).tolist())
    better, worse = [0] * rows, [0] * rows
    means = x.mean(1)
    for (i, j), p in zip(pairs.tolist(), adjusted, strict=True):
        if p > alpha:
            continue
        first, second = (i, j) if means[i] < means[j] else (j, i)
        worse[first] += 1
        better[second] += 1
    return [Rank(1 + better[i], rows - worse[i]) for i in range(rows)]


def bootstrap_ranks(
    losses: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = 2_000, seed: int = 0
) -> list[Rank]:
    """Percentile intervals of each row's rank by mean over resampled seeds; marginal, not simultaneous.

    `losses`: (rows, seeds), lower is better; ties take the better rank.
    """
    x = np.asarray(losses, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(x.shape[1], size=(resamples, x.shape[1]))
    ranks = np.stack([_ranks(x[:, seeds].mean(1)) for seeds in drawn])
    low, high = np.quantile(ranks, [(1 - level) / 2, (1 + level) / 2], axis=0, method="nearest")
    return [Rank(int(a), int(b)) for a, b in zip(low, high, strict=True)]


def _ranks(means: NDArray[np.float64]) -> NDArray[np.int64]:
    better: NDArray[np.int64] = (means[:, None] > means[None, :]).sum(1) + 1
    return better
