"""Scales on which the error of a mean hardly depends on the mean: log for distances and times, logit for shares, asinh
for estimates of distances that may fall below 0.

A mean is tested on its scale by the delta method: g(mean) has the error |g'(mean)| · error of the mean.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Scale(StrEnum):
    """The scale of a test: `identity`, `log` (means in [0, inf)), `logit` (means in [0, 1]) or `asinh` (means anywhere,
    their errors in proportion to them where they are far from 0)."""

    IDENTITY = "identity"
    LOG = "log"
    LOGIT = "logit"
    ASINH = "asinh"


SMALLEST = 1e-12
"""A mean at the end of its range is taken this far inside where not even an error keeps it away from there."""

MOST_RELATIVE = 0.1
"""The error in proportion to the mean that the unit of an asinh counts with at most."""


def to_scale(mean: Array, error: Array, scale: Scale) -> tuple[Array, Array]:
    """(g(mean), g'(mean)); a mean nearer to the end of its range than its error is taken one error inside.

    `error`: the standard error of the mean. A share of 1 on all seeds so has a finite logit, with an error of about 1.
    The last axis is the rows of a table, which share the unit of the asinh.
    """
    if scale is Scale.IDENTITY:
        return mean, np.ones_like(mean)
    if scale is Scale.ASINH:
        unit = asinh_unit(mean, error)
        return np.arcsinh(mean / unit), 1 / np.hypot(mean, unit)
    least = np.maximum(error, SMALLEST)
    if scale is Scale.LOG:
        inside = np.maximum(mean, least)
        return np.log(inside), 1 / inside
    least = np.minimum(least, 0.5)
    inside = np.clip(mean, least, 1 - least)
    return np.log(inside / (1 - inside)), 1 / (inside * (1 - inside))


def asinh_unit(mean: Array, error: Array) -> Array:
    """u of asinh(mean / u), (..., rows) -> (..., 1): where an error that is the same for all rows gives way to one in
    proportion to the mean, by the lower quartiles of both.

    With the variance e² + (c mean)², asinh(mean c / e) has the same variance everywhere (Bartlett 1947, The use of
    transformations, Biometrics 3:39). Ten errors at least: below that the slope at a mean that is all noise
    would say too small an error.
    """
    least = np.maximum(error, SMALLEST)
    plain, relative = (
        np.quantile(found, 0.25, axis=-1, keepdims=True) for found in (least, least / np.maximum(np.abs(mean), least))
    )
    unit: Array = plain / np.minimum(relative, MOST_RELATIVE)
    return unit
