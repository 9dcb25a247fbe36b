"""When two points are the same one, and samples that repeat themselves."""

from __future__ import annotations

from torch import Tensor

from genbench.metrics.manifold import median

NEAR = 0.1
"""A copy or duplicate is nearer than this share of the median nearest-neighbour distance of real data."""


def duplicate_rate(own2: Tensor, real2: Tensor) -> Tensor:
    """Per sample: 1 where another is closer than 0.1 × the median nearest-neighbour distance within the reference.

    `own2` (m,), `real2` (n,): squared nearest-neighbour distances within each set. Mean ↓ [0, 1].
    """
    return (own2.sqrt() < same_place(real2)).double()


def same_place(real2: Tensor) -> float:
    """The distance under which two points are one: 0.1 × the median nearest-neighbour distance of real data, whose
    squares are `real2` (n,)."""
    return NEAR * float(median(real2.sqrt()))
