"""Generative adversarial networks that differ in their losses: two players, the same two nets."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.gradients import input_gradient
from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class Adversarial(GenerativeModel):
    """Generator G: N(0, I) to data, critic D: data to a real number (a logit or a score); subclasses give losses."""

    outlier_score_name = "discriminator"

    def __init__(self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256) -> None:
        super().__init__()
        self.latent = nets.latent_size(data, latent)
        self.generator = nets.decoder(data, self.latent, net=net, width=width)
        self.critic = nets.Critic(data, net=net, width=width)
        self.squash = nets.Squash(data)

    def critic_loss(self, batch: Batch) -> Tensor:
        """What the critic minimises."""
        raise NotImplementedError

    def generator_loss(self, batch: Batch) -> Tensor:
        """What the generator minimises."""
        raise NotImplementedError

    def fakes(self, x: Tensor) -> Tensor:
        """As many generated examples as x holds."""
        return self.decode(torch.randn(x.shape[0], self.latent, dtype=x.dtype, device=x.device))

    def score(self, x: Tensor) -> Tensor:
        """D(x): (B, *shape) -> (B,)."""
        score: Tensor = self.critic(x).squeeze(1)
        return score

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.generator(z))
        return x

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))

    def outlier_score(self, x: Tensor) -> Tensor:
        """-D(x)."""
        return -self.score(x)


class GAN(Adversarial):
    """D: max E log σ(D(x)) + E log(1 - σ(D(G(z)))); G, non-saturating: max E log σ(D(G(z)))
    (Goodfellow et al. 2014, arXiv:1406.2661, section 3). β as in DCGAN (arXiv:1511.06434); its rate of
    2e-4 is for tens of thousands of steps, the default here suits a few hundred."""

    optimizer = Adam(lr=1e-3, betas=(0.5, 0.999))

    def objectives(self) -> list[Objective]:
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=self.optimizer),
            Objective("generator", self.generator.parameters(), self.generator_loss, optimizer=self.optimizer),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        real, fake = self.score(batch.x), self.score(self.fakes(batch.x).detach())
        return functional.softplus(-real).mean() + functional.softplus(fake).mean()

    def generator_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(-self.score(self.fakes(batch.x))).mean()


def gradient_penalty(gradient: Tensor) -> Tensor:
    """(‖∇D‖₂ - 1)² for each example: (B, *shape) -> (B,); the tiny constant keeps the root differentiable at 0."""
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return (norm - 1) ** 2


class WGANGP(Adversarial):
    """D: max E D(x) - E D(G(z)) - λ E(‖∇D(x̂)‖ - 1)², x̂ uniform between a real and a fake; G: max E D(G(z))
    (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1: λ = 10, five critic steps, Adam β 0, 0.9).

    The paper's rate of 1e-4 is for 100,000 generator steps; the default here suits a few hundred."""

    outlier_score_name = "critic"

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        penalty: float = 10.0,
        critic_steps: int = 5,
        lr: float = 2e-3,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width)
        self.penalty, self.critic_steps = penalty, critic_steps
        self.optimizer = Adam(lr=lr, betas=(0.0, 0.9))

    def objectives(self) -> list[Objective]:
        critic = Objective(
            "critic", self.critic.parameters(), self.critic_loss, steps=self.critic_steps, optimizer=self.optimizer
        )
        generator = Objective("generator", self.generator.parameters(), self.generator_loss, optimizer=self.optimizer)
        return [critic, generator]

    def critic_loss(self, batch: Batch) -> Tensor:
        fake = self.fakes(batch.x).detach()
        share = torch.rand((len(fake),) + (1,) * (fake.ndim - 1), dtype=fake.dtype, device=fake.device)
        between = share * batch.x + (1 - share) * fake
        penalty = gradient_penalty(input_gradient(self.score, between)).mean()
        return self.score(fake).mean() - self.score(batch.x).mean() + self.penalty * penalty

    def generator_loss(self, batch: Batch) -> Tensor:
        return -self.score(self.fakes(batch.x)).mean()
