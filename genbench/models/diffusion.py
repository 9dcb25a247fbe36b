"""Denoising diffusion: DDPM's discrete chain, sampled by DDIM in a stated number of steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.seeds import generator as seeded_generator
from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


def cosine_alphas(steps: int, offset: float = 0.008) -> Tensor:
    """ᾱ_1 … ᾱ_T of Nichol & Dhariwal 2021 (arXiv:2102.09672, eq. 17), β clipped at 0.999: (T,) float64."""
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    f = torch.cos((t + offset) / (1 + offset) * math.pi / 2) ** 2
    beta = (1 - f[1:] / f[:-1]).clamp(max=0.999)
    return torch.cumprod(1 - beta, 0)


def linear_alphas(steps: int) -> Tensor:
    """ᾱ_1 … ᾱ_T of Ho et al. 2020: β from 1e-4 to 0.02 at T = 1,000 (scaled by 1,000/T): (T,) float64."""
    beta = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) * (1000 / steps)
    return torch.cumprod(1 - beta.clamp(max=0.999), 0)


def ddim_step(x: Tensor, eps: Tensor, alpha: Tensor, alpha_next: Tensor) -> tuple[Tensor, Tensor]:
    """(x_s, x̂_0) by the deterministic step of Song et al. 2021 (arXiv:2010.02502, eq. 12, σ = 0)."""
    x0 = (x - (1 - alpha).sqrt() * eps) / alpha.sqrt()
    return alpha_next.sqrt() * x0 + (1 - alpha_next).sqrt() * eps, x0


def posterior(x0: Tensor, x: Tensor, alphas: Tensor, t: int) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(x_{t-1} | x_t, x_0) (Ho et al. 2020, eqs. 6 and 7); `alphas` are ᾱ_1 … ᾱ_T, t ≥ 2."""
    now, before = alphas[t - 1], alphas[t - 2]
    beta = 1 - now / before
    mean = (before.sqrt() * beta * x0 + (now / before).sqrt() * (1 - before) * x) / (1 - now)
    return mean, beta * (1 - before) / (1 - now)


PARTIAL_STEPS = 12
"""Steps of the way back from T/4: a quarter of the 50 of a sample."""


class DDPM(GenerativeModel):
    """min E‖ε - ε_θ(√ᾱ_t x + √(1-ᾱ_t) ε, t)‖², the simple loss of Ho et al. 2020 (arXiv:2006.11239, eq. 14).

    `schedule`: `cosine` (Nichol & Dhariwal 2021) or `linear` (the paper's own). Samples by DDIM from weights that are
    averaged with decay `ema` (the paper's 0.9999 is for 800,000 steps).
    """

    sampler = "ddim50 (50 evaluations)"
    solvers: ClassVar[Mapping[str, Callable[[int], int]]] = {"ddim": lambda steps: steps}
    outlier_score_name = "denoising loss, ten levels"

    def __init__(
        self,
        data: DataSpec,
        *,
        net: str = "mlp",
        width: int = 256,
        steps: int = 1000,
        schedule: str = "cosine",
        lr: float = 2e-3,
        ema: float = 0.995,
    ) -> None:
        super().__init__()
        self.shape = data.shape
        self.unit_range = data.unit_range
        self.net = nets.denoiser(data, net=net, width=width)
        alphas = {"cosine": cosine_alphas, "linear": linear_alphas}[schedule](steps)
        self.register_buffer("alphas", alphas.float())
        self.alphas: Tensor
        self.lr, self.ema = lr, ema

    def objectives(self) -> list[Objective]:
        return [Objective("denoising", self.parameters(), self.loss, optimizer=Adam(lr=self.lr), ema=self.ema)]

    def loss(self, batch: Batch) -> Tensor:
        x = self._to_net(batch.x)
        t = (torch.rand_like(x.flatten(1)[:, 0]) * len(self.alphas)).long()
        return self._errors(x, torch.randn_like(x), t).mean()

    def _errors(self, x: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """Mean squared error of the predicted noise at t (0 … T-1): (B,)."""
        alpha = self.alphas[t].view(-1, *(1,) * (x.ndim - 1))
        noisy = alpha.sqrt() * x + (1 - alpha).sqrt() * eps
        return ((self.noise(noisy, t) - eps) ** 2).flatten(1).mean(1)

    def noise(self, x: Tensor, t: Tensor) -> Tensor:
        """ε_θ(x, t), t (B,) in 0 … T-1."""
        eps: Tensor = self.net(x, (t + 1) / len(self.alphas))
        return eps

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.solve(n, kind="ddim", steps=50, generator=generator)

    def solve(self, n: int, *, kind: str, steps: int, generator: torch.Generator) -> Tensor:
        """DDIM through every (T / steps)-th level."""
        if steps > len(self.alphas):
            raise Unsupported(f"{kind}{steps} takes more steps than the chain has: at most {len(self.alphas)}.")
        device = generator.device
        x = torch.randn(n, *self.shape, generator=generator, device=device)
        times = (torch.arange(steps, device=device) * len(self.alphas) // steps).flip(0)
        return self._descended(x, times)

    def _descended(self, x: Tensor, times: Tensor) -> Tensor:
        """Data (B, *shape) by DDIM from x at the first of these falling times, through the others."""
        ones = torch.ones(1, device=times.device)
        alphas = torch.cat([self.alphas[times], ones])  # one look-up: no wait for the device
        for t, alpha, after in zip(times, alphas, alphas[1:], strict=False):
            eps = self.noise(x, t.expand(len(x)))
            if self.unit_range:
                eps = self._clipped(x, eps, alpha)
            x, _ = ddim_step(x, eps, alpha, after)
        return self._from_net(x)

    def partial_reconstruction(self, x: Tensor) -> Tensor:
        """Noised to T/4, the same fixed noise for each example, and back by DDIM in 12 steps."""
        x = self._to_net(x)
        quarter = max(1, len(self.alphas) // 4)
        falling = sorted({i * quarter // PARTIAL_STEPS for i in range(1, PARTIAL_STEPS + 1)} - {0}, reverse=True)
        times = torch.tensor(falling, device=x.device) - 1
        alpha = self.alphas[times[0]]
        noise = torch.randn(self.shape, generator=seeded_generator("partial")).to(x.device)
        return self._descended(alpha.sqrt() * x + (1 - alpha).sqrt() * noise, times)

    def _clipped(self, x: Tensor, eps: Tensor, alpha: Tensor) -> Tensor:
        """The noise that makes x̂_0 lie within the data's range."""
        x0 = ((x - (1 - alpha).sqrt() * eps) / alpha.sqrt()).clamp(-1, 1)
        return (x - alpha.sqrt() * x0) / (1 - alpha).sqrt()

    def outlier_score(self, x: Tensor) -> Tensor:
        """Mean denoising error over ten evenly spaced levels, with the same fixed noise for each example."""
        x = self._to_net(x)
        noise = torch.randn(10, *self.shape, generator=seeded_generator("denoising")).to(x.device)
        levels = torch.linspace(0.05, 0.95, 10, device=x.device) * len(self.alphas)
        errors = [
            self._errors(x, eps.expand_as(x), level.long().expand(len(x)))
            for eps, level in zip(noise, levels, strict=True)
        ]
        return torch.stack(errors).mean(0)

    def _to_net(self, x: Tensor) -> Tensor:
        return 2 * x - 1 if self.unit_range else x

    def _from_net(self, x: Tensor) -> Tensor:
        return (x.clamp(-1, 1) + 1) / 2 if self.unit_range else x
