"""`per-pixel-beta`: a Beta law for each pixel, fitted by its first two moments."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench import Budget, Dataset, DataSpec, GenerativeModel, Unsupported, register_model


@register_model("per-pixel-beta", family="classical", summary="A Beta law for each pixel, by its mean and variance.")
class PerPixelBeta(GenerativeModel):
    """In closed form: it has `fit` in the place of `objectives`."""

    def __init__(self, data: DataSpec, *, least: float = 1e-3) -> None:
        super().__init__()
        if data.value_range != (0.0, 1.0):
            raise Unsupported("a Beta law is one of values from 0 to 1")
        self.data, self.least = data, least
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.full((data.size,), 0.5))
        self.register_buffer("spread", torch.ones(data.size))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Mean m and variance v of each pixel; α + β = m (1 − m) / v − 1."""
        del budget, generator
        x = data.train.x.flatten(1)
        self.mean = x.mean(0).clamp(self.least, 1 - self.least)
        widest = self.mean * (1 - self.mean)
        self.spread = widest / x.var(0).clamp(min=self.least * widest) - 1
        self.spread = self.spread.clamp(min=self.least)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, *shape): each value is A / (A + B) of two Gamma draws."""
        shape = n, self.data.size
        a = _gamma((self.mean * self.spread).expand(shape), generator)
        b = _gamma(((1 - self.mean) * self.spread).expand(shape), generator)
        return (a / (a + b).clamp(min=1e-30)).view(n, *self.data.shape)


def _gamma(shape: Tensor, generator: torch.Generator) -> Tensor:
    """One draw for each shape parameter; of the generator alone, which is why this is not torch.distributions."""
    return torch._standard_gamma(shape.contiguous(), generator=generator)
