"""Toys with a closed density that are no mixtures of round Gaussians: a checkerboard, a pinwheel."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from genbench.data.toys import Toy, as_dataset, unit
from genbench.protocols.dataset import Dataset


class Checkerboard:
    """Uniform on the eight dark squares, of side 2, of the 4 × 4 board [−4, 4]². Meets `Density`."""

    entropy = math.log(32.0)

    def __init__(self) -> None:
        self.modes: Tensor | None = None
        self.mode_weights: Tensor | None = None
        self.mode_sigma: float | None = None

    def log_prob(self, x: Tensor) -> Tensor:
        """(N, 2) -> (N,) nats, float64: −ln 32 on the dark squares, −inf elsewhere, where the density is truly 0."""
        cell = ((x.double() + 4) / 2).floor()
        inside = ((cell >= 0) & (cell < 4)).all(1) & (cell.sum(1) % 2 == 0)
        return torch.where(inside, 0.0, -math.inf).double() - self.entropy

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, 2) float32."""
        return self.labelled(n, generator=generator)[0].float()

    def labelled(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws (n, 2) float64 and the dark square that each lies in (n,), in rows from below.

        Places within a square are multiples of 2⁻²⁰, which float32 holds exactly: rounding never leaves a square.
        """
        y = (unit((n,), generator) * 8).long()
        row = y // 2
        column = 2 * (y % 2) + row % 2
        within = (unit((n, 2), generator) * 2**20).floor() / 2**19
        return 2 * torch.stack([column, row], 1).double() - 4 + within, y


class Pinwheel:
    """Five Gaussian arms, wound up by an angle that depends on the radius alone. Meets `Density`.

    The winding keeps radii and areas, so the density is that of the arms at the unwound point, exactly. (The usual
    recipe winds by the coordinate along the arm, which is not invertible and has no closed density.)
    """

    def __init__(self, arms: int = 5, *, radius: float = 2.0, along: float = 0.5, across: float = 0.12) -> None:
        self.modes: Tensor | None = None
        self.mode_weights: Tensor | None = None
        self.mode_sigma: float | None = None
        self._arms, self._radius = arms, radius
        self._scale = torch.tensor([along, across], dtype=torch.float64)
        self.entropy = self._entropy()

    def log_prob(self, x: Tensor) -> Tensor:
        """(N, 2) -> (N,) nats, float64."""
        arms = torch.arange(self._arms, device=x.device, dtype=torch.float64)
        angles = 2 * math.pi / self._arms * arms.unsqueeze(0) + _winding(x.double()).unsqueeze(1)
        straight = _turned(x.double().unsqueeze(1).expand(-1, self._arms, -1), -angles)
        centre = torch.tensor([self._radius, 0.0], device=x.device, dtype=torch.float64)
        squares = ((straight - centre) / self._scale.to(x.device)).square().sum(-1)
        constant = math.log(2 * math.pi * self._arms) + float(self._scale.log().sum())
        return torch.logsumexp(-squares / 2, 1) - constant

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, 2) float32."""
        return self.labelled(n, generator=generator)[0].float()

    def labelled(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws (n, 2) float64 and their arms (n,)."""
        device = generator.device
        y = (unit((n,), generator) * self._arms).long()
        noise = torch.randn((n, 2), generator=generator, device=device, dtype=torch.float64)
        return self._wound(noise, y), y

    def _wound(self, noise: Tensor, y: Tensor) -> Tensor:
        straight = noise * self._scale.to(noise.device)
        straight[:, 0] += self._radius
        return _turned(straight, 2 * math.pi / self._arms * y.double() + _winding(straight))

    def _entropy(self) -> float:
        """Nats; every arm is like the first, so Gauss-Hermite quadrature over one is enough."""
        nodes, weights = (torch.from_numpy(a) for a in np.polynomial.hermite_e.hermegauss(64))
        mass = torch.cartesian_prod(weights, weights).prod(1)
        points = self._wound(torch.cartesian_prod(nodes, nodes), torch.zeros(len(mass), dtype=torch.int64))
        return -float((self.log_prob(points) * mass).sum() / mass.sum())


def _winding(x: Tensor) -> Tensor:
    """The angle by which a point is wound about the origin: a function of its radius."""
    radius: Tensor = torch.linalg.vector_norm(x, dim=-1)
    return 0.75 * radius


def _turned(x: Tensor, angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos * x[..., 0] - sin * x[..., 1], sin * x[..., 0] + cos * x[..., 1]], -1)


def checkerboard(*, root: str | None = None) -> Dataset:
    """Eight squares of a 4 × 4 board."""
    return as_dataset(Toy("checkerboard", "Checkerboard", Checkerboard(), classes=tuple("01234567")))


def pinwheel(*, root: str | None = None) -> Dataset:
    """Five arms, wound."""
    return as_dataset(Toy("pinwheel", "Pinwheel", Pinwheel(), classes=tuple("01234")))
