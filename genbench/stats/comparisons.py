"""Comparisons of rows over seeds: Welch's test with moderated variances on a scale, Holm's correction.

Rows are not paired: seeds of different models share nothing but the data, and two runs with one seed draw other numbers
as soon as the code differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genbench.stats import laws
from genbench.stats.estimates import Estimates, Row, estimates, moderate
from genbench.stats.intervals import Interval
from genbench.stats.scales import Array, Scale

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Comparison:
    """b − a: the difference of the means, its 95 % interval (on the values' own scale) and the two-sided p of the test
    (on the scale asked for), not adjusted. `interval` is None where no variance is known at all."""

    difference: float
    interval: Interval | None
    p: float


def compare_pairs(
    pairs: Sequence[tuple[Row, Row]], scale: Scale = Scale.IDENTITY, *, level: float = 0.95
) -> list[Comparison]:
    """Each b against its a. All rows of the pairs are rows of one table, which lend each other strength."""
    rows = estimates([row for pair in pairs for row in pair])
    first, second = np.arange(0, 2 * len(pairs), 2), np.arange(1, 2 * len(pairs), 2)
    difference = rows.mean[second] - rows.mean[first]
    error, degrees = standard_errors(moderate(rows), first, second)
    half = laws.t_quantile((1 + level) / 2, degrees) * error
    p = pairwise_p(rows, first, second, scale)
    return [
        Comparison(float(d), Interval(float(d - h), float(d + h), "Welch, moderated") if h > 0 else None, float(one))
        for d, h, one in zip(difference, half, p, strict=True)
    ]


def compare(a: Row, b: Row, scale: Scale = Scale.IDENTITY) -> Comparison:
    """b against a, which alone lend each other strength."""
    return compare_pairs([(a, b)], scale)[0]


def pairwise_p(rows: Estimates, first: Index, second: Index, scale: Scale = Scale.IDENTITY) -> Array:
    """Two-sided p of Welch's test of rows `first` against rows `second`: (..., rows) -> (..., tests).

    t = |x̄ − ȳ| / √(s̃ₓ²/nₓ + s̃ᵧ²/nᵧ + what is known), on the scale, s̃² moderated, the degrees of freedom by Welch (1947)
    and Satterthwaite with those of what is known infinite. p is 1 where no variance is known at all, where the means
    are equal, and where the scale's end turns their order round.
    """
    scaled = moderate(rows.on(scale))
    error, degrees = standard_errors(scaled, first, second)
    gap = scaled.mean[..., first] - scaled.mean[..., second]
    can_tell = (error > 0) & (gap * (rows.mean[..., first] - rows.mean[..., second]) > 0)
    p: Array = 2 * laws.t_tail(np.abs(gap) / np.where(error > 0, error, 1.0), degrees)
    return np.where(can_tell, p, 1.0)


def standard_errors(rows: Estimates, first: Index, second: Index) -> tuple[Array, Array]:
    """(standard error of the difference of two means, its degrees of freedom)."""
    variance = rows.variance[..., first] + rows.variance[..., second]
    parts = (rows.spread / rows.n) ** 2 / np.maximum(rows.degrees, 1.0)
    doubt = parts[..., first] + parts[..., second]
    with np.errstate(over="ignore"):  # a spread that is next to nothing has next to infinite degrees
        degrees = np.where(doubt > 0, variance**2 / np.where(doubt > 0, doubt, 1.0), np.inf)
    return np.sqrt(variance), degrees


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values, in the order given: reject those at most alpha (family-wise error alpha).

    Holm 1979; checked against a table worked by hand.
    """
    raw = np.asarray(p, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.minimum(1.0, np.arange(len(raw), 0, -1) * raw[order])
    adjusted = np.empty_like(raw)
    adjusted[order] = np.maximum.accumulate(stepped)
    return [float(value) for value in adjusted]
