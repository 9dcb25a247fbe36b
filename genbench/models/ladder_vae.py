"""The ladder VAE: two layers of latents, inferred from below and from above."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models import nets
from genbench.models.likelihoods import diagonal_log_prob, gaussian_kl, standard_log_prob
from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec


class LadderVAE(VariationalAutoencoder):
    """max E log p(x|z₁) + log p(z₁|z₂) + log p(z₂) - log q(z₁|z₂, x) - log q(z₂|x), q(z₁|z₂, x) the precision-weighted
    product of a Gaussian from x and p(z₁|z₂) (Sønderby et al. 2016, arXiv:1602.02282, eqs. 11 to 16).

    The KL terms are weighed from 0 to 1 over the first `warmup` losses, as the paper's section 3.3 has it (its batch
    normalisation is left out). The code is z₁ with both layers at their means.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        upper: int | None = None,
        warmup: int = 300,
    ) -> None:
        size = nets.latent_size(data, latent)
        upper = upper or max(1, size // 2)
        hidden = width // 4
        up, down = nets.mlp([2 * size, hidden, 2 * upper]), nets.mlp([upper, hidden, 2 * size])
        width = nets.split_width(data, net, width, extra=nets.count(up) + nets.count(down))
        super().__init__(data, latent=size, net=net, width=width, lr=lr)
        self.upper, self.noise_size = upper, size + upper
        self.up, self.down, self.warmup = up, down, warmup
        self.steps: Tensor
        self.register_buffer("steps", torch.zeros(()))

    def loss(self, batch: Batch) -> Tensor:
        below = self.encoder(batch.x)
        mean2, log_var2 = self._above(below)
        z2 = self.draw(mean2, log_var2)
        mean1, log_var1 = self._merged(below, z2)
        mean_p, log_var_p = self._halves(self.down(z2))
        kl1 = gaussian_kl((mean1 - mean_p) * torch.exp(-0.5 * log_var_p), log_var1 - log_var_p).sum(1)
        kl2 = gaussian_kl(mean2, log_var2).sum(1)
        weight = (self.steps / self.warmup).clamp(max=1.0)
        with torch.no_grad():
            self.steps.copy_(self.steps + 1)
        return (weight * (kl1 + kl2) - self.log_likelihood(batch.x, self.draw(mean1, log_var1))).mean()

    def encode(self, x: Tensor) -> Tensor:
        z2, _ = self._above(self.encoder(x))
        return self._merged(self.encoder(x), z2)[0]

    def kl(self, x: Tensor) -> Tensor:
        """KL(q(z₁, z₂|x) ‖ p(z₁, z₂)) by 64 draws."""
        return self.average(lambda _, *drawn: self._drawn(*drawn)[1], x, self.encoder(x))

    def log_prob(self, x: Tensor, k: int = 64) -> Tensor:
        return self.bound(self._weight, k, x, self.encoder(x))

    def prior_sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        z2 = torch.randn(n, self.upper, generator=generator, device=generator.device)
        mean, log_var = self._halves(self.down(z2))
        eps = torch.randn(n, self.latent, generator=generator, device=generator.device)
        return mean + torch.exp(0.5 * log_var) * eps

    def _above(self, below: Tensor) -> tuple[Tensor, Tensor]:
        return self._halves(self.up(below))

    def _merged(self, below: Tensor, z2: Tensor) -> tuple[Tensor, Tensor]:
        """q(z₁|z₂, x): mean and log variance."""
        (mean_x, log_var_x), (mean_p, log_var_p) = self._halves(below), self._halves(self.down(z2))
        precision_x, precision_p = torch.exp(-log_var_x), torch.exp(-log_var_p)
        total = precision_x + precision_p
        return (mean_x * precision_x + mean_p * precision_p) / total, -total.log()

    def _weight(self, x: Tensor, below: Tensor, eps: Tensor) -> Tensor:
        """log p(x, z₁, z₂) - log q(z₁, z₂|x) at the draws that eps makes: (B,)."""
        z1, log_ratio = self._drawn(below, eps)
        return self.log_likelihood(x, z1) - log_ratio

    def _drawn(self, below: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """z₁ of the draws that eps makes, and log q(z₁, z₂|x) - log p(z₁, z₂) there: (B, latent), (B,)."""
        eps1, eps2 = eps[..., : self.latent], eps[..., self.latent :]
        mean2, log_var2 = self._above(below)
        z2 = mean2 + torch.exp(0.5 * log_var2) * eps2
        mean1, log_var1 = self._merged(below, z2)
        z1 = mean1 + torch.exp(0.5 * log_var1) * eps1
        log_q = diagonal_log_prob(z1, mean1, log_var1) + diagonal_log_prob(z2, mean2, log_var2)
        log_p = diagonal_log_prob(z1, *self._halves(self.down(z2))) + standard_log_prob(z2)
        return z1, log_q - log_p

    def _halves(self, out: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = out.chunk(2, -1)
        return mean, log_var.clamp(-14, 8)
