"""Slow, plain float64 answers and ways to make data, for the tests of the metrics."""

from __future__ import annotations

import torch
from scipy import linalg
from torch import Tensor

from genbench.core.values import Value
from genbench.metrics.catalogue import METRICS
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet

ON_FEATURES = [metric.name for metric in METRICS if metric.needs in ("features", "training-features", "probabilities")]


def gen(seed: int = 0) -> torch.Generator:
    """A seeded generator."""
    return torch.Generator().manual_seed(seed)


def normal(n: int, d: int, seed: int = 0) -> Tensor:
    """(n, d) float64 standard normal."""
    return torch.randn(n, d, generator=gen(seed), dtype=torch.float64)


def values(r: Tensor, g: Tensor, *metrics: str, train: Tensor | None = None, **options: int) -> dict[str, Value]:
    """What the panel says."""
    return feature_metrics(PointSet(r, **options), g, train=train, metrics=metrics, generator=gen())


def number(r: Tensor, g: Tensor, metric: str, *, train: Tensor | None = None) -> float:
    """One metric's number, which must exist."""
    value = values(r, g, metric, train=train)[metric].value
    assert value is not None
    return value


def frechet(r: Tensor, g: Tensor) -> float:
    """The textbook formula with a matrix square root, float64."""
    a, b = r.double().T.cov(), g.double().T.cov()
    root = linalg.sqrtm((a @ b).numpy())
    shift = (r.double().mean(0) - g.double().mean(0)).square().sum()
    return float(shift + a.trace() + b.trace()) - 2 * float(root.real.trace())


def kid(r: Tensor, g: Tensor) -> float:
    """The unbiased formula, pair by pair."""
    d = r.shape[1]
    k = lambda x, y: (x.double() @ y.double().T / d + 1) ** 3
    n, m = len(r), len(g)
    within = (k(r, r).sum() - k(r, r).trace()) / (n * (n - 1)) + (k(g, g).sum() - k(g, g).trace()) / (m * (m - 1))
    return float(within - 2 * k(r, g).mean())
