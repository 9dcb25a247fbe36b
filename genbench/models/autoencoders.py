"""Deterministic autoencoders. They encode and decode but cannot sample: a latent sampler makes them generative."""

from __future__ import annotations

from torch import Tensor

from genbench.models import nets
from genbench.protocols.model import Batch, DataSpec, GenerativeModel, Objective


class Autoencoder(GenerativeModel):
    """Encoder and decoder of the shared backbones, squared error; subclasses give `objectives()`."""

    def __init__(self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256) -> None:
        super().__init__()
        self.latent = nets.latent_size(data, latent)
        self.encoder = nets.encoder(data, self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.squash = nets.Squash(data)

    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def squared_error(x: Tensor, other: Tensor) -> Tensor:
    """‖x - x̂‖² for each example: (B, *shape) twice -> (B,)."""
    return ((x - other) ** 2).flatten(1).sum(1)


class AE(Autoencoder):
    """min E‖x - D(E(x))‖² (Hinton & Salakhutdinov, Science 313, 2006, trained in one piece)."""

    def objectives(self) -> list[Objective]:
        return [Objective("reconstruction", self.parameters(), self.loss)]

    def loss(self, batch: Batch) -> Tensor:
        return squared_error(batch.x, self.reconstruct(batch.x)).mean()
