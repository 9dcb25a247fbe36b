"""Feature likelihood divergence: Jiralerspong et al. 2023, arXiv 2302.04440."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_STEPS = 30  # of expectation-maximisation, which only ever raises the likelihood
_LEAST_VARIANCE = 1e-4  # in standardised units: a copied training point would take its Gaussian to 0
POINTS = 2_000
"""At most this many points of each set are used: every step looks at all pairs."""


def feature_likelihood_divergence(r: Tensor, g: Tensor, t: Tensor, generator: torch.Generator) -> float:
    """100 × (NLL a dimension of R under Gaussians on G − the same under Gaussians on half of T); ↓, about 0 for truth.

    Each Gaussian has a variance of its own, fitted to T by maximum likelihood; features are standardised by R; both
    mixtures have equally many centres, and those on T are fitted to its other half.
    """
    mean, scale = r.double().mean(0), r.double().std(0).clamp(min=1e-12)
    r, g, t = ((some(x, POINTS, generator).double() - mean) / scale for x in (r, g, t))
    size = min(len(g), len(t) // 2)
    centres = t[len(t) // 2 :][:size]
    rest = t[: len(t) // 2]
    return 100 * (mixture_nll(r, g[:size], rest) - mixture_nll(r, centres, rest)) / r.shape[1]


def some(x: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Rows in a seeded order, at most `count`."""
    return x[torch.randperm(len(x), generator=generator)[:count].to(x.device)]


def mixture_nll(x: Tensor, centres: Tensor, fit: Tensor) -> float:
    """−mean log (1/m Σ_j N(x; c_j, σ_j² I)), nats, with σ_j² fitted to `fit` by maximum likelihood."""
    d = x.shape[1]
    distance2 = torch.cdist(fit, centres).square()
    variance = (distance2.mean() / d).clamp(min=_LEAST_VARIANCE).expand(len(centres)).clone()
    for _ in range(_STEPS):
        weight = _log_terms(distance2, variance, d).softmax(1)
        variance = ((weight * distance2).sum(0) / (d * weight.sum(0)).clamp(min=1e-300)).clamp(min=_LEAST_VARIANCE)
    terms = _log_terms(torch.cdist(x, centres).square(), variance, d)
    return -float(terms.logsumexp(1).mean() - math.log(len(centres)))


def _log_terms(distance2: Tensor, variance: Tensor, d: int) -> Tensor:
    return -0.5 * (distance2 / variance + d * (variance.log() + math.log(2 * math.pi)))
