"""InfoVAE: an ELBO with a weight on how much information the code keeps."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models.kernels import mmd, radial
from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec


class InfoVAE(VariationalAutoencoder):
    """max E_q log p(x|z) - (1-α) KL(q(z|x) ‖ p(z)) - (α+λ-1) MMD²(q(z), p(z)) (Zhao et al. 2019, arXiv:1706.02262,
    eq. 6, MMD for its last divergence). α = 0.5 here: α = 1 is the MMD-VAE, α = 0 and λ = 1 the VAE."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        alpha: float = 0.5,
        scale: float = 100.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.alpha, self.scale = alpha, scale

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, z = self.elbo(batch.x)
        distance = mmd(torch.randn_like(z), z, radial)
        return ((1 - self.alpha) * kl - log_likelihood).mean() + (self.alpha + self.scale - 1) * distance
