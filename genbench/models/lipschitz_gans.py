"""GANs whose critic is held Lipschitz: by clipped weights, by a gradient penalty, by spectral norms."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from genbench.core.gradients import input_gradient
from genbench.models.gans import Judging, gradient_penalty, uniform_like
from genbench.protocols.model import Batch, DataSpec, Objective


class WassersteinGAN(Judging):
    """G: max E D(G(z)); several critic steps to one of G; subclasses give the critic's loss."""

    outlier_score_name = "critic"
    betas = (0.0, 0.9)

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 2e-3,
        critic_steps: int = 5,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.critic_steps = critic_steps

    def objectives(self) -> list[Objective]:
        return self.players(critic_steps=self.critic_steps)

    def generator_loss(self, batch: Batch) -> Tensor:
        return -self.score(self.fakes(batch.x)).mean()


class WGANGP(WassersteinGAN):
    """D: max E D(x) - E D(G(z)) - λ E(‖∇D(x̂)‖ - 1)², x̂ uniform between a real and a fake; G: max E D(G(z))
    (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1: λ = 10, five critic steps, Adam β 0, 0.9).

    The paper's rate of 1e-4 is for 100,000 generator steps; the default here suits a few hundred.
    """

    penalty = 10.0

    def critic_loss(self, batch: Batch) -> Tensor:
        fake = self.fakes(batch.x).detach()
        share = uniform_like(fake)
        between = share * batch.x + (1 - share) * fake
        penalty = gradient_penalty(input_gradient(self.score, between)).mean()
        return self.score(fake).mean() - self.score(batch.x).mean() + self.penalty * penalty


class Clip(torch.autograd.Function):
    """clamp(w, -c, c) whose gradient reaches w unless a descent step would push it further out.

    Used in every pass it is the projection of WGAN's algorithm: the weights in use never leave [-c, c], and those
    behind them stay near the edge and can come back.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(weight: Tensor, bound: float) -> Tensor:
        return weight.clamp(-bound, bound)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        del output
        ctx.save_for_backward(inputs[0])
        ctx.bound = inputs[1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (weight,) = ctx.saved_tensors
        inwards = (weight.abs() <= ctx.bound) | (gradient * weight > 0)
        return gradient * inwards, None


class WGAN(WassersteinGAN):
    """D: max E D(x) - E D(G(z)) with every weight of D in [-c, c]; G: max E D(G(z)) (Arjovsky et al. 2017,
    arXiv:1701.07875, algorithm 1: c = 0.01, five critic steps).

    The paper trains with RMSProp; Adam with β₁ = 0 is RMSProp with its start corrected. c = 0.05 here, because a smooth
    net without batch normalisation loses its gradient at 0.01.
    """

    betas = (0.0, 0.99)
    clip = 0.05

    def score(self, x: Tensor) -> Tensor:
        clipped = {name: Clip.apply(p, self.clip) for name, p in self.critic.named_parameters()}
        score: Tensor = functional_call(self.critic, clipped, (x,))
        return score.squeeze(1)

    def critic_loss(self, batch: Batch) -> Tensor:
        return self.score(self.fakes(batch.x).detach()).mean() - self.score(batch.x).mean()


class SNGAN(Judging):
    """D: min E relu(1 - D(x)) + E relu(1 + D(G(z))), weights divided by their largest singular value; G: max E D(G(z))
    (Miyato et al. 2018, arXiv:1802.05957, algorithm 1 and eqs. 16, 17). Five critic steps as in its ResNet runs, one
    power iteration in each; convolution kernels are taken as (outputs, the rest), as in the paper."""

    betas = (0.0, 0.9)

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        weights = dict(self.critic.named_parameters())
        self.names = [name for name, p in weights.items() if p.ndim > 1]
        self.vectors = nn.Module()
        for i, name in enumerate(self.names):
            start = torch.randn(weights[name].shape[0])
            self.vectors.register_buffer(f"u{i}", functional.normalize(start, dim=0))
        for _ in range(10):
            self._iterate()

    def score(self, x: Tensor) -> Tensor:
        score: Tensor = functional_call(self.critic, self._normalised(), (x,))
        return score.squeeze(1)

    def critic_loss(self, batch: Batch) -> Tensor:
        self._iterate()
        both = self.score(torch.cat([batch.x, self.fakes(batch.x).detach()]))
        real, fake = both.chunk(2)
        return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()

    def generator_loss(self, batch: Batch) -> Tensor:
        return -self.score(self.fakes(batch.x)).mean()

    def objectives(self) -> list[Objective]:
        return self.players(critic_steps=5)

    def _normalised(self) -> dict[str, Tensor]:
        weights = dict(self.critic.named_parameters())
        out = {}
        for i, name in enumerate(self.names):
            matrix, u = weights[name].flatten(1), getattr(self.vectors, f"u{i}")
            v = functional.normalize(matrix.detach().T @ u, dim=0)
            out[name] = weights[name] / (u @ (matrix @ v))
        return out

    def _iterate(self) -> None:
        """One power iteration for each weight: u towards its first left singular vector."""
        with torch.no_grad():
            weights = dict(self.critic.named_parameters())
            for i, name in enumerate(self.names):
                matrix, u = weights[name].flatten(1), getattr(self.vectors, f"u{i}")
                u.copy_(functional.normalize(matrix @ (matrix.T @ u), dim=0))
