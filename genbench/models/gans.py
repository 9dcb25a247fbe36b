"""Generative adversarial networks that differ in their losses alone: two players, the same two nets."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.core.gradients import input_gradient
from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class Adversarial(GenerativeModel):
    """Generator G: N(0, I) to data, critic D: data to a real number (a logit or a score); subclasses give losses.

    `lr` and β = (0.5, 0.999) for both players: β as in DCGAN (arXiv:1511.06434), whose rate of 2e-4 is for tens of
    thousands of steps; the default here suits some hundreds.
    """

    betas = (0.5, 0.999)
    compares = False
    """Whether the generator's loss reads real examples."""

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.latent, self.lr = nets.latent_size(data, latent), lr
        self.code_size = self.latent
        self.generator = nets.decoder(data, self.latent, net=net, width=width)
        self.critic = nets.Critic(data, net=net, width=width)
        self.squash = nets.Squash(data)

    def objectives(self) -> list[Objective]:
        return self.players(critic_steps=1)

    def players(self, *, critic_steps: int) -> list[Objective]:
        """The critic, `critic_steps` times, then the generator once."""
        adam = Adam(lr=self.lr, betas=self.betas)
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, steps=critic_steps, optimizer=adam),
            Objective(
                "generator",
                self.generator.parameters(),
                self.generator_loss,
                optimizer=adam,
                reads_data=self.compares,
            ),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        """What the critic minimises."""
        raise NotImplementedError

    def generator_loss(self, batch: Batch) -> Tensor:
        """What the generator minimises."""
        raise NotImplementedError

    def noise(self, x: Tensor) -> Tensor:
        """As many draws of the generator's input as x holds examples."""
        return torch.randn(x.shape[0], self.latent, dtype=x.dtype, device=x.device)

    def fakes(self, x: Tensor) -> Tensor:
        """As many generated examples as x holds."""
        return self.decode(self.noise(x))

    def score(self, x: Tensor) -> Tensor:
        """D(x): (B, *shape) -> (B,)."""
        score: Tensor = self.critic(x).squeeze(1)
        return score

    def critic_features(self, x: Tensor) -> Tensor:
        """The critic's last hidden layer: (B, *shape) -> (B, F)."""
        features: Tensor = self.critic.features(x)
        return features

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.generator(z))
        return x

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))


class Judging(Adversarial):
    """A GAN whose D means something for one example alone, so that -D(x) is an outlier score."""

    outlier_score_name = "discriminator"

    def outlier_score(self, x: Tensor) -> Tensor:
        """-D(x)."""
        return -self.score(x)


def cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-E log σ(real) - E log(1 - σ(fake)) of logits (B,): the critic's loss of the first GAN."""
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def gradient_penalty(gradient: Tensor) -> Tensor:
    """(‖∇D‖₂ - 1)² for each example: (B, *shape) -> (B,); the tiny constant keeps the root differentiable at 0."""
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return (norm - 1) ** 2


def uniform_like(x: Tensor) -> Tensor:
    """One uniform number in [0, 1) an example, shaped to multiply x."""
    return torch.rand((len(x),) + (1,) * (x.ndim - 1), dtype=x.dtype, device=x.device)


class GAN(Judging):
    """D: max E log σ(D(x)) + E log(1 - σ(D(G(z)))); G, non-saturating: max E log σ(D(G(z)))
    (Goodfellow et al. 2014, arXiv:1406.2661, section 3)."""

    def critic_loss(self, batch: Batch) -> Tensor:
        return cross_entropy(self.score(batch.x), self.score(self.fakes(batch.x).detach()))

    def generator_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(-self.score(self.fakes(batch.x))).mean()


class MinimaxGAN(Judging):
    """The two-player game of Goodfellow et al. 2014 (eq. 1) as written: D as in `gan`; G: min E log(1 - σ(D(G(z))))."""

    def critic_loss(self, batch: Batch) -> Tensor:
        return cross_entropy(self.score(batch.x), self.score(self.fakes(batch.x).detach()))

    def generator_loss(self, batch: Batch) -> Tensor:
        return -functional.softplus(self.score(self.fakes(batch.x))).mean()


class LSGAN(Judging):
    """D: min ½E(D(x) - 1)² + ½E D(G(z))²; G: min ½E(D(G(z)) - 1)² (Mao et al. 2017, arXiv:1611.04076, eq. 9)."""

    def critic_loss(self, batch: Batch) -> Tensor:
        real, fake = self.score(batch.x), self.score(self.fakes(batch.x).detach())
        return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()

    def generator_loss(self, batch: Batch) -> Tensor:
        return 0.5 * (self.score(self.fakes(batch.x)) - 1).square().mean()


class DRAGAN(Judging):
    """`gan` with λ E(‖∇D(x + α δ)‖ - 1)² for D, δ = ½ std(x) u, u ~ U(0, 1) for each value and α ~ U(0, 1) for each
    example (Kodali et al. 2017, arXiv:1705.07215, algorithm 1 and its code; λ = 10)."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        penalty: float = 10.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.penalty = penalty

    def critic_loss(self, batch: Batch) -> Tensor:
        away = 0.5 * batch.x.std() * torch.rand_like(batch.x)
        near = batch.x + uniform_like(batch.x) * away
        penalty = gradient_penalty(input_gradient(self.score, near)).mean()
        loss = cross_entropy(self.score(batch.x), self.score(self.fakes(batch.x).detach()))
        return loss + self.penalty * penalty

    def generator_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(-self.score(self.fakes(batch.x))).mean()


class R3GAN(Adversarial):
    """D: min E f(D(G(z)) - D(x)) + γ/2 E‖∇D(x)‖² + γ/2 E‖∇D(G(z))‖²; G: min E f(D(x) - D(G(z))), f = softplus, real
    and fake paired (Huang et al. 2024, arXiv:2501.05441, eqs. 2 to 4). The paper's β₁ = 0 is kept. Its D compares:
    alone it means nothing, so there is no outlier score."""

    betas = (0.0, 0.99)
    compares = True

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
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.gamma = gamma

    def critic_loss(self, batch: Batch) -> Tensor:
        fake = self.fakes(batch.x).detach()
        steep = [input_gradient(self.score, x).flatten(1).square().sum(1).mean() for x in (batch.x, fake)]
        relative = functional.softplus(self.score(fake) - self.score(batch.x)).mean()
        return relative + 0.5 * self.gamma * (steep[0] + steep[1])

    def generator_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(self.score(batch.x) - self.score(self.fakes(batch.x))).mean()
