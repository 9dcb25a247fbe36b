"""What a number of genbench carries: its value, interval, sizes, kind and status. No torch here: reports read this.

A number that does not exist has a status and a reason, never a stand-in (NaN, inf, 0 or 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from genbench.core.errors import Unavailable
from genbench.core.text import safe_text

TIMER = "timer."
"""What the names of a timing's statistics begin with among a value's details: seconds, in pytest-benchmark's words."""

DRAWS = "draws"
"""In a value's details: what is wrong with how the samples were drawn that it is a value of."""


class Direction(StrEnum):
    """Which way is better; `NEAREST` means nearest to the metric's `best`."""

    LOWER = "lower"
    HIGHER = "higher"
    NEAREST = "nearest"


class Kind(StrEnum):
    """What a value is: `exact` given the samples, a guaranteed `bound`, or an `estimate` (neither)."""

    EXACT = "exact"
    BOUND = "bound"
    ESTIMATE = "estimate"


class Status(StrEnum):
    """How a measurement ended; every status but `ok` comes with a reason and without a value."""

    OK = "ok"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    DIVERGED = "diverged"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One measured number, or the reason why there is none.

    `ci_low`, `ci_high`: a 95 % interval over *samples* of one fitted model (never over seeds). `n`: reference points,
    `m`: generated points. `reason`: with status `ok`, a remark such as why there is no interval. `details`: further
    numbers and settings that belong to the record (k, block sizes, the bias floor, ...). `retry`: it is missing for a
    reason that may pass (a package, a file), so that a later run tries again.
    """

    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int | None = None
    m: int | None = None
    kind: Kind = Kind.EXACT
    status: Status = Status.OK
    reason: str | None = None
    details: Mapping[str, float | int | str] = field(default_factory=dict)
    retry: bool = False

    def __post_init__(self) -> None:
        if (self.status is Status.OK) != (self.value is not None):
            raise ValueError(f"a value is given exactly when the status is ok, got {self.value!r} with {self.status}")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"status {self.status} needs a reason")
        if self.reason is not None:
            object.__setattr__(self, "reason", safe_text(self.reason))
        if any(x is not None and not math.isfinite(x) for x in (self.value, self.ci_low, self.ci_high)):
            raise ValueError(f"values are finite, got {self.value!r} in [{self.ci_low!r}, {self.ci_high!r}]")

    @classmethod
    def missing(cls, status: Status, reason: str, *, n: int | None = None, m: int | None = None) -> Value:
        """A measurement that has no number, with the sentence that says why."""
        return cls(value=None, status=status, reason=reason, n=n, m=m)

    @classmethod
    def unsupported(cls, reason: str | Exception, *, n: int | None = None, m: int | None = None) -> Value:
        """The common case of `missing`: this cannot be measured; an `Unavailable` reason may pass."""
        retry = isinstance(reason, Unavailable)
        return cls(value=None, status=Status.UNSUPPORTED, reason=safe_text(reason), n=n, m=m, retry=retry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value with what it is a value of: one row of the tidy table, less the job's own columns.

    `target` says what it is about where a metric has several (an outlier set, a class, a label count). `score` names
    the outlier score it judges, `encoder` (with its fingerprint) the features it stands on, `split` the real data it is
    compared with.
    """

    metric: str
    value: Value
    target: str = ""
    score: str = ""
    encoder: str = ""
    encoder_fingerprint: str = ""
    split: str = ""
    likelihood: str = ""
