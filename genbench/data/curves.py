"""Toys that are curves with Gaussian noise about them: two moons, a spiral. The density is a line integral, computed by
Gauss-Legendre quadrature whose nodes lie much closer than the noise is wide: right to about 1e-9."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from genbench.data.toys import Toy, as_dataset, unit
from genbench.protocols.dataset import Dataset

Curve = Callable[[Tensor], Tensor]
"""Position u in [0, 1] (...) -> points (..., 2)."""

ROWS = 8192
"""Points whose density is computed at once."""


class NoisyCurves:
    """A point on one of several curves, at uniform u, plus round Gaussian noise of width `sigma`. Meets `Density`."""

    def __init__(self, curves: Sequence[Curve], sigma: float, nodes: int) -> None:
        self.modes: Tensor | None = None
        self.mode_weights: Tensor | None = None
        self.mode_sigma: float | None = None
        self._curves, self._sigma = tuple(curves), sigma
        u, weights = _legendre(nodes)
        self._centres = torch.cat([curve(u) for curve in curves])
        self._log_weights = torch.cat([weights] * len(curves)).div(len(curves)).log()
        self.entropy = self._entropy()

    def log_prob(self, x: Tensor) -> Tensor:
        """(N, 2) -> (N,) nats, float64."""
        centres, weights = self._centres.to(x.device), self._log_weights.to(x.device)
        return torch.cat([self._log_prob(part, centres, weights) for part in torch.split(x.double(), ROWS)])

    def _log_prob(self, x: Tensor, centres: Tensor, log_weights: Tensor) -> Tensor:
        inverse = 1 / self._sigma**2
        about = log_weights - centres.square().sum(1) * (inverse / 2)
        exponents = torch.addmm(about, x, centres.T, alpha=inverse)
        constant = x.square().sum(1) * (inverse / 2) + math.log(2 * math.pi * self._sigma**2)
        return torch.logsumexp(exponents, 1) - constant

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, 2) float32."""
        return self.labelled(n, generator=generator)[0].float()

    def labelled(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws (n, 2) float64 and the curve that each came from (n,)."""
        device = generator.device
        y = (unit((n,), generator) * len(self._curves)).long()
        u = unit((n,), generator)
        noise = torch.randn((n, 2), generator=generator, device=device, dtype=torch.float64)
        points = torch.stack([curve(u) for curve in self._curves])
        return points[y, torch.arange(n, device=device)] + self._sigma * noise, y

    def _entropy(self) -> float:
        """Nats, by quadrature along the curves and over the noise."""
        u, along = _legendre(64)
        nodes, across = (torch.from_numpy(a) for a in np.polynomial.hermite_e.hermegauss(16))
        noise = self._sigma * torch.cartesian_prod(nodes, nodes)
        mass = torch.cartesian_prod(across, across).prod(1)
        points = torch.stack([curve(u) for curve in self._curves]).unsqueeze(2) + noise
        each = self.log_prob(points.reshape(-1, 2)).reshape(len(self._curves), len(u), len(noise))
        return -float(torch.einsum("ktn,t,n->", each, along, mass / mass.sum())) / len(self._curves)


def two_moons(*, root: str | None = None) -> Dataset:
    """Two half circles of radius 1 that reach into each other, noise σ 0.1."""

    def upper(u: Tensor) -> Tensor:
        return torch.stack([(math.pi * u).cos(), (math.pi * u).sin()], -1)

    def lower(u: Tensor) -> Tensor:
        return torch.stack([1 - (math.pi * u).cos(), 0.5 - (math.pi * u).sin()], -1)

    law = NoisyCurves([upper, lower], 0.1, nodes=200)
    return as_dataset(Toy("two-moons", "Two moons", law, classes=("upper", "lower")))


def spiral(*, root: str | None = None) -> Dataset:
    """One arm of two turns out to radius 3, evenly along its length but for the middle, noise σ 0.08."""

    def arm(u: Tensor) -> Tensor:
        angle = 4 * math.pi * u.sqrt()
        return (3 * u.sqrt()).unsqueeze(-1) * torch.stack([angle.cos(), angle.sin()], -1)

    return as_dataset(Toy("spiral", "Spiral", NoisyCurves([arm], 0.08, nodes=800)))


def _legendre(nodes: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1] for u = t²: a curve that goes like √u at its start is smooth in t."""
    t, w = (torch.from_numpy(a) for a in np.polynomial.legendre.leggauss(nodes))
    t, w = (t + 1) / 2, w / 2
    return t.square(), 2 * t * w
