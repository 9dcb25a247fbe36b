"""Paired comparisons over seeds: the paired t test, Wilcoxon's where it can reject at all, Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genbench.stats.intervals import LEAST, Interval, mean_interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """b − a over pairs: the mean difference, its 95 % interval, the two-sided p and how it was found.

    `interval` and `p` are None for fewer than 3 pairs.
    """

    difference: float
    interval: Interval | None
    p: float | None
    n: int
    method: str


def compare_paired(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """The paired t test of b against a (same seeds, same order); it assumes that differences are about normal.

    Differences without any spread (deterministic rows) decide by themselves: p is 1 where they are 0, else 0.
    """
    d = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    mean = float(d.mean())
    if len(d) < LEAST:
        return Comparison(mean, None, None, len(d), "fewer than 3 pairs")
    return Comparison(mean, mean_interval(d.tolist()), paired_t(d.tolist()), len(d), "paired t")


def paired_t(differences: Sequence[float]) -> float:
    """Two-sided p of Student's t for the hypothesis that the mean difference is 0."""
    return float(paired_p(np.asarray(differences, dtype=np.float64)[None])[0])


def paired_p(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """`paired_t` of each row: (tests, pairs) -> (tests,)."""
    n = differences.shape[1]
    if n < 2:
        raise ValueError(f"a paired test needs at least 2 pairs, got {n}")
    mean, spread = differences.mean(1), differences.std(1, ddof=1)
    steady = spread <= 1e-12 * np.abs(differences).max(1)
    t = np.abs(mean) / (np.where(steady, 1.0, spread) / math.sqrt(n))
    p: NDArray[np.float64] = np.where(steady, np.where(mean != 0, 0.0, 1.0), 2 * stats.t.sf(t, n - 1))
    return p


def smallest_wilcoxon_p(n: int) -> float:
    """The smallest two-sided p that Wilcoxon's signed-rank test can give for n pairs without ties: 2^(1−n)."""
    return min(1.0, 2.0 ** (1 - n))


def wilcoxon(differences: Sequence[float], *, alpha: float = 0.05) -> float | None:
    """Two-sided p of Wilcoxon's signed-rank test; None where so few pairs can never reach `alpha` (n = 5: 0.0625)."""
    d = np.asarray(differences, dtype=np.float64)
    d = d[d != 0]
    if smallest_wilcoxon_p(len(d)) > alpha:
        return None
    return float(stats.wilcoxon(d).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values, in the order given: reject those at most alpha (family-wise error alpha).

    Holm 1979; checked against a table worked by hand.
    """
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted = [0.0] * len(p)
    highest = 0.0
    for step, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - step) * p[i]))
        adjusted[i] = highest
    return adjusted
