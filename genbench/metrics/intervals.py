"""95 % intervals over samples of one fitted model, from per-sample terms: normal, jackknife, Wilson, bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal."""

Interval = tuple[float, float]


def from_error(value: float, error: float, *, low: float = -math.inf, high: float = math.inf) -> Interval:
    """value ± 1.96 standard errors, cut at the metric's range."""
    return max(low, value - Z95 * error), min(high, value + Z95 * error)


def mean_error(terms: Tensor) -> float:
    """Standard error of the mean of independent terms; 0 for a single one is refused as NaN by the caller's n."""
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


def bootstrap(statistic: Callable[[Tensor], float], n: int, generator: torch.Generator, rounds: int = 200) -> Interval:
    """Percentile interval of `statistic(rows)` over resampled rows of n."""
    draws = [statistic(torch.randint(n, (n,), generator=generator)) for _ in range(rounds)]
    low, high = torch.quantile(torch.tensor(draws, dtype=torch.float64), torch.tensor([0.025, 0.975]).double())
    return float(low), float(high)
