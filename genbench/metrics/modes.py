"""Separate modes of a law: which one a sample belongs to, how many are covered, divergence from their weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.metrics.grid import kl
from genbench.protocols.dataset import Density

REACH = 3.0
"""A sample belongs to a mode within this many σ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """The `mode` of each sample (m,), the true `weights` (K,), and which samples are `good` (m,) if that is known."""

    mode: Tensor
    weights: Tensor
    good: Tensor | None = None


def nearest_modes(x: Tensor, density: Density) -> Modes:
    """For each sample (m, D) the nearest mode, good within 3 σ of it. Raises `Unsupported` for a law without modes."""
    if density.modes is None or density.mode_sigma is None or density.mode_weights is None:
        raise Unsupported("the law has no separate modes")
    distance, mode = torch.cdist(x.double(), density.modes.double()).min(1)
    return Modes(mode=mode, weights=density.mode_weights, good=distance <= REACH * density.mode_sigma)


def covered_modes(mode: Tensor, good: Tensor | None = None) -> int:
    """How many different modes have at least one (good) sample: (n,) mode numbers."""
    return len(torch.unique(mode if good is None else mode[good]))


def mode_kl(mode: Tensor, weights: Tensor) -> float:
    """KL(histogram of samples over modes ‖ true weights), nats; empty cells contribute 0. Null mean (K − 1)/2m; ↓."""
    shares = torch.bincount(mode, minlength=len(weights)).double() / len(mode)
    return max(0.0, kl(shares.log(), weights.double().log()))
