"""What is known of a row's mean: spread over seeds, sampling error and grid; and the strength that other rows lend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from genbench.stats.scales import Array, Scale, to_scale

ROUNDING = 2.0**-23
"""Values that differ by less, relatively, are the same: that is the step of single precision, in which rows in another
order or another GPU's sums round differently."""

SKEW = 6.0
"""What the variance on the log scale grows by, relative to itself (`Estimates.on`), chosen by `bench/ranking.py`."""

PRIOR_DEGREES = 1.5
"""What the spread of very many other rows is worth in degrees of freedom (`moderate`), chosen by `bench/ranking.py`."""

PRIOR_ROWS = 4
"""So few rows lend each other nothing: their quartile is one of them."""

PRIOR_QUANTILE = 0.75
"""Which of the rows' variances stands for them: the upper quartile, which one wild row among five does not reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table: `values`, one a seed; `error`, the sampling standard error of one fitted model (0: unknown);
    `grid`, the step between the values that the metric can take (0: none)."""

    values: Sequence[float]
    error: float = 0.0
    grid: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Means of rows and their errors: arrays of one shape, rows last (leading axes: tables).

    `mean`; `spread`: the variance of one seed's value, estimated with `degrees` degrees of freedom; `known`: the part
    of the mean's variance that more seeds do not lessen (sampling and grid, taken as known); `n`: seeds.
    """

    mean: Array
    spread: Array
    known: Array
    n: Array
    degrees: Array

    @property
    def variance(self) -> Array:
        """Of the mean: spread / n + known, never less than what is known."""
        return self.spread / self.n + self.known

    def on(self, scale: Scale) -> Estimates:
        """The same on a scale, by the delta method.

        On the scales of log and asinh a spread s² is taken as s² (1 + 6 s²): values that vary by a factor are skewed,
        and a sample that misses their tail has a mean and a spread that are both too small. Of 10 % it makes 10.3 %.
        """
        mean, slope = to_scale(self.mean, np.sqrt(self.variance), scale)
        spread = self.spread * slope**2
        skewed = 1 + SKEW * spread if scale in (Scale.LOG, Scale.ASINH) else 1.0
        return replace(self, mean=mean, spread=spread * skewed, known=self.known * slope**2)


def estimates(rows: Sequence[Row]) -> Estimates:
    """The estimates of rows with any number of seeds each; shape (rows,)."""
    if not all(row.values for row in rows):
        raise ValueError("a row needs at least one value: leave out rows without any")
    groups: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        groups.setdefault(len(row.values), []).append(i)
    parts = [_estimates_of([rows[i] for i in own]) for own in groups.values()]
    back = np.argsort([i for own in groups.values() for i in own], kind="stable")
    return Estimates(**{name: _joined([getattr(part, name) for part in parts])[back] for name in Estimates.__slots__})


def _estimates_of(rows: Sequence[Row]) -> Estimates:
    """Of rows with the same number of seeds, at once."""
    values, errors, grids = (np.array([getattr(row, name) for row in rows]) for name in ("values", "error", "grid"))
    return estimate(values, errors, grids)


def estimate(values: Array, error: Array, grid: Array) -> Estimates:
    """The estimates of `values` (..., rows, seeds) with sampling errors and grid steps that broadcast to (..., rows).

    A uniform error of rounding has the variance step² / 12. A spread that is rounding is none.
    """
    n = values.shape[-1]
    mean = values.mean(-1)
    spread = values.var(-1, ddof=1) if n > 1 else np.zeros_like(mean)
    is_rounding = np.ptp(values, -1) <= ROUNDING * np.abs(values).max(-1)
    known = np.broadcast_to(error**2 + grid**2 / 12, mean.shape)
    return Estimates(
        mean=mean,
        spread=np.where(is_rounding, 0.0, spread),
        known=known,
        n=np.full_like(mean, n),
        degrees=np.full_like(mean, n - 1),
    )


def moderate(found: Estimates) -> Estimates:
    """The estimates with variances that borrow strength from the other rows of the table.

    With s² of d degrees of freedom, s̃² = max(s², (d₀ Q + d s²) / (d₀ + d)) with d₀ + d degrees, where Q is the upper
    quartile of the rows' s² and d₀ = 1.5 (1 − 4 / rows): the moderated variance of Smyth (2004, Linear models and
    empirical Bayes methods, SAGMB 3:3) with a fixed prior, which never makes a variance smaller. Estimating the
    prior from the few rows of a leaderboard, or letting it shrink a wild row, makes too many false differences
    (`bench/ranking.py`); robust estimates of it (Phipson et al. 2016, Ann. Appl. Stat. 10:946) are made for thousands
    of rows.
    """
    prior = np.quantile(found.spread, PRIOR_QUANTILE, axis=-1, keepdims=True)
    worth = prior_degrees(found.mean.shape[-1])
    degrees = found.degrees + worth
    shared = (worth * prior + found.degrees * found.spread) / np.maximum(degrees, 1.0)
    return replace(found, spread=np.maximum(found.spread, shared), degrees=degrees)


def prior_degrees(rows: int) -> float:
    """1.5 (1 − 4 / rows), at least 0: what the other rows' spread is worth in degrees of freedom."""
    return max(0.0, PRIOR_DEGREES * (1 - PRIOR_ROWS / rows)) if rows else 0.0


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0)
