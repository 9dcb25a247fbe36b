"""How a measure gives its number: alone, as a mean of terms, as a share of hits; each with its interval."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from genbench.core.values import Kind, Value
from genbench.metrics.intervals import Interval, from_error, mean_error, wilson
from genbench.metrics.two_sample import Hits

Details = Mapping[str, float | int | str]


def value(
    number: float,
    interval: Interval | None = None,
    *,
    kind: Kind = Kind.EXACT,
    reason: str | None = None,
    details: Details | None = None,
) -> Value:
    """A value with its interval and what belongs to its record."""
    low, high = interval or (None, None)
    return Value(value=number, ci_low=low, ci_high=high, kind=kind, reason=reason, details=details or {})


def mean_value(
    terms: Tensor,
    *,
    low: float = 0.0,
    high: float = 1.0,
    reason: str | None = None,
    details: Details | None = None,
) -> Value:
    """The mean of per-point terms with the interval that their spread gives.

    Terms that are all 0 or all 1 have no spread, yet their share is not known for sure: there the interval is Wilson's.
    """
    mean = float(terms.mean())
    if high == 1.0 and mean in (0.0, 1.0):
        return value(mean, wilson(int(mean) * len(terms), len(terms)), reason=reason, details=details)
    interval = from_error(mean, mean_error(terms), low=low, high=high) if len(terms) > 1 else None
    return value(mean, interval, reason=reason, details=details)


def share_value(hits: Hits, *, kind: Kind = Kind.EXACT, details: Details | None = None) -> Value:
    """A share of right answers with Wilson's interval."""
    share = hits.right / hits.of
    low, high = wilson(hits.right, hits.of)
    return value(share, (min(low, share), max(high, share)), kind=kind, details=details)
