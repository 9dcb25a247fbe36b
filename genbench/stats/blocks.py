"""Rows over several datasets, each a block: mean ranks, how often one beats another, middle scores, agreement.

The datasets are those that were chosen, no sample of all that there are: intervals are of what the seeds leave open.
Only the critical difference takes datasets as a sample, and so needs several.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from genbench.stats.comparisons import holm, pairwise_p
from genbench.stats.estimates import ROUNDING, Row, estimates
from genbench.stats.intervals import LEAST, Interval
from genbench.stats.ranks import rank_ranges
from genbench.stats.scales import Array, Scale

LEAST_BLOCKS = 5
"""Datasets that a test needs which takes them as a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one dataset has of all rows, in one order. `scale`: on which its means are tested."""

    rows: Sequence[Row]
    scale: Scale = Scale.IDENTITY
    is_higher_better: bool = False

    @property
    def losses(self) -> Array:
        """Mean losses (rows,), lower is better."""
        means = np.array([float(np.mean(row.values)) for row in self.rows])
        return -means if self.is_higher_better else means


def rank_table(losses: Array) -> Array:
    """Ranks from 1 within each block: (blocks, rows) -> (blocks, rows); equal rows share the mean of their ranks."""
    ranks: Array = stats.rankdata(_merged(losses), axis=-1)
    return ranks


def _merged(losses: Array) -> Array:
    """Losses in which values that differ by rounding alone are one."""
    merged = np.array(losses, dtype=np.float64)
    for block in merged:
        order = np.argsort(block)
        for i, j in pairwise(order):
            if block[j] - block[i] <= ROUNDING * max(abs(block[i]), abs(block[j])):
                block[j] = block[i]
    return merged


def mean_rank_intervals(blocks: Sequence[Block], *, alpha: float = 0.05) -> list[Interval] | None:
    """For each row an interval that holds its mean rank, all rows at once with 1 − alpha; None under 3 seeds.

    In each block a rank is between 1 + the rows that are significantly better and all less those significantly worse
    (`ranks.simultaneous_ranks`), with Holm's correction over all pairs of all blocks; the mean of the ends holds the
    mean rank of the true means. It is wide rather than wrong.
    """
    if any(len(row.values) < LEAST for block in blocks for row in block.rows):
        return None
    count = len(blocks[0].rows)
    first, second = np.triu_indices(count, 1)
    p = [pairwise_p(estimates(block.rows), first, second, block.scale) for block in blocks]
    adjusted = np.array(holm(np.concatenate(p).tolist())).reshape(len(blocks), -1)
    differ = np.zeros((len(blocks), count, count), dtype=np.bool_)
    differ[:, first, second] = differ[:, second, first] = adjusted <= alpha
    low, high = rank_ranges(np.stack([block.losses for block in blocks]), differ)
    ends = zip(low.mean(0).tolist(), high.mean(0).tolist(), strict=True)
    return [Interval(a, b, "rank ranges, Holm") for a, b in ends]


def win_rate(mean_rank: float, rows: int) -> float:
    """The share of the other rows and datasets that a row of this mean rank beats, ties by half: (K − rank)/(K − 1)."""
    if rows < 2:
        raise ValueError("a row beats others, and there are none")
    return (rows - mean_rank) / (rows - 1)


def beats(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], *, level: float = 0.95) -> tuple[float, Interval]:
    """P(a run of A has a lower loss than a run of B) + ½ P(equal), the mean over blocks, with its interval.

    `a`, `b`: by block, losses of the seeds. In each block it is the Mann-Whitney statistic / (m n) (the probability
    of improvement of Agarwal et al. 2021); the interval is Newcombe's (2006, Stat. Med. 25:559, method 5), which
    solves (θ̂ − θ)² = z² Var(θ) and so does not shrink to nothing where all runs of A beat all of B: 3 seeds against 3
    on one dataset give [0.50, 1].
    """
    shares, sizes = [], []
    for x, y in zip(a, b, strict=True):
        gap = np.subtract.outer(np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64))
        size = np.maximum.outer(np.abs(y), np.abs(x))
        equal = np.abs(gap) <= ROUNDING * size
        shares.append(float(np.where(equal, 0.5, gap > 0).mean()))
        sizes.append((len(x), len(y)))
    share = float(np.mean(shares))
    return share, Interval(*_newcombe(share, sizes, float(stats.norm.ppf((1 + level) / 2))), "Newcombe")


def _newcombe(share: float, sizes: Sequence[tuple[int, int]], z: float) -> tuple[float, float]:
    def variance(theta: float) -> float:
        parts = []
        for m, n in sizes:
            more = (m + n) / 2 - 1
            spread = 1 + more * ((1 - theta) / (2 - theta) + theta / (1 + theta))
            parts.append(theta * (1 - theta) * spread / (m * n))
        return sum(parts) / len(parts) ** 2

    def outside(theta: float) -> float:
        return (share - theta) ** 2 - z**2 * variance(theta)

    low = 0.0 if share <= 0 or outside(0.0) <= 0 else float(optimize.brentq(outside, 0.0, share - 1e-12))
    high = 1.0 if share >= 1 or outside(1.0) <= 0 else float(optimize.brentq(outside, share + 1e-12, 1.0))
    return low, high


def interquartile_mean(values: Sequence[float]) -> float:
    """The mean without the lowest and the highest quarter (`scipy.stats.trim_mean`, rounded down as there)."""
    return float(stats.trim_mean(np.asarray(values, dtype=np.float64), 0.25))


def iqm_interval(
    blocks: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = 2_000, seed: int = 0
) -> Interval | None:
    """The interval of the interquartile mean of all values of all blocks; None under 3 seeds.

    Seeds are resampled within their block (the stratified bootstrap of Agarwal et al. 2021, Deep reinforcement learning
    at the edge of the statistical precipice). Its percentiles hold too little at few seeds; so the bootstrap gives the
    standard error, √(n/(n − 1)) wider, and Student's t the interval, with Σ (n − 1) degrees of freedom times the share
    of the values that are not trimmed.
    """
    if any(len(values) < LEAST for values in blocks):
        return None
    draw = np.random.default_rng(seed)
    parts = [np.asarray(v, dtype=np.float64) for v in blocks]
    widened = [x.mean() + (x - x.mean()) * math.sqrt(len(x) / (len(x) - 1)) for x in parts]
    drawn = np.concatenate([x[draw.integers(len(x), size=(resamples, len(x)))] for x in widened], axis=1)
    error = float(stats.trim_mean(drawn, 0.25, axis=1).std(ddof=1))
    kept = 1 - 2 * (drawn.shape[1] // 4) / drawn.shape[1]
    degrees = kept * sum(len(x) - 1 for x in parts)
    half = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    middle = interquartile_mean(np.concatenate(parts).tolist())
    return Interval(middle - half, middle + half, "stratified bootstrap, t")


@dataclass(frozen=True, slots=True)
class CriticalDifference:
    """Rows compared over datasets as a sample of datasets (Demšar 2006, JMLR 7:1).

    `ranks`: mean ranks; `p`: Friedman's test of all rows equal; `width`: mean ranks further apart differ (Nemenyi);
    `groups`: rows, best first, that cannot be told apart, the largest such groups.
    """

    ranks: tuple[float, ...]
    p: float
    width: float
    groups: tuple[tuple[int, ...], ...]


def critical_difference(losses: Array, *, alpha: float = 0.05) -> CriticalDifference | None:
    """Friedman's and Nemenyi's tests of losses (blocks, rows); None for under 5 blocks or 3 rows."""
    blocks, rows = losses.shape
    if blocks < LEAST_BLOCKS or rows < 3:
        return None
    table = rank_table(losses)
    ranks = table.mean(0)
    p = 1.0 if np.ptp(ranks) == 0 else float(stats.friedmanchisquare(*table.T).pvalue)
    q = float(stats.studentized_range.ppf(1 - alpha, rows, np.inf)) / math.sqrt(2)
    width = q * math.sqrt(rows * (rows + 1) / (6 * blocks))
    return CriticalDifference(tuple(ranks.tolist()), p, width, _groups(ranks, width))


def _groups(ranks: Array, width: float) -> tuple[tuple[int, ...], ...]:
    order = np.argsort(ranks, kind="stable").tolist()
    found: list[tuple[int, ...]] = []
    for i, first in enumerate(order):
        group = tuple(j for j in order[i:] if ranks[j] - ranks[first] <= width)
        if len(group) > 1 and not (found and set(group) <= set(found[-1])):
            found.append(group)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two metrics order the rows alike: Kendall's τ-b in [−1, 1], with its interval over rows."""

    tau: float
    interval: Interval | None
    rows: int


LEAST_ROWS = 5
"""Rows that an order needs so that two of them can be compared at all."""


def agreement(a: Array, b: Array, *, level: float = 0.95, resamples: int = 2_000, seed: int = 0) -> Agreement | None:
    """Kendall's τ-b between losses (blocks, rows) of two metrics, the mean over blocks; None under 5 rows, or where a
    metric has all rows equal in a block.

    The interval is of other rows of this kind: rows are resampled, the same in all blocks (percentiles).
    """
    if a.shape[-1] < LEAST_ROWS:
        return None
    signs = [np.sign(m[:, :, None] - m[:, None, :]) for m in (_merged(a), _merged(b))]
    rows = a.shape[-1]
    whole = _tau(signs[0], signs[1], np.ones((1, rows)))[0]
    if not math.isfinite(whole):
        return None
    drawn = np.random.default_rng(seed).multinomial(rows, np.full(rows, 1 / rows), size=resamples)
    taus = _tau(signs[0], signs[1], drawn.astype(np.float64))
    known = taus[np.isfinite(taus)]
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) if len(known) else (-1.0, 1.0)
    return Agreement(float(whole), Interval(float(low), float(high), "bootstrap of rows"), rows)


def _tau(a: NDArray[np.float64], b: NDArray[np.float64], weights: Array) -> Array:
    """τ-b of rows taken so many times each (draws, rows), the mean over blocks; NaN where a block's rows are one."""

    def total(pairs: Array) -> Array:
        summed: Array = np.einsum("ri,bij,rj->rb", weights, pairs, weights, optimize=True)
        return summed

    with np.errstate(invalid="ignore", divide="ignore"):
        taus: Array = (total(a * b) / np.sqrt(total(a * a) * total(b * b))).mean(1)
    return taus
