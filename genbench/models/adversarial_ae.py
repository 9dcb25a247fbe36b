"""The adversarial autoencoder: three objectives, the third of them a critic of codes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.autoencoders import Autoencoder, squared_error
from genbench.protocols.model import Adam, Batch, DataSpec, Objective


class AAE(Autoencoder):
    """Reconstruction: min E‖x - D(E(x))‖²; critic of codes: max E log σ(C(z)) + E log(1 - σ(C(E(x)))), z ~ N(0, I);
    encoder: max E log σ(C(E(x))) (Makhzani et al. 2016, arXiv:1511.05644; deterministic encoder)."""

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.critic = nets.mlp([self.latent, width // 4, width // 4, 1])

    def objectives(self) -> list[Objective]:
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        # steps of the adversarial objectives as large as those of reconstruction would undo what those learn
        slower = Adam(lr=0.3 * self.lr, betas=(0.5, 0.999))
        return [
            Objective("reconstruction", both, self.loss, optimizer=Adam(lr=self.lr)),
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=slower),
            Objective("encoder", self.encoder.parameters(), self.encoder_loss, optimizer=slower),
        ]

    def loss(self, batch: Batch) -> Tensor:
        return squared_error(batch.x, self.reconstruct(batch.x)).mean()

    def critic_loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x).detach()
        prior = torch.randn_like(z)
        return functional.softplus(-self.critic(prior)).mean() + functional.softplus(self.critic(z)).mean()

    def encoder_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(-self.critic(self.encode(batch.x))).mean()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))
