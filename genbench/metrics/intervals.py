"""95 % intervals over samples of one fitted model: normal, jackknife, Wilson, logit, noncentral χ², bootstrap.

How often each metric's covers is in `docs/intervals.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from scipy import stats
from scipy.optimize import brentq
from torch import Tensor

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal."""

Interval = tuple[float, float]


def from_error(value: float, error: float, *, low: float = -math.inf, high: float = math.inf) -> Interval:
    """value ± 1.96 standard errors, cut at the metric's range."""
    return max(low, value - Z95 * error), min(high, value + Z95 * error)


def mean_error(terms: Tensor) -> float:
    """Standard error of the mean of two or more independent terms."""
    return float(terms.double().std(unbiased=True)) / math.sqrt(len(terms))


def jackknife_error(left_out: Tensor) -> float:
    """Standard error from the m leave-one-out values: √((m−1)/m Σ(θ₍ᵢ₎ − mean)²). Conservative for U-statistics."""
    m = len(left_out)
    return math.sqrt((m - 1) / m * float((left_out - left_out.mean()).square().sum()))


def wilson(hits: float, n: float) -> Interval:
    """Wilson's interval of a share: inside [0, 1], and not a point at 0 or 1."""
    share, z2 = hits / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def from_logit(value: float, error: float) -> Interval | None:
    """A share ± 1.96 standard errors on the scale of its logit, None where it is 0 or 1 or its error is."""
    if not (0 < value < 1 and error > 0):
        return None
    middle, half = math.log(value / (1 - value)), Z95 * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-min(max(end, -700.0), 700.0))) for end in (middle - half, middle + half))
    return low, high


def hull(one: Interval, other: Interval) -> Interval:
    """The shortest interval that holds both."""
    return min(one[0], other[0]), max(one[1], other[1])


def share_interval(value: float, error: float, *, of: int, few: bool) -> Interval:
    """Of a share whose standard error is known: by its logit, and Wilson's of `of` trials where that says too little
    (the share is 0 or 1, or rests on `few` events)."""
    by_logit, score = from_logit(value, error), wilson(value * of, of)
    return score if by_logit is None else hull(by_logit, score) if few else by_logit


def divergence_interval(value: float, m: int, cells: int) -> Interval:
    """Of a KL divergence of m samples' shares from those of `cells`: 2m × it has the noncentral χ² law with cells − 1
    degrees of freedom, so that its bias is known. Exact for small divergences, too wide for large ones."""
    seen, free = 2 * m * value, cells - 1
    if free < 1:
        return value, value

    def excess(share: float) -> Callable[[float], float]:
        return lambda noncentral: float(stats.ncx2.cdf(seen, free, noncentral)) - share

    most = seen + 10 * math.sqrt(2 * free + 4 * seen) + 50
    ends = []
    for share in (0.975, 0.025):
        is_null = float(stats.chi2.cdf(seen, free)) <= share
        ends.append(0.0 if is_null else float(brentq(excess(share), 1e-9, most)))
    return ends[0] / (2 * m), ends[1] / (2 * m)


def bootstrap(statistic: Callable[[Tensor], float], n: int, generator: torch.Generator, rounds: int = 200) -> Interval:
    """Percentile interval of `statistic(rows)` over resampled rows of n."""
    draws = [statistic(torch.randint(n, (n,), generator=generator)) for _ in range(rounds)]
    low, high = torch.quantile(torch.tensor(draws, dtype=torch.float64), torch.tensor([0.025, 0.975]).double())
    return float(low), float(high)
