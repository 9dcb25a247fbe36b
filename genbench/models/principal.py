"""Principal axes of data."""

from __future__ import annotations

import torch
from torch import Tensor


def principal_axes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Variances (D,) of x (N, D) along its principal axes, largest first and never negative, and the axes (D, D) as
    columns. One dimension has one axis."""
    covariance = torch.cov(x.T, correction=0).reshape(x.shape[1], -1)  # a number, where D is 1
    values, vectors = torch.linalg.eigh(covariance)
    return values.flip(0).clamp(min=0), vectors.flip(1)
