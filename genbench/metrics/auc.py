"""Area under the ROC curve as a rank statistic, and DeLong's standard error (DeLong et al. 1988)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def placements(x: Tensor, y: Tensor) -> Tensor:
    """For each x the share of y below it, ties half: (n,), (m,) -> (n,) float64."""
    ordered = y.contiguous().sort().values
    below = torch.searchsorted(ordered, x.contiguous(), right=False).double()
    return 0.5 * (below + torch.searchsorted(ordered, x.contiguous(), right=True).double()) / len(y)


def auc(x: Tensor, y: Tensor) -> float:
    """P(x > y) + ½ P(x = y) over all pairs; [0, 1]."""
    return float(placements(x, y).mean())


def auc_error(x: Tensor, y: Tensor) -> float:
    """DeLong's standard error of `auc`; needs two of each."""
    return math.sqrt(float(placements(x, y).var()) / len(x) + float(placements(y, x).var()) / len(y))
