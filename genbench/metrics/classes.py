"""Metrics that read classes: spread within a class, obedience to a condition, accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a ruler reads of both sets: labels `real` (n,), `generated` (m,), probabilities (m, C); for conditional
    models the classes `asked` (m,) and the ruler's `accuracy` on real data."""

    real: Tensor | None = None
    generated: Tensor | None = None
    probabilities: Tensor | None = None
    asked: Tensor | None = None
    accuracy: float | None = None


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """Share of right answers."""
    return float((predicted == labels).double().mean())


condition_accuracy = accuracy


def class_spread(x: Tensor, x_class: Tensor, g: Tensor, g_class: Tensor, least: int = 20) -> Tensor:
    """Mean pairwise distance within a class, generated over real, for classes with ≥ `least` of both: (c,).

    A class whose real examples are all the same is left out.
    """
    ratios = []
    for label in torch.unique(x_class).tolist():
        real, fake = x[x_class == label], g[g_class == label]
        spread = mean_distance(real) if min(len(real), len(fake)) >= least else 0.0
        if spread > 0:
            ratios.append(mean_distance(fake) / spread)
    return torch.tensor(ratios, dtype=torch.float64)


def mean_distance(x: Tensor) -> float:
    """Mean Euclidean distance over all pairs of rows."""
    return float(torch.pdist(x.double()).mean())
