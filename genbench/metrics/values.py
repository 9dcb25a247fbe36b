"""How a measure gives its number: alone, as a mean of terms, as a share of hits; each with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics.intervals import Interval, from_error, mean_error, wilson
from genbench.metrics.two_sample import Hits

Details = Mapping[str, float | int | str]

MOST_CLASSES = 100
"""Of a metric that gives a value for each class."""


def value(
    number: float,
    interval: Interval | None = None,
    *,
    kind: Kind = Kind.EXACT,
    reason: str | None = None,
    details: Details | None = None,
) -> Value:
    """A value with its interval, which holds it whatever was rounded, and what belongs to its record.

    Raises `Unsupported` for a number that is none.
    """
    if not math.isfinite(number):
        raise Unsupported(f"it is {number} here, which is no number")
    low, high = interval or (None, None)
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return Value(value=number, kind=kind, reason=reason, details=details or {})
    low, high = min(low, number), max(high, number)
    return Value(value=number, ci_low=low, ci_high=high, kind=kind, reason=reason, details=details or {})


def mean_value(
    terms: Tensor,
    *,
    low: float = 0.0,
    high: float = 1.0,
    reason: str | None = None,
    details: Details | None = None,
) -> Value:
    """The mean of per-point terms with the interval that their spread gives; Wilson's where all are 0 or 1."""
    mean = float(terms.mean())
    if high == 1.0 and bool(((terms == 0) | (terms == 1)).all()):
        return value(mean, wilson(float(terms.sum()), len(terms)), reason=reason, details=details)
    interval = from_error(mean, mean_error(terms), low=low, high=high) if len(terms) > 1 else None
    return value(mean, interval, reason=reason, details=details)


def share_value(hits: Hits, *, kind: Kind = Kind.EXACT, details: Details | None = None) -> Value:
    """A share of right answers with Wilson's interval."""
    return value(hits.right / hits.of, wilson(hits.right, hits.of), kind=kind, details=details)


def class_values(labels: Tensor, of: Callable[[Tensor], Value]) -> dict[str, Value]:
    """`of` the rows of each class that is there (a mask), under the class's number, with how many there are.

    Raises `Unsupported` for more classes than anyone reads.
    """
    classes = torch.unique(labels).tolist()
    if len(classes) > MOST_CLASSES:
        raise Unsupported(f"a value for each class is for at most {MOST_CLASSES} classes, and there are {len(classes)}")
    masks = {str(label): labels == label for label in classes}
    return {name: replace(of(mask), n=int(mask.sum()), m=int(mask.sum())) for name, mask in masks.items()}
