"""The VAE whose posterior is bent by inverse autoregressive flow."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.models import nets
from genbench.models.likelihoods import diagonal_log_prob
from genbench.models.masked import MADE
from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec


class IAFVAE(VariationalAutoencoder):
    """max E log p(x, z_T) - log q(z_T|x), z_t = σ_t z_{t-1} + (1-σ_t) m_t with (m_t, σ_t) autoregressive in z_{t-1} and
    conditioned on h(x) (Kingma et al. 2016, arXiv:1606.04934, algorithm 1). `flows` steps of MADE, the order of the
    latents turned around after each. The code is the flow's image of the base law's mean.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        flows: int = 2,
    ) -> None:
        size, context = nets.latent_size(data, latent), width // 8
        made = [MADE(size, 2, hidden=width // 8, context=context) for _ in range(flows)]
        beside = sum(map(nets.count, made)) + context * width
        width = nets.split_width(data, net, width, extra=beside)
        super().__init__(data, latent=size, net=net, width=width, lr=lr)
        self.encoder = nets.encoder(data, 2 * size + context, net=net, width=width)
        self.flows = nn.ModuleList(made)

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var, context = self._base(batch.x)
        eps = torch.randn_like(mean)
        return -self._weight(batch.x, mean, log_var, context, eps).mean()

    def encode(self, x: Tensor) -> Tensor:
        mean, _, context = self._base(x)
        return self.flow(mean, context)[0]

    def log_prob(self, x: Tensor, k: int = 64) -> Tensor:
        return self.bound(self._weight, k, x, *self._base(x))

    def kl(self, x: Tensor) -> Tensor:
        """KL(q(z|x) ‖ N(0, I)) by 64 draws: a flow's has no closed form."""
        return self.average(lambda _, *drawn: self._drawn(*drawn)[1], x, *self._base(x))

    def flow(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """z_T and log |dz_T/dz_0|: (B, latent), (B,)."""
        log_det = torch.zeros_like(z[:, 0])
        for made in self.flows:
            mean, gate = made(z, context).unbind(2)
            log_scale = torch.nn.functional.logsigmoid(gate + 1.5)
            z = torch.exp(log_scale) * z + (1 - torch.exp(log_scale)) * mean
            log_det = log_det + log_scale.sum(1)
            z = z.flip(1)
        return z, log_det

    def _base(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        out = self.encoder(x)
        mean, log_var, context = out.split([self.latent, self.latent, out.shape[1] - 2 * self.latent], 1)
        return mean, log_var.clamp(-14, 8), context

    def _drawn(self, mean: Tensor, log_var: Tensor, context: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """The draw of q(z|x) that eps makes, and log q(z|x) - log p(z) there: (B, latent), (B,)."""
        start = mean + torch.exp(0.5 * log_var) * eps
        z, log_det = self.flow(start, context)
        return z, diagonal_log_prob(start, mean, log_var) - log_det - self.prior_log_prob(z)

    def _weight(self, x: Tensor, mean: Tensor, log_var: Tensor, context: Tensor, eps: Tensor) -> Tensor:
        z, log_ratio = self._drawn(mean, log_var, context, eps)
        return self.log_likelihood(x, z) - log_ratio
