"""What an option may be when a model is tuned: a range or a few choices. Torch-free: cards hold these."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from genbench.core.errors import UsageError

DIGITS = 3
"""Significant digits of a drawn number: what is written down is what was tried."""


@dataclass(frozen=True, slots=True)
class Range:
    """Every number from `low` to `high`; equal ratios are equally likely, with `scale="linear"` equal distances."""

    low: float
    high: float
    scale: Literal["log", "linear"] = "log"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UsageError(f"a range goes from a number to a larger one; got {self.low!r} to {self.high!r}.")
        if self.scale not in ("log", "linear"):
            raise UsageError(f"the scale of a range is 'log' or 'linear'; got {self.scale!r}.")
        if self.scale == "log" and self.low <= 0:
            raise UsageError(f"a range on a log scale is above 0; got {self.low!r}: say scale='linear'.")

    def at(self, u: float) -> float:
        """The number below which the share u in [0, 1) of all draws lie, to three significant digits."""
        if self.scale == "log":
            x = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        else:
            x = self.low + u * (self.high - self.low)
        return self.rounded(x)

    def rounded(self, x: float) -> float:
        """x to three significant digits, not outside the range."""
        return min(max(float(f"{x:.{DIGITS}g}"), self.low), self.high)

    def holds(self, value: Any) -> bool:
        """Whether the value lies in the range."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}" + (" (log)" if self.scale == "log" else "")


@dataclass(frozen=True, slots=True, init=False)
class Choice:
    """One of these values, each as likely as the others."""

    values: tuple[int | float | str, ...]

    def __init__(self, *values: int | float | str) -> None:
        if len(set(values)) < 2 or len(set(values)) < len(values):
            raise UsageError(f"a choice is between two values or more, none twice; got {values!r}.")
        if not all(isinstance(value, int | float | str) for value in values):
            raise UsageError(f"a choice is between what a suite can say (numbers, words); got {values!r}.")
        object.__setattr__(self, "values", values)

    def at(self, u: float) -> int | float | str:
        """The value at the share u in [0, 1) of the list."""
        return self.values[int(u * len(self.values))]

    def holds(self, value: Any) -> bool:
        """Whether the value is one of them."""
        return value in self.values

    def __str__(self) -> str:
        return "{" + ", ".join(map(str, self.values)) + "}"


Domain = Range | Choice
