"""The class-conditional VAE."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from genbench.models import nets
from genbench.models.likelihoods import bernoulli_log_prob, gaussian_kl, gaussian_log_prob
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective

SCALE = 0.1
"""Of the Gaussian p(x|z, y)."""


class CVAE(GenerativeModel):
    """max E_q log p(x|z, y) - KL(q(z|x, y) ‖ N(0, I)) (Sohn et al. 2015, NeurIPS, with a prior that ignores y).

    `sample` asks for each class equally often. Bernoulli on [0, 1], else Gaussian of scale 0.1. Images are shown as the
    mean of p(x|z, y), points and table rows are drawn from it, as with `vae`.
    """

    sampler = "prior, classes uniform"
    cannot: ClassVar[Mapping[str, str]] = {
        "reconstructs": "cannot reconstruct: its encoder reads the class of an example, too, which is not given",
        "encodes": "gives no code: its encoder reads the class of an example, too, which is not given",
    }

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.latent, self.lr, self.classes = nets.latent_size(data, latent), lr, data.classes
        seen = nets.labelled(data, net)
        self.encoder = nets.WithLabels(
            nets.encoder(seen, 2 * self.latent, net=net, width=width), data.classes, planes=net != "mlp"
        )
        self.decoder = nets.WithLabels(
            nets.decoder(data, self.latent + data.classes, net=net, width=width), data.classes, planes=False
        )
        self.squash, self.bernoulli = nets.Squash(data), data.unit_range
        self.draws_points = not data.is_image

    def objectives(self) -> list[Objective]:
        return [Objective("elbo", self.parameters(), self.loss, optimizer=Adam(lr=self.lr))]

    def loss(self, batch: Batch) -> Tensor:
        y = self._given(batch)
        mean, log_var = self.encoder(batch.x, y).chunk(2, dim=1)
        log_var = log_var.clamp(-14, 8)
        output = self.decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean), y)
        if self.bernoulli:
            fit = bernoulli_log_prob(output, batch.x)
        else:
            fit = gaussian_log_prob(self.squash(output), batch.x, math.log(SCALE))
        return (gaussian_kl(mean, log_var).sum(1) - fit).mean()

    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        z = torch.randn(len(y), self.latent, generator=generator, device=y.device)
        x: Tensor = self.squash(self.decoder(z, y))
        if self.bernoulli or not self.draws_points:
            return x
        return x + SCALE * torch.randn(x.shape, generator=generator, device=x.device)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        y = torch.randint(self.classes, (n,), generator=generator, device=generator.device)
        return self.sample_class(y, generator=generator)

    def _given(self, batch: Batch) -> Tensor:
        if batch.y is None:
            raise ValueError("a class-conditional model needs labels in each batch, and this one has none")
        return batch.y
