"""The declaration of a metric: name, direction, range, unit, least n, paper. No torch here: reports read this."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genbench.core.values import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """What is known of a metric before it is computed.

    `compute` is the `"module:function"` that computes it. `needs` says what the function is given: `features`, `pairs`
    (x and its reconstruction), `scores` (of ordinary and strange data), `samples`, `codes`, `density` or `cost`.
    `best` is the ideal value (required for `Direction.NEAREST`). `version` grows whenever values change.
    """

    name: str
    title: str
    summary: str
    group: str
    direction: Direction
    needs: str
    compute: str
    low: float = -math.inf
    high: float = math.inf
    best: float | None = None
    unit: str = ""
    least_n: int = 2
    paper: str = ""
    targets: tuple[str, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        if self.direction is Direction.NEAREST and self.best is None:
            raise ValueError(f"metric {self.name!r} is best nearest to a value: declare `best`")
