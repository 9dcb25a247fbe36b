"""Inception score: Salimans et al. 2016; its caveats: Barratt & Sharma 2018."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.metrics.intervals import jackknife_error


@dataclass(frozen=True, slots=True)
class Score:
    """The score and its jackknife error."""

    value: float
    error: float


def inception_score(probabilities: Tensor) -> Score:
    """exp(mean_i KL(p(y|g_i) ‖ p̄(y))) of (m, C) class probabilities, one split; ↑ [1, C].

    It never looks at the real data: it ignores variety within a class and rewards confident nonsense.
    """
    p = probabilities.double()
    p = p / p.sum(1, keepdim=True)
    m = len(p)
    own = torch.special.xlogy(p, p).sum(1)
    mean = p.mean(0)
    value = math.exp(float(own.mean() - torch.special.xlogy(mean, mean).sum()))
    without = ((m * mean - p) / (m - 1)).clamp(min=0)
    left_out = ((own.sum() - own) / (m - 1) - torch.special.xlogy(without, without).sum(1)).exp()
    return Score(value, jackknife_error(left_out))
