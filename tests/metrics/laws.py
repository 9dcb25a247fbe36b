"""Known laws for the tests: a ring of normals, a normal on the line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Mixture:
    """Equal normals around `modes`."""

    modes: Tensor
    mode_sigma: float

    @property
    def mode_weights(self) -> Tensor:
        return torch.full((len(self.modes),), 1 / len(self.modes))

    @property
    def entropy(self) -> float:
        return math.log(len(self.modes)) + 1 + math.log(2 * math.pi) + 2 * math.log(self.mode_sigma)

    def log_prob(self, x: Tensor) -> Tensor:
        far = torch.cdist(x.double(), self.modes.double()).square() / (2 * self.mode_sigma**2)
        return torch.logsumexp(-far, 1) - math.log(len(self.modes)) - math.log(2 * math.pi * self.mode_sigma**2)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        at = torch.randint(len(self.modes), (n,), generator=generator)
        return self.modes[at] + self.mode_sigma * torch.randn(n, 2, generator=generator)


def ring8() -> Mixture:
    """Eight modes on a circle of radius 2, σ 0.02."""
    angle = torch.arange(8) * math.pi / 4
    return Mixture(2 * torch.stack([angle.cos(), angle.sin()], 1), 0.02)


@dataclass(frozen=True)
class Normal:
    """N(mean, 1) on the line."""

    mean: float
    modes: None = None
    mode_weights: None = None
    mode_sigma: None = None
    entropy: float = 0.5 * math.log(2 * math.pi * math.e)

    def log_prob(self, x: Tensor) -> Tensor:
        return -0.5 * (x[:, 0].double() - self.mean) ** 2 - 0.5 * math.log(2 * math.pi)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.mean + torch.randn(n, 1, generator=generator)
