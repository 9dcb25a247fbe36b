"""Normal and Student's law, ranks and trimmed means as `scipy.stats` gives them, without its import, which takes longer
than a leaderboard: its laws ask `scipy.special`, and so does this."""

from __future__ import annotations

import numpy as np
from scipy import special

from genbench.stats.scales import Array


def normal_quantile(share: float) -> float:
    """The quantile of the standard normal."""
    return float(special.ndtri(share))


def normal_score(p: Array) -> Array:
    """z with the upper tail p."""
    found: Array = -special.ndtri(p)
    return found


def normal_tail(z: Array) -> Array:
    """P(Z > z) of the standard normal."""
    found: Array = special.ndtr(-z)
    return found


def t_quantile(share: float, degrees: float | Array) -> Array:
    """The quantile of Student's t, for each of the degrees of freedom."""
    found: Array = special.stdtrit(degrees, share)
    return found


def t_tail(t: Array, degrees: Array) -> Array:
    """P(T > t) of Student's t."""
    found: Array = special.stdtr(degrees, -t)
    return found


def mean_ranks(x: Array) -> Array:
    """Ranks from 1 along the last axis; equal values share the mean of their ranks (`scipy.stats.rankdata`)."""
    rows = x.reshape(-1, x.shape[-1])
    found = np.empty(rows.shape)
    for out, row in zip(found, rows, strict=True):
        ordered = np.sort(row)
        out[:] = (np.searchsorted(ordered, row, "left") + np.searchsorted(ordered, row, "right") + 1) / 2
    return found.reshape(x.shape)


def trimmed_mean(x: Array, share: float) -> Array:
    """The mean along the last axis without this share of the values at either end, rounded down
    (`scipy.stats.trim_mean`)."""
    n = x.shape[-1]
    cut = int(share * n)
    found: Array = np.partition(x, (cut, n - cut - 1), -1)[..., cut : n - cut].mean(-1)
    return found
