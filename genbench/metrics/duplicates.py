"""Samples that repeat themselves."""

from __future__ import annotations

from torch import Tensor

from genbench.metrics.manifold import median
from genbench.metrics.memorisation import NEAR


def duplicate_rate(own2: Tensor, real2: Tensor) -> Tensor:
    """Per sample: 1 where another is closer than 0.1 × the median nearest-neighbour distance within the reference.

    `own2` (m,), `real2` (n,): squared nearest-neighbour distances within each set. Mean ↓ [0, 1].
    """
    return (own2.sqrt() < NEAR * median(real2.sqrt())).double()
