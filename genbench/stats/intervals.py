"""Intervals of a mean over seeds (training variance): Student's t for few values, the BCa bootstrap for many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from genbench.stats import laws

LEAST = 3
"""Fewer values than this have no interval: a spread seen once or twice says nothing of the spread."""

MOST_T = 30
"""Up to so many values the t interval is used, beyond it the bootstrap."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval [low, high] of a mean; `method` names how it was found."""

    low: float
    high: float
    method: str

    @property
    def half(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2


def mean_interval(values: Sequence[float], *, level: float = 0.95, seed: int = 0) -> Interval | None:
    """The interval of the mean of independent values, None for fewer than 3.

    Student's t up to 30 values, BCa with 9,999 resamples beyond. A constant sample has an interval of width 0.
    """
    if len(values) < LEAST:
        return None
    if len(values) <= MOST_T or np.ptp(values) == 0:
        return t_interval(values, level=level)
    return bca_interval(values, level=level, seed=seed)


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and variance (n − 1 below) of n >= 2 values; `statistics` takes exact fractions and ten times as long."""
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def t_interval(values: Sequence[float], *, level: float = 0.95) -> Interval:
    """mean ± t_{n−1} s/√n for n >= 2 values (half-width 2.7764 s/√5 for n = 5 at 95 %)."""
    n = len(values)
    if n < 2:
        raise ValueError(f"an interval needs at least 2 values, got {n}")
    mean, variance = moments(values)
    half = t_quantile((1 + level) / 2, n - 1) * math.sqrt(variance / n)
    return Interval(mean - half, mean + half, "t")


@cache
def t_quantile(share: float, degrees: int) -> float:
    """The quantile of Student's t, asked of scipy once: a leaderboard has thousands of intervals over few sizes."""
    return float(laws.t_quantile(share, degrees))


def bca_interval(values: Sequence[float], *, level: float = 0.95, resamples: int = 9_999, seed: int = 0) -> Interval:
    """The bias-corrected and accelerated bootstrap interval of the mean (Efron 1987), by `scipy.stats.bootstrap`."""
    from scipy import stats  # its import takes longer than a leaderboard

    x = np.asarray(values, dtype=np.float64)
    found = stats.bootstrap(
        (x,), np.mean, n_resamples=resamples, confidence_level=level, method="BCa", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Interval(float(found.low), float(found.high), "BCa bootstrap")
