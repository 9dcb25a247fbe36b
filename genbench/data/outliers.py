"""Outlier sets: procedural ones for every kind of data, and files of strange images for those that have their size."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genbench import seeds
from genbench.protocols.dataset import DataSpec, Split

MOST = 2_000
"""Procedural sets hold as many examples as the reference, at most these."""


def procedural(spec: DataSpec, reference: Tensor, *parts: str | int) -> dict[str, Split]:
    """`uniform-noise`, and `flat-grey` for images; equal on every machine, as they depend on whole numbers only."""
    n = min(len(reference), MOST)
    if not spec.is_image:
        return {"uniform-noise": Split(_box_noise(reference, n, *parts))}
    levels = _bytes((n, *spec.shape), "uniform-noise", *parts)
    greys = _bytes((n, *(1 for _ in spec.shape)), "flat-grey", *parts).expand(n, *spec.shape)
    return {"uniform-noise": Split(as_unit(levels)), "flat-grey": Split(as_unit(greys))}


def as_unit(levels: Tensor) -> Tensor:
    """Bytes -> float32 in [0, 1]."""
    return levels.to(torch.float32).div_(255)


def _bytes(shape: tuple[int, ...], *parts: str | int) -> Tensor:
    """Uniform uint8 from PCG64's raw words."""
    count = int(np.prod(shape))
    words = np.random.PCG64(seeds.derive("outliers", *parts)).random_raw((count + 7) // 8)
    return torch.from_numpy(words.astype("<u8").view(np.uint8)[:count].reshape(shape))


def _box_noise(reference: Tensor, n: int, *parts: str | int) -> Tensor:
    """Uniform in the box that holds the reference, a tenth wider on every side (a constant column: by one half)."""
    low, high = reference.double().amin(0), reference.double().amax(0)
    margin = torch.where(high > low, (high - low) / 10, torch.full_like(high, 0.5))
    words = np.random.PCG64(seeds.derive("outliers", "uniform-noise", *parts)).random_raw(n * low.numel())
    unit = torch.from_numpy((words >> np.uint64(11)).astype(np.float64) / 2**53).reshape(n, *low.shape)
    return (low - margin + unit * (high - low + 2 * margin)).float()
