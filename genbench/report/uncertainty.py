"""What of a number is tested: its losses over seeds, the error of its sample, its grid, and the scale for the test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from genbench.core.values import Direction
from genbench.report import glossary
from genbench.report.glossary import Sense
from genbench.stats.estimates import Row
from genbench.stats.scales import Scale

HALF_95 = 1.96
"""Standard errors in half a 95 % interval over samples."""

HALF_QUARTILES = 0.6745
"""Standard deviations in half the distance of the quartiles, which are the intervals of times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """How the numbers of one column are tested; `counts`: they are whole numbers."""

    metric: str
    evaluation: str
    sense: Sense
    counts: bool = False

    @property
    def is_share(self) -> bool:
        """Whether the metric lies in [0, 1]."""
        spec = glossary.metric(self.metric)
        return spec is not None and (spec.low, spec.high) == (0, 1)

    @property
    def is_timed(self) -> bool:
        """Whether the intervals are quartiles of times."""
        return glossary.evaluation(self.evaluation).timed

    @property
    def scale(self) -> Scale:
        """Logit for shares and AUROC, log for distances, errors, times and rates, asinh for estimates of distances that
        may fall below 0 (KID); else, and for distances to an ideal value, the values themselves."""
        spec = glossary.metric(self.metric)
        if spec is None or self.sense.direction is Direction.NEAREST:
            return Scale.IDENTITY
        if self.is_share:
            return Scale.LOGIT
        is_distance = self.sense.direction is Direction.LOWER or self.is_timed
        if not is_distance or spec.high != math.inf:
            return Scale.IDENTITY
        if spec.low == 0:
            return Scale.LOG
        return Scale.ASINH if spec.best == 0 else Scale.IDENTITY

    @property
    def is_higher_better(self) -> bool:
        """Whether a larger tested number is better; distances to an ideal value are losses."""
        return self.sense.direction is Direction.HIGHER

    def row(self, values: Sequence[float], sample: tuple[float, float] | None, sizes: Sequence[int | None]) -> Row:
        """One row: its values over seeds, its interval over samples, and the sizes n and m behind them."""
        n = min((size for size in sizes if size), default=None)
        error = 0.0 if sample is None else (sample[1] - sample[0]) / 2 / (HALF_QUARTILES if self.is_timed else HALF_95)
        if self.is_share and n and error <= 0:
            error = binomial_error(sum(values) / len(values), n)
        grid = 1.0 if self.counts else 1 / n if self.is_share and n else 0.0
        return Row(values=self.numbers(values), error=error, grid=grid)

    def numbers(self, values: Sequence[float]) -> list[float]:
        """The values, or their distances to the ideal value where the nearest is best."""
        if self.sense.direction is not Direction.NEAREST or self.sense.best is None:
            return list(values)
        return [abs(value - self.sense.best) for value in values]


def binomial_error(share: float, n: int) -> float:
    """√(p (1 − p) / n) of a share of n, half a hit and half a miss added (Jeffreys): it is not 0 at 0 or 1."""
    p = (min(max(share, 0.0), 1.0) * n + 0.5) / (n + 1)
    return math.sqrt(p * (1 - p) / n)
