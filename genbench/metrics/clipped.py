"""Clipped density and coverage: linear in the share of good samples. Salvy et al. 2025, arXiv 2507.01761."""

from __future__ import annotations

import numpy as np
import torch
from scipy import special
from torch import Tensor

from genbench.metrics.manifold import Balls, Held, median
from genbench.metrics.neighbours import Neighbours
from genbench.metrics.points import Points, squared_distances
from genbench.metrics.sweep import sweep


def clipped_density(held: Held, self_balls: Tensor, k: int) -> float:
    """Mean of min(balls that hold a sample, k)/k, over the same for the reference against itself; ↑ [0, 1].

    `self_balls` (n,): clipped balls of the *other* reference points that hold each reference point.
    """
    own = float(self_balls.clamp(max=k).double().mean())
    return min(1.0, float(held.clipped_balls.clamp(max=k).double().mean()) / own)


def clipped_coverage(held: Held, k: int) -> float:
    """Mean of min(samples in a ball, k)/k, mapped through what a share of good samples would give; ↑ [0, 1]."""
    c = float(held.samples.clamp(max=k).double().mean()) / k
    n, m = len(held.samples), len(held.real_balls)
    expected = expected_coverage(n, m, k)
    return float((expected < c - 1e-12).sum()) / (m + 1)


def expected_coverage(n: int, m: int, k: int) -> np.ndarray:
    """f(a) = E min(J, k)/k, J ~ BetaBinomial(a, k, n − k), for a = 0 … m good samples among n real points.

    E min(J, k) = Σ_{t<k} P(J > t), each from the beta-binomial's weights.
    """
    a = np.arange(m + 1, dtype=np.float64)
    beta = special.betaln(k, n - k)
    below = np.zeros_like(a)
    total = np.zeros_like(a)
    for j in range(k):
        fits = a >= j
        choose = -np.log(np.where(fits, a, j) + 1) - special.betaln(np.where(fits, a, j) - j + 1, j + 1)
        below += np.where(fits, np.exp(choose + special.betaln(j + k, np.where(fits, a, j) - j + n - k) - beta), 0.0)
        total += 1 - below
    return total / k


def self_balls(points: Points, near: Neighbours) -> Tensor:
    """How many clipped balls (≤) of *other* points hold each point of one set: (n,).

    A ball holds its own k nearest, so the neighbour lists know all of it; where ties may reach beyond a list, all
    pairs are looked at.
    """
    clipped2 = near.kth2.clamp(max=float(median(near.kth2)))
    reach = 2 * points.rounding()
    value = -2 * near.candidates.double()
    unseen = value[:, -1] - reach * (points.half + points.half.max())
    if value.shape[1] < len(points) - 1 and bool((unseen <= clipped2).any()):
        return _counted(points, near.kth2)
    slack = reach * (points.half[:, None] + points.half[near.candidate_index])
    row, slot = ((value - clipped2[:, None]).abs() <= slack).nonzero().unbind(1)
    value[row, slot] = squared_distances(points.x, points.x, row, near.candidate_index[row, slot])
    return torch.bincount(near.candidate_index[value <= clipped2[:, None]], minlength=len(points))


def _counted(points: Points, radii2: Tensor) -> Tensor:
    """The same from all pairs, less each point's own ball."""
    twin = Points(points.x, points.centre, points.dtype)
    balls = Balls(points, twin, radii2, radii2)
    sweep(points, twin, [balls])
    return balls.held().clipped_balls - 1
