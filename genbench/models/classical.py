"""Models without training by gradients: the Gaussian."""

from __future__ import annotations

import math

import torch
from sklearn.covariance import ledoit_wolf
from torch import Tensor

from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, DataSpec, GenerativeModel
from genbench.values import Kind


class Gaussian(GenerativeModel):
    """N(μ, Σ), Σ the sample covariance shrunk towards a multiple of the identity (Ledoit & Wolf 2004), in float64.

    Samples are clamped to the data's range; the density is of the unclamped law.
    """

    sampler = "exact"
    likelihood = "gaussian"
    likelihood_kind = Kind.EXACT

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.shape, self.value_range = data.shape, data.value_range
        self.mean: Tensor
        self.root: Tensor
        self.register_buffer("mean", torch.zeros(data.size, dtype=torch.float64))
        self.register_buffer("root", torch.eye(data.size, dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        x = data.train.x.flatten(1).double()
        covariance = torch.from_numpy(ledoit_wolf(x.cpu().numpy())[0]).to(x.device)
        floor = 1e-8 * covariance.diagonal().mean() + 1e-12
        self.mean = x.mean(0)
        self.root = torch.linalg.cholesky(covariance + floor * torch.eye(len(covariance), dtype=x.dtype).to(x.device))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        noise = torch.randn(n, len(self.mean), generator=generator, dtype=torch.float64, device=self.mean.device)
        x = (self.mean + noise @ self.root.T).float().view(n, *self.shape)
        return x if self.value_range is None else x.clamp(*self.value_range)

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        centred = x.flatten(1).double() - self.mean
        white = torch.linalg.solve_triangular(self.root, centred.T, upper=False)
        norm = self.root.diagonal().log().sum() + 0.5 * len(self.mean) * math.log(2 * math.pi)
        log_prob: Tensor = -0.5 * white.square().sum(0) - norm
        return log_prob.float()
