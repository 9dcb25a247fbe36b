"""Toys that are Gaussian mixtures: two bumps on a line, grades of a class, eight modes on a ring, twenty-five on a
grid. Density is exact."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from genbench.data.toys import Toy, as_dataset, unit
from genbench.protocols.dataset import Dataset


class Mixture:
    """Round Gaussians of one width: `modes` (K, D), `mode_weights` (K,), `mode_sigma`. Meets `Density`.

    `mark`: a value on the line of which a reader asks what the law says of it.
    """

    def __init__(self, modes: Tensor, weights: Tensor, sigma: float, *, mark: float | None = None) -> None:
        self.modes: Tensor | None = modes.double()
        self.mode_weights: Tensor | None = weights.double()
        self.mode_sigma: float | None = sigma
        self.mark = mark
        self._centres, self._weights, self._sigma = modes.double(), weights.double(), sigma
        self.entropy = self._entropy()

    def log_prob(self, x: Tensor) -> Tensor:
        """(N, D) -> (N,) nats, float64."""
        centres = self._centres.to(x.device)
        squares = (x.double().unsqueeze(1) - centres).square().sum(-1)
        d = centres.shape[1]
        each = -squares / (2 * self._sigma**2) - d * math.log(self._sigma) - d / 2 * math.log(2 * math.pi)
        return torch.logsumexp(each + self._weights.to(x.device).log(), dim=1)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, D) float32."""
        return self.labelled(n, generator=generator)[0].float()

    def labelled(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws (n, D) float64 and the mode that each came from (n,)."""
        device = generator.device
        edges = self._weights.cumsum(0)[:-1].to(device)
        y = torch.searchsorted(edges, unit((n,), generator), right=True)
        noise = torch.randn((n, self._centres.shape[1]), generator=generator, device=device, dtype=torch.float64)
        return self._centres.to(device)[y] + self._sigma * noise, y

    def _entropy(self) -> float:
        """Nats, by Gauss-Hermite quadrature about each mode: right to rounding for modes that overlap a little, too."""
        d = self._centres.shape[1]
        nodes, weights = (torch.from_numpy(a) for a in np.polynomial.hermite_e.hermegauss(32))
        points = torch.cartesian_prod(*[nodes] * d).reshape(-1, d)
        mass = torch.cartesian_prod(*[weights / weights.sum()] * d).reshape(-1, d).prod(1)
        each = [(mass * self.log_prob(centre + self._sigma * points)).sum() for centre in self._centres]
        return -float((self._weights * torch.stack(each)).sum())


def two_bumps(*, root: str | None = None) -> Dataset:
    """1-D: weight 0.3 at −2, weight 0.7 at 1.5, σ 0.5."""
    law = Mixture(torch.tensor([[-2.0], [1.5]]), torch.tensor([0.3, 0.7], dtype=torch.float64), 0.5)
    return as_dataset(Toy("two-bumps", "Two bumps on a line", law, classes=("left", "right")))


def grades(*, root: str | None = None) -> Dataset:
    """One number each: the grades of a class of two kinds, weight 0.4 at 4.5, weight 0.6 at 8.2, σ 0.6; marked: 8.8."""
    weights = torch.tensor([0.4, 0.6], dtype=torch.float64)
    law = Mixture(torch.tensor([[4.5], [8.2]], dtype=torch.float64), weights, 0.6, mark=8.8)
    return as_dataset(Toy("grades", "Grades of a class", law, classes=("low", "high")))


def ring8(*, root: str | None = None) -> Dataset:
    """Eight modes on a circle of radius 2, σ 0.02, equal weights."""
    angle = torch.arange(8, dtype=torch.float64) * (math.pi / 4)
    modes = 2 * torch.stack([angle.cos(), angle.sin()], 1)
    law = Mixture(modes, torch.full((8,), 1 / 8, dtype=torch.float64), 0.02)
    return as_dataset(Toy("ring8", "Eight Gaussians on a ring", law, classes=tuple("01234567")))


def grid25(*, root: str | None = None) -> Dataset:
    """Twenty-five modes at (−4, −2, 0, 2, 4)², σ 0.05, equal weights."""
    line = torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0], dtype=torch.float64)
    law = Mixture(torch.cartesian_prod(line, line), torch.full((25,), 1 / 25, dtype=torch.float64), 0.05)
    return as_dataset(Toy("grid25", "Twenty-five Gaussians on a grid", law, classes=tuple(map(str, range(25)))))
