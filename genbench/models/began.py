"""BEGAN: the critic is an autoencoder, and the two losses are kept in balance."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class BEGAN(GenerativeModel):
    """D: min L(x) - k L(G(z)), G: min L(G(z)), k ← k + λ(γ L(x) - L(G(z))), L(v) = mean |v - D(v)|, D an autoencoder
    (Berthelot et al. 2017, arXiv:1703.10717, section 3.3: γ = 0.5), L(G(z)) in k of the fakes that the generator is
    trained on. The paper's λ = 0.001 is for hundreds of thousands of steps, 1 here. Three nets within the budget."""

    outlier_score_name = "autoencoder critic"

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 0.5,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.latent, self.lr, self.gamma, self.gain = nets.latent_size(data, latent), lr, gamma, gain
        width = nets.split_width(data, net, width, parts=3)
        self.generator = nets.decoder(data, self.latent, net=net, width=width)
        self.critic = torch.nn.Sequential(
            nets.encoder(data, self.latent, net=net, width=width),
            nets.decoder(data, self.latent, net=net, width=width),
            nets.Squash(data),
        )
        self.squash = nets.Squash(data)
        self.balance: Tensor
        self.register_buffer("balance", torch.zeros(()))
        self.real: Tensor
        self.register_buffer("real", torch.zeros(()))

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=(0.5, 0.999))
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=adam),
            Objective("generator", self.generator.parameters(), self.generator_loss, optimizer=adam, reads_data=False),
        ]

    def error(self, x: Tensor) -> Tensor:
        """L(x) for each example: (B, *shape) -> (B,)."""
        error: Tensor = (x - self.critic(x)).abs().flatten(1).mean(1)
        return error

    def critic_loss(self, batch: Batch) -> Tensor:
        real, fake = self.error(batch.x).mean(), self.error(self._fakes(batch.x).detach()).mean()
        with torch.no_grad():
            self.real.copy_(real)
        return real - self.balance.clone() * fake

    def generator_loss(self, batch: Batch) -> Tensor:
        fake = self.error(self._fakes(batch.x)).mean()
        with torch.no_grad():
            self.balance.copy_((self.balance + self.gain * (self.gamma * self.real - fake)).clamp(0, 1))
        return fake

    def _fakes(self, x: Tensor) -> Tensor:
        return self.decode(torch.randn(len(x), self.latent, dtype=x.dtype, device=x.device))

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.generator(z))
        return x

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))

    def outlier_score(self, x: Tensor) -> Tensor:
        """L(x)."""
        return self.error(x)
