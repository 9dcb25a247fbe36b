"""BiGAN: the critic judges pairs of data and code, and so an encoder is learnt beside the generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.models import nets
from genbench.models.gans import cross_entropy
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class PairCritic(nn.Module):
    """(x, z) -> a logit, through features of both."""

    def __init__(self, data: DataSpec, latent: int, *, net: str, width: int) -> None:
        super().__init__()
        self.of_x = nets.Critic(data, width // 4, net=net, width=width)
        self.joint = nets.mlp([width // 4 + latent, width // 4, 1])

    def features(self, x: Tensor, z: Tensor) -> Tensor:
        """The last hidden layer: (B, width // 4)."""
        h = torch.cat([functional.silu(self.of_x(x)), z], 1)
        for layer in list(self.joint)[:-1]:
            h = layer(h)
        return h

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        logits: Tensor = self.joint[-1](self.features(x, z))
        return logits.squeeze(1)


class BiGAN(GenerativeModel):
    """D: max E log σ(D(x, E(x))) + E log(1 - σ(D(G(z), z))); G and E: the labels turned around (Donahue et al. 2017,
    arXiv:1605.09782, eq. 3 and section 3.4). Outlier score of EGBAD (Zenati et al. 2018, arXiv:1802.06222):
    0.9 ‖x - G(E(x))‖₁ + 0.1 ‖f(x, E(x)) - f(G(E(x)), E(x))‖₁."""

    outlier_score_name = "bigan"

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.latent, self.lr = nets.latent_size(data, latent), lr
        width = nets.split_width(data, net, width, parts=3, extra=(width * width) // 5)
        self.encoder = nets.encoder(data, self.latent, net=net, width=width)
        self.generator = nets.decoder(data, self.latent, net=net, width=width)
        self.critic = PairCritic(data, self.latent, net=net, width=width)
        self.squash = nets.Squash(data)

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=(0.5, 0.999))
        both = [*self.generator.parameters(), *self.encoder.parameters()]
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=adam),
            Objective("generator and encoder", both, self.generator_loss, optimizer=adam),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        real, fake = self._judged(batch.x, apart=True)
        return cross_entropy(real, fake)

    def generator_loss(self, batch: Batch) -> Tensor:
        real, fake = self._judged(batch.x, apart=False)
        return cross_entropy(fake, real)

    def _judged(self, x: Tensor, *, apart: bool) -> tuple[Tensor, Tensor]:
        z = torch.randn(len(x), self.latent, dtype=x.dtype, device=x.device)
        code, fake = self.encode(x), self.decode(z)
        if apart:
            code, fake = code.detach(), fake.detach()
        return self.critic(x, code), self.critic(fake, z)

    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.generator(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))

    def outlier_score(self, x: Tensor) -> Tensor:
        z = self.encode(x)
        back = self.decode(z)
        pixels = (x - back).abs().flatten(1).sum(1)
        features = (self.critic.features(x, z) - self.critic.features(back, z)).abs().sum(1)
        return 0.9 * pixels + 0.1 * features
