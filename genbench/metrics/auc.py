"""Area under the ROC curve as a rank statistic, DeLong's standard error (1988), and an interval good near 0 and 1.

On the scale of the logit DeLong's interval covers near the ends too. Where only a few points are misplaced its variance
is hardly known, and is 0 where none is: there Newcombe's score interval (2006, method 5) is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy.optimize import brentq
from torch import Tensor

from genbench.metrics.intervals import Z95, Interval, from_logit, hull

FEW = 10
"""Fewer misplaced points than so many, on either side, leave DeLong's variance unknown."""


def placements(x: Tensor, y: Tensor) -> Tensor:
    """For each x the share of y below it, ties half: (n,), (m,) -> (n,) float64."""
    ordered = y.contiguous().sort().values
    below = torch.searchsorted(ordered, x.contiguous(), right=False).double()
    return 0.5 * (below + torch.searchsorted(ordered, x.contiguous(), right=True).double()) / len(y)


@dataclass(frozen=True, slots=True)
class Placed:
    """Two sets by how they lie to each other: `placements` of x among y (n,) and of y among x (m,)."""

    up: Tensor
    down: Tensor

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> Placed:
        """From the values: (n,) and (m,)."""
        return cls(placements(x, y), placements(y, x))

    @property
    def area(self) -> float:
        """`auc` of x and y."""
        return float(self.up.mean())

    @property
    def error(self) -> float:
        """DeLong's standard error of the area; needs two of each."""
        return math.sqrt(sum(float(side.var()) / len(side) for side in (self.up, self.down)))

    @property
    def misplaced(self) -> int:
        """How many of x and of y, whichever are fewer, are on the wrong side of some point of the other set.

        The wrong side is the rarer one: below for an area of ½ or more, above for a smaller one.
        """
        wrong = (self.up < 1, self.down > 0) if self.area >= 0.5 else (self.up > 0, self.down < 1)
        return min(int(side.sum()) for side in wrong)

    @property
    def interval(self) -> Interval:
        """95 % over both sets; needs two of each. Covers 94 to 97 %, up to 99 % where few points are misplaced."""
        area = self.area
        score = newcombe(area, len(self.up), len(self.down))
        by_logit = from_logit(area, self.error)
        if by_logit is None:
            return score
        return hull(by_logit, score) if self.misplaced < FEW else by_logit


def auc(x: Tensor, y: Tensor) -> float:
    """P(x > y) + ½ P(x = y) over all pairs; [0, 1]."""
    return float(placements(x, y).mean())


def auc_interval(x: Tensor, y: Tensor) -> Interval:
    """The interval of `auc` from the values; see `Placed.interval`."""
    return Placed.of(x, y).interval


def newcombe(area: float, n: int, m: int) -> Interval:
    """Newcombe's method 5: the areas θ with |θ − area| ≤ 1.96 √v(θ), v the variance of Hanley & McNeil (1982).

    v(θ) = θ (1 − θ) [1 + (N − 1) ((1 − θ)/(2 − θ) + θ/(1 + θ))] / nm with N = (n + m)/2.
    """
    more = (n + m) / 2 - 1

    def beyond(theta: float) -> float:
        spread = theta * (1 - theta) * (1 + more * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (n * m)
        return (theta - area) ** 2 - Z95**2 * spread

    low = 0.0 if area <= 0 else float(brentq(beyond, 0.0, area)) if area < 1 else _root_below_one(beyond)
    high = (
        1.0
        if area >= 1
        else float(brentq(beyond, area, 1.0))
        if area > 0
        else 1 - _root_below_one(lambda theta: beyond(1 - theta))
    )
    return low, high


def _root_below_one(beyond: Callable[[float], float]) -> float:
    """The root below that at 1 itself."""
    return float(brentq(beyond, 0.0, 1 - 1e-12))
