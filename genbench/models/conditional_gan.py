"""The class-conditional GAN."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.gans import cross_entropy
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class CGAN(GenerativeModel):
    """`gan` with the class given to both players (Mirza & Osindero 2014, arXiv:1411.1784, eq. 2): fakes get the labels
    of the batch. `sample` asks for each class equally often."""

    sampler = "prior, classes uniform"

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.latent, self.lr, self.classes = nets.latent_size(data, latent), lr, data.classes
        seen, planes = nets.labelled(data, net), net != "mlp"
        self.critic = nets.WithLabels(nets.Critic(seen, net=net, width=width), data.classes, planes=planes)
        decoder = nets.decoder(data, self.latent + data.classes, net=net, width=width)
        self.generator = nets.WithLabels(decoder, data.classes, planes=False)
        self.squash = nets.Squash(data)

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=(0.5, 0.999))
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=adam),
            Objective("generator", self.generator.parameters(), self.generator_loss, optimizer=adam, reads_data=False),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        x, y = batch.x, _given(batch)
        return cross_entropy(self.critic(x, y), self.critic(self._fakes(x, y).detach(), y))

    def generator_loss(self, batch: Batch) -> Tensor:
        x, y = batch.x, _given(batch)
        return functional.softplus(-self.critic(self._fakes(x, y), y)).mean()

    def _fakes(self, x: Tensor, y: Tensor) -> Tensor:
        z = torch.randn(len(x), self.latent, dtype=x.dtype, device=x.device)
        fakes: Tensor = self.squash(self.generator(z, y))
        return fakes

    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        z = torch.randn(len(y), self.latent, generator=generator, device=y.device)
        x: Tensor = self.squash(self.generator(z, y))
        return x

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        y = torch.randint(self.classes, (n,), generator=generator, device=generator.device)
        return self.sample_class(y, generator=generator)


def _given(batch: Batch) -> Tensor:
    if batch.y is None:
        raise ValueError("a class-conditional model needs labels in each batch, and this one has none")
    return batch.y
