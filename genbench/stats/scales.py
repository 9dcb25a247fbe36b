"""Scales on which the error of a mean hardly depends on the mean: log for distances and times, logit for shares.

A mean is tested on its scale by the delta method: g(mean) has the error |g'(mean)| · error of the mean.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Scale(StrEnum):
    """The scale of a test: `identity`, `log` (means in [0, inf)) or `logit` (means in [0, 1])."""

    IDENTITY = "identity"
    LOG = "log"
    LOGIT = "logit"


SMALLEST = 1e-12
"""A mean at the end of its range is taken this far inside where not even an error keeps it away from there."""


def to_scale(mean: Array, error: Array, scale: Scale) -> tuple[Array, Array]:
    """(g(mean), g'(mean)); a mean nearer to the end of its range than its error is taken one error inside.

    `error`: the standard error of the mean. A share of 1 on all seeds so has a finite logit, with an error of about 1.
    """
    if scale is Scale.IDENTITY:
        return mean, np.ones_like(mean)
    least = np.maximum(error, SMALLEST)
    if scale is Scale.LOG:
        inside = np.maximum(mean, least)
        return np.log(inside), 1 / inside
    least = np.minimum(least, 0.5)
    inside = np.clip(mean, least, 1 - least)
    return np.log(inside / (1 - inside)), 1 / (inside * (1 - inside))
