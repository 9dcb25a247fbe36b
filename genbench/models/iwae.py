"""The importance-weighted autoencoder."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec


class IWAE(VariationalAutoencoder):
    """max E log (1/k) Σ_j p(x, z_j)/q(z_j|x) (Burda et al. 2016, arXiv:1509.00519, eq. 8); k = 1 is the VAE with its KL
    by Monte Carlo. The decoder runs k times a step."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        k: int = 5,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.k = k

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = (p.repeat(self.k, 1) for p in self.posterior(batch.x))
        x = batch.x.repeat(self.k, *(1,) * (batch.x.ndim - 1))
        weights = self.log_weight(x, mean, log_var, torch.randn_like(mean)).view(self.k, -1)
        return math.log(self.k) - torch.logsumexp(weights, 0).mean()
