"""Principal axes of data, and the linear autoencoder that they are."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models import nets
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, DataSpec, GenerativeModel


def principal_axes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Variances (D,) of x (N, D) along its principal axes, largest first and never negative, and the axes (D, D) as
    columns. One dimension has one axis."""
    covariance = torch.cov(x.T, correction=0).reshape(x.shape[1], -1)  # a number, where D is 1
    values, vectors = torch.linalg.eigh(covariance)
    return values.flip(0).clamp(min=0), vectors.flip(1)


class PCA(GenerativeModel):
    """z = Pᵀ(x − μ), x̂ = μ + P z, P the leading principal axes: of all linear codes of this size the one with the
    smallest squared error (Pearson 1901; Hotelling 1933). As many latents as the autoencoders have."""

    def __init__(self, data: DataSpec, *, latent: int | None = None) -> None:
        super().__init__()
        self.latent = min(nets.latent_size(data, latent), data.size)
        self.shape, self.value_range = data.shape, data.value_range
        self.mean: Tensor
        self.basis: Tensor
        self.register_buffer("mean", torch.zeros(data.size, dtype=torch.float64))
        self.register_buffer("basis", torch.eye(data.size, self.latent, dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Learn from `data.train` in closed form; the budget counts nothing here."""
        del budget, generator
        x = data.train.x.flatten(1).double()
        self.mean, self.basis = x.mean(0), principal_axes(x)[1][:, : self.latent].contiguous()

    def encode(self, x: Tensor) -> Tensor:
        return ((x.flatten(1).double() - self.mean) @ self.basis).float()

    def decode(self, z: Tensor) -> Tensor:
        x = (self.mean + z.double() @ self.basis.T).float().view(-1, *self.shape)
        return x if self.value_range is None else x.clamp(*self.value_range)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))
