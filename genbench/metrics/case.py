"""What a feature metric may look at, and the ways to put its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics.classes import Readings
from genbench.metrics.intervals import Interval, from_error, mean_error, wilson
from genbench.metrics.pointset import Pair, PointSet
from genbench.metrics.two_sample import Hits

Answer = Mapping[str, Value]
Details = Mapping[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Case:
    """The pair (samples, reference), the training set with its own pair, readings, a generator."""

    pair: Pair
    train: PointSet | None
    train_pair: Pair | None
    readings: Readings
    generator: torch.Generator

    @property
    def real(self) -> PointSet:
        """The reference."""
        return self.pair.columns

    @property
    def fake(self) -> PointSet:
        """The samples."""
        return self.pair.rows

    def training(self) -> tuple[PointSet, Pair]:
        """The training set and (samples, training set). Raises `Unsupported` where none was given."""
        if self.train is None or self.train_pair is None:
            raise Unsupported("it compares with training features, and none were given")
        return self.train, self.train_pair


Measure = Callable[[Case], Value | Answer]


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
