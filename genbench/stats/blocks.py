"""Rows over several datasets, each a block: mean ranks, how often one beats another, middle scores, agreement.

The datasets are those that were chosen, no sample of all that there are: intervals are of what the seeds leave open.
Only the critical difference takes datasets as a sample, and so needs several.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize

from genbench.stats import laws
from genbench.stats.comparisons import holm, pairwise_p
from genbench.stats.estimates import ROUNDING, Row, estimates
from genbench.stats.intervals import LEAST, Interval
from genbench.stats.ranks import Rank, rank_ranges
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

    @property
    def runs(self) -> list[Array]:
        """By row, the losses of its seeds."""
        sign = -1.0 if self.is_higher_better else 1.0
        return [sign * np.asarray(row.values, dtype=np.float64) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Share:
    """A probability with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Duels:
    """Runs of every row against runs of every other. `shares`: (blocks, rows, rows), P(a run of the row has a lower
    loss than one of the column) + ½ P(equal), the Mann-Whitney statistic / (m n); `seeds`: (blocks, rows)."""

    shares: Array
    seeds: Array

    def pair(self, row: int, other: int) -> Share:
        """How often the row beats another, the mean over blocks (the probability of improvement of Agarwal et al.
        2021)."""
        sizes = zip(self.seeds[:, row].tolist(), self.seeds[:, other].tolist(), strict=True)
        return _share(float(self.shares[:, row, other].mean()), tuple(sizes))

    def wins(self, row: int) -> Share:
        """How often the row beats any other: the mean over the others and blocks, their runs as one sample."""
        if self.seeds.shape[1] < 2:
            raise ValueError("a row beats others, and there are none")
        others = np.arange(self.seeds.shape[1]) != row
        sizes = zip(self.seeds[:, row].tolist(), self.seeds[:, others].sum(1).tolist(), strict=True)
        return _share(float(self.shares[:, row, others].mean()), tuple(sizes))

    @property
    def mean_ranks(self) -> Array:
        """The rank, from 1, that a run has on average among one run of each row: rows − Σ P(it beats another)."""
        count = self.seeds.shape[1]
        ranks: Array = count - self.shares.mean(0).sum(1) + 0.5
        return ranks


def duels(blocks: Sequence[Block]) -> Duels:
    """All runs of all rows against each other, within their block; runs that differ by rounding alone are equal."""
    shares, seeds = [], []
    for block in blocks:
        counts = np.array([len(x) for x in block.runs])
        runs = np.concatenate(block.runs)
        gap = runs[None, :] - runs[:, None]
        is_equal = np.abs(gap) <= ROUNDING * np.maximum(np.abs(runs)[None, :], np.abs(runs)[:, None])
        starts = np.concatenate([[0], counts.cumsum()[:-1]])
        won = np.add.reduceat(np.add.reduceat(np.where(is_equal, 0.5, gap > 0), starts, 0), starts, 1)
        share = won / np.outer(counts, counts)
        np.fill_diagonal(share, 0.5)
        shares.append(share)
        seeds.append(counts)
    return Duels(np.stack(shares), np.stack(seeds).astype(np.float64))


@lru_cache(maxsize=10_000)
def _share(share: float, sizes: tuple[tuple[float, float], ...], level: float = 0.95) -> Share:
    """A mean of Mann-Whitney shares with Newcombe's interval (2006, Stat. Med. 25:559, method 5), which solves
    (θ̂ − θ)² = z² Var(θ) and so does not shrink to nothing where all of m runs beat all of n: 3 against 3 in one block
    give [0.50, 1]."""
    z, counts = laws.normal_quantile((1 + level) / 2), Counter(sizes)

    def variance(theta: float) -> float:
        lean = (1 - theta) / (2 - theta) + theta / (1 + theta)
        parts = (count * (1 + ((m + n) / 2 - 1) * lean) / (m * n) for (m, n), count in counts.items())
        return theta * (1 - theta) * sum(parts) / len(sizes) ** 2

    def outside(theta: float) -> float:
        return (share - theta) ** 2 - z**2 * variance(theta)

    low = 0.0 if share <= NEAR_END else float(optimize.brentq(outside, 0.0, share - NEAR_END))
    high = 1.0 if share >= 1 - NEAR_END else float(optimize.brentq(outside, share + NEAR_END, 1.0))
    return Share(share, Interval(low, high, "Newcombe"))


NEAR_END = 1e-9
"""A share so near to 0 or 1 is there."""

SMALLEST_P = 1e-6
"""What one dataset may say at most: it cannot outvote several that say the contrary."""


def simultaneous_places(blocks: Sequence[Block], *, alpha: float = 0.05) -> list[Rank] | None:
    """For each row the range of its place over all blocks, all rows at once with 1 − alpha; None under 3 seeds.

    Every pair is tested in each block as the leaderboards do it (`comparisons.pairwise_p`); the signed normal scores
    of its p values are added and divided by the root of their number (Stouffer et al. 1949), so that what several
    datasets agree on counts and what they contradict cancels. Holm's correction is over the pairs. Places are in the
    order of the mean ranks (`ranks.rank_ranges`), against which no pair differs.
    """
    if any(len(row.values) < LEAST for block in blocks for row in block.rows):
        return None
    losses, ranks = np.stack([block.losses for block in blocks]), duels(blocks).mean_ranks
    first, second = np.triu_indices(len(ranks), 1)
    p = np.stack([pairwise_p(estimates(block.rows), first, second, block.scale) for block in blocks])
    scores = np.sign(losses[:, first] - losses[:, second]) * laws.normal_score(np.maximum(p, SMALLEST_P) / 2)
    together = scores.sum(0) / math.sqrt(len(blocks))
    can_tell = together * (ranks[first] - ranks[second]) > 0
    adjusted = np.array(holm(np.where(can_tell, 2 * laws.normal_tail(np.abs(together)), 1.0).tolist()))
    differ = np.zeros((len(ranks), len(ranks)), dtype=np.bool_)
    differ[first, second] = differ[second, first] = adjusted <= alpha
    low, high = rank_ranges(ranks, differ)
    return [Rank(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def rank_table(losses: Array) -> Array:
    """Ranks from 1 within each block: (blocks, rows) -> (blocks, rows); equal rows share the mean of their ranks."""
    return laws.mean_ranks(_merged(losses))


def _merged(losses: Array) -> Array:
    """Losses in which values that differ by rounding alone are one."""
    order = np.argsort(losses, axis=-1)
    sorted_ = np.take_along_axis(np.asarray(losses, dtype=np.float64), order, -1)
    size = np.abs(sorted_)
    starts = np.ones(sorted_.shape, dtype=np.bool_)
    starts[..., 1:] = np.diff(sorted_, axis=-1) > ROUNDING * np.maximum(size[..., 1:], size[..., :-1])
    firsts = np.maximum.accumulate(np.where(starts, np.arange(sorted_.shape[-1]), 0), axis=-1)
    merged = np.empty_like(sorted_)
    np.put_along_axis(merged, order, np.take_along_axis(sorted_, firsts, -1), -1)
    return merged


def interquartile_mean(values: Sequence[float]) -> float:
    """The mean without the lowest and the highest quarter (`scipy.stats.trim_mean`, rounded down as there)."""
    return float(laws.trimmed_mean(np.asarray(values, dtype=np.float64), 0.25))


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
    error = float(laws.trimmed_mean(drawn, 0.25).std(ddof=1))
    kept = 1 - 2 * (drawn.shape[1] // 4) / drawn.shape[1]
    degrees = kept * sum(len(x) - 1 for x in parts)
    half = float(laws.t_quantile((1 + level) / 2, degrees)) * error
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
    from scipy import stats  # its import takes longer than a leaderboard

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
    """How far two metrics order the rows alike: Kendall's τ-b in [−1, 1], with its interval over rows. `tied`: the
    share of pairs of rows, 0 to 1, that the metric with more ties does not order."""

    tau: float
    interval: Interval
    rows: int
    tied: float = 0.0


LEAST_ROWS = 5
"""Rows that an order needs so that two of them can be compared at all."""


def agreement(a: Array, b: Array, *, level: float = 0.95) -> Agreement | None:
    """Kendall's τ-b between losses (blocks, rows) of two metrics, the mean over blocks; None under 5 rows, or where a
    metric has all rows equal in a block.

    The interval is of other rows of this kind: atanh τ has the variance 0.437 / (rows − 4) (Fieller, Hartley & Pearson
    1957, Biometrika 44:470), and τ = 1 is taken one exchange of neighbours inside, so that six rows in one order are
    not certain, as they are by a bootstrap of rows. More datasets with the same rows do not make it narrower. It
    holds 95 % up to τ = 0.5 and down to 87 % above 0.7.
    """
    rows = a.shape[-1]
    if rows < LEAST_ROWS:
        return None
    signs = [np.sign(m[:, :, None] - m[:, None, :]) for m in (_merged(a), _merged(b))]
    pairs = [np.abs(m).sum((1, 2)) for m in signs]
    if not all(counted.all() for counted in pairs):
        return None
    tau = float(((signs[0] * signs[1]).sum((1, 2)) / np.sqrt(pairs[0] * pairs[1])).mean())
    inside = 1 - 4 / (rows * (rows - 1))
    half = laws.normal_quantile((1 + level) / 2) * math.sqrt(0.437 / (rows - 4))
    middle = math.atanh(min(max(tau, -inside), inside))
    low = -1.0 if tau <= -inside else math.tanh(middle - half)
    high = 1.0 if tau >= inside else math.tanh(middle + half)
    tied = 1 - float(min(counted.mean() for counted in pairs)) / (rows * (rows - 1))
    return Agreement(tau, Interval(low, high, "Fieller"), rows, tied)
