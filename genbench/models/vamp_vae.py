"""The VAE whose prior is a mixture of its own posteriors at learned pseudo-inputs."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genbench.models import nets
from genbench.models.likelihoods import diagonal_log_prob
from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec


class VampVAE(VariationalAutoencoder):
    """max ELBO with p(z) = (1/K) Σ_k q(z|u_k), the pseudo-inputs u_k learned (Tomczak & Welling 2018, arXiv:1705.07120,
    eq. 9, one layer of latents). The paper has K = 500; here 50, within the family's parameter budget."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        components: int = 50,
    ) -> None:
        width = nets.split_width(data, net, width, extra=components * data.size)
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.pseudo = nn.Parameter(torch.randn(components, *data.shape))

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        return -self.log_weight(batch.x, mean, log_var, torch.randn_like(mean)).mean()

    def components(self) -> tuple[Tensor, Tensor]:
        """q(z|u_k): means and log variances, (K, latent) each."""
        return self.posterior(self.squash(self.pseudo))

    def kl(self, x: Tensor) -> Tensor:
        """KL(q(z|x) ‖ p(z)) by 64 draws: a mixture's has no closed form."""
        return self.average(self._excess, x, *self.posterior(x))

    def _excess(self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
        """log q(z|x) - log p(z) at z = mean + σ ε: (B,)."""
        z = mean + torch.exp(0.5 * log_var) * eps
        return diagonal_log_prob(z, mean, log_var) - self.prior_log_prob(z)

    def prior_log_prob(self, z: Tensor) -> Tensor:
        mean, log_var = self.components()
        each = diagonal_log_prob(z[:, None], mean[None], log_var[None])
        return torch.logsumexp(each, 1) - math.log(len(mean))

    def prior_sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        mean, log_var = self.components()
        rows = torch.randint(len(mean), (n,), generator=generator, device=generator.device)
        noise = torch.randn(n, self.latent, generator=generator, device=generator.device)
        return mean[rows] + torch.exp(0.5 * log_var[rows]) * noise
