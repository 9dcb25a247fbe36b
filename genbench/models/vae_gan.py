"""VAE-GAN: a VAE whose reconstruction error is measured in a discriminator's features."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.likelihoods import gaussian_kl
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class VAEGAN(GenerativeModel):
    """Encoder: min KL + ½‖f(x) - f(x̃)‖²; decoder: min γ ½‖f(x) - f(x̃)‖² - GAN; critic: max GAN, with
    GAN = log σ(D(x)) + log(1 - σ(D(x̃))) + log(1 - σ(D(G(z_p)))), f the critic's last hidden layer
    (Larsen et al. 2016, arXiv:1512.09300, algorithm 1). Fakes are fooled by the non-saturating loss.
    Three nets within the family's parameter budget.
    """

    outlier_score_name = "discriminator"

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 1.0,
    ) -> None:
        super().__init__()
        self.latent, self.lr, self.gamma = nets.latent_size(data, latent), lr, gamma
        width = nets.split_width(data, net, width, parts=3)
        self.encoder = nets.encoder(data, 2 * self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.critic = nets.Critic(data, net=net, width=width)
        self.squash = nets.Squash(data)

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=(0.5, 0.999))
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=adam),
            Objective("encoder", self.encoder.parameters(), self.encoder_loss, optimizer=adam),
            Objective("decoder", self.decoder.parameters(), self.decoder_loss, optimizer=adam),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        back, fake = (x.detach() for x in self._both(batch.x))
        real, others = self.critic(batch.x), (self.critic(back), self.critic(fake))
        return functional.softplus(-real).mean() + sum(functional.softplus(o).mean() for o in others)

    def encoder_loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        back = self.decode(self._draw(mean, log_var))
        return gaussian_kl(mean, log_var).sum(1).mean() + self._feature_error(batch.x, back)

    def decoder_loss(self, batch: Batch) -> Tensor:
        back, fake = self._both(batch.x)
        fooled = functional.softplus(-self.critic(back)).mean() + functional.softplus(-self.critic(fake)).mean()
        return self.gamma * self._feature_error(batch.x, back) + fooled

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x): mean and log variance, (B, latent) each."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var.clamp(-14, 8)

    def _both(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstructions of x and as many decoded prior draws."""
        mean, log_var = self.posterior(x)
        return self.decode(self._draw(mean, log_var)), self.decode(torch.randn_like(mean))

    def _draw(self, mean: Tensor, log_var: Tensor) -> Tensor:
        return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)

    def _feature_error(self, x: Tensor, other: Tensor) -> Tensor:
        return 0.5 * (self.critic.features(x) - self.critic.features(other)).square().sum(1).mean()

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))

    def kl(self, x: Tensor) -> Tensor:
        """KL(q(z|x) ‖ N(0, I)): (B,) nats."""
        return gaussian_kl(*self.posterior(x)).sum(1)

    def outlier_score(self, x: Tensor) -> Tensor:
        """-D(x)."""
        score: Tensor = -self.critic(x).squeeze(1)
        return score
