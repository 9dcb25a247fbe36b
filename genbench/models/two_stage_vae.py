"""Two VAEs: the second learns the law of the first one's codes."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models import nets
from genbench.models.vae import SigmaVAE
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class TwoStageVAE(GenerativeModel):
    """Stage 1: a VAE with learned scale; stage 2: a VAE of z ~ q(z|x) with latents of the same size; samples go
    u ~ N(0, I) to z to x (Dai & Wipf 2019, arXiv:1903.05789). The paper trains the stages one after the other, here
    the second follows the first step by step; each step costs a batch of the budget."""

    sampler = "second-stage vae"

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        size = nets.latent_size(data, latent)
        codes = DataSpec((size,))
        inner = width // 4
        self.second = SigmaVAE(codes, latent=size, width=inner)
        width = nets.split_width(data, net, width, extra=nets.count(self.second))
        self.first = SigmaVAE(data, latent=size, net=net, width=width)
        self.latent, self.lr = size, lr

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr)
        return [
            Objective("first stage", self.first.parameters(), self.first.loss, optimizer=adam),
            Objective("second stage", self.second.parameters(), self.second_loss, optimizer=adam),
        ]

    def second_loss(self, batch: Batch) -> Tensor:
        """The second VAE's loss on draws of the first one's posterior."""
        z = self.first.draw(*self.first.posterior(batch.x)).detach()
        return self.second.loss(Batch(z))

    def encode(self, x: Tensor) -> Tensor:
        return self.first.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.first.decode(z)

    def kl(self, x: Tensor) -> Tensor:
        """The first stage's."""
        return self.first.kl(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.first.reconstruct(x)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.first.shown(self.second.sample(n, generator=generator), generator)
