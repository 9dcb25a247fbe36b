"""Diffusion in continuous time: EDM's preconditioned denoiser, and flow matching along straight lines."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from genbench.core.seeds import generator as seeded_generator
from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective

QUARTER = 5
"""Of the 18 levels of a sample, the last ones that a partial reconstruction goes through."""
PARTIAL_STEPS = 6


class ContinuousDiffusion(GenerativeModel):
    """A net of (x, time) in [-1, 1] for images, as it is elsewhere; subclasses give `loss` and `sample`."""

    outlier_score_name = "denoising loss, ten levels"

    def __init__(
        self, data: DataSpec, *, net: str = "mlp", width: int = 256, lr: float = 2e-3, ema: float = 0.995
    ) -> None:
        super().__init__()
        self.shape, self.unit_range = data.shape, data.unit_range
        self.net = nets.denoiser(data, net=net, width=width)
        self.lr, self.ema = lr, ema

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr)
        return [Objective("denoising", self.parameters(), self.loss, optimizer=adam, ema=self.ema)]

    def loss(self, batch: Batch) -> Tensor:
        """The batch's mean of what is minimised."""
        raise NotImplementedError

    def error(self, x: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """The loss of each example at a level in (0, 1) of the noise's law: (B,)."""
        raise NotImplementedError

    def outlier_score(self, x: Tensor) -> Tensor:
        """Mean loss over ten evenly spaced levels, with the same fixed noise for each example."""
        x = self.to_net(x)
        noise = torch.randn(10, *self.shape, generator=seeded_generator("denoising")).to(x)
        levels = torch.linspace(0.05, 0.95, 10, device=x.device)
        pairs = zip(noise, levels, strict=True)
        return torch.stack([self.error(x, eps.expand_as(x), level.expand(len(x))) for eps, level in pairs]).mean(0)

    def partial_reconstruction(self, x: Tensor) -> Tensor:
        """Noised for a quarter of the way, the same fixed noise for each example, and back by the model's own rule."""
        noise = torch.randn(self.shape, generator=seeded_generator("partial")).to(x)
        return self.from_net(self.there_and_back(self.to_net(x), noise))

    def there_and_back(self, x: Tensor, noise: Tensor) -> Tensor:
        """(B, *shape) as the net sees them, and noise (*shape) -> the same, as the net sees them."""
        raise NotImplementedError

    def to_net(self, x: Tensor) -> Tensor:
        """Data as the net sees them."""
        return 2 * x - 1 if self.unit_range else x

    def from_net(self, x: Tensor) -> Tensor:
        """The net's data as the user sees them."""
        return (x.clamp(-1, 1) + 1) / 2 if self.unit_range else x


def wide(values: Tensor, x: Tensor) -> Tensor:
    """(B,) shaped to multiply x (B, *shape)."""
    return values.view(-1, *(1,) * (x.ndim - 1))


def karras_levels(steps: int, low: float = 0.002, high: float = 80.0, rho: float = 7.0) -> Tensor:
    """σ_0 = high … σ_{steps-1} = low, then 0 (Karras et al. 2022, eq. 5): (steps + 1,)."""
    share = torch.arange(steps) / max(1, steps - 1)
    levels = (high ** (1 / rho) + share * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    return torch.cat([levels, torch.zeros(1)])


class EDM(ContinuousDiffusion):
    """min E λ(σ) ‖D(x + σ n; σ) - x‖², D = c_skip x + c_out F(c_in x; ¼ ln σ), ln σ ~ N(-1.2, 1.2²)
    (Karras et al. 2022, arXiv:2206.00364, table 1 and eq. 8; σ_data = 0.5 on images, 1 elsewhere).

    Samples by Heun's method without churn, 18 levels, 35 network evaluations (algorithm 1).
    """

    sampler = "heun18 (35 evaluations)"
    solvers: ClassVar[Mapping[str, Callable[[int], int]]] = {
        "euler": lambda steps: steps,
        "heun": lambda steps: 2 * steps - 1,  # the last step, to σ = 0, is Euler's
    }

    def __init__(
        self, data: DataSpec, *, net: str = "mlp", width: int = 256, lr: float = 1e-3, ema: float = 0.995
    ) -> None:
        super().__init__(data, net=net, width=width, lr=lr, ema=ema)
        self.spread = 0.5 if data.is_image else 1.0

    def denoised(self, x: Tensor, sigma: Tensor) -> Tensor:
        """D(x; σ), σ (B,)."""
        s, d = wide(sigma, x), self.spread
        total = (s**2 + d**2).sqrt()
        time = (sigma.log() / 4 + 2) / 4  # ¼ ln σ of the paper's range, moved into [0, 1] where the embedding lives
        out: Tensor = self.net(x / total, time)
        return d**2 / total**2 * x + s * d / total * out

    def loss(self, batch: Batch) -> Tensor:
        x = self.to_net(batch.x)
        return self._weighted(
            x, torch.randn_like(x), torch.exp(1.2 * torch.randn_like(x.flatten(1)[:, 0]) - 1.2)
        ).mean()

    def error(self, x: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        return self._weighted(x, noise, torch.exp(1.2 * torch.special.ndtri(level) - 1.2))

    def _weighted(self, x: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        weight = (sigma**2 + self.spread**2) / (sigma * self.spread) ** 2
        error = (self.denoised(x + wide(sigma, x) * noise, sigma) - x).square().flatten(1).mean(1)
        return weight * error

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.solve(n, kind="heun", steps=18, generator=generator)

    def solve(self, n: int, *, kind: str, steps: int, generator: torch.Generator) -> Tensor:
        """dx/dσ = (x - D(x; σ)) / σ from σ = 80 to 0."""
        sigmas: list[float] = karras_levels(steps).tolist()  # Python numbers: no wait for the device
        x = sigmas[0] * torch.randn(n, *self.shape, generator=generator, device=generator.device)
        return self.from_net(self._descended(x, sigmas, kind=kind))

    def there_and_back(self, x: Tensor, noise: Tensor) -> Tensor:
        """The last five of the 18 levels: from σ = 0.14."""
        sigmas: list[float] = karras_levels(18).tolist()[-QUARTER - 1 :]
        return self._descended(x + sigmas[0] * noise, sigmas, kind="heun")

    def _descended(self, x: Tensor, sigmas: Sequence[float], *, kind: str) -> Tensor:
        n, device = len(x), x.device
        for now, after in itertools.pairwise(sigmas):
            slope = (x - self.denoised(x, torch.full((n,), now, device=device))) / now
            ahead = x + (after - now) * slope
            if kind == "heun" and after > 0:
                there = torch.full((n,), after, device=device)
                slope = 0.5 * (slope + (ahead - self.denoised(ahead, there)) / after)
                ahead = x + (after - now) * slope
            x = ahead
        return x


class FlowMatching(ContinuousDiffusion):
    """min E‖v(x_t, t) - (x - n)‖², x_t = (1-t) n + t x, t ~ U(0, 1), n ~ N(0, I): conditional flow matching along
    straight lines (Lipman et al. 2023, arXiv:2210.02747, eq. 23 with σ_min = 0; Liu et al. 2023, arXiv:2209.03003).

    Samples by the midpoint rule, 25 steps, 50 network evaluations.
    """

    sampler = "midpoint25 (50 evaluations)"
    solvers: ClassVar[Mapping[str, Callable[[int], int]]] = {
        "euler": lambda steps: steps,
        "heun": lambda steps: 2 * steps,
        "midpoint": lambda steps: 2 * steps,
    }

    def loss(self, batch: Batch) -> Tensor:
        x = self.to_net(batch.x)
        return self.error(x, torch.randn_like(x), torch.rand_like(x.flatten(1)[:, 0])).mean()

    def error(self, x: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        t = wide(level, x)
        velocity: Tensor = self.net((1 - t) * noise + t * x, level)
        return (velocity - (x - noise)).square().flatten(1).mean(1)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.solve(n, kind="midpoint", steps=25, generator=generator)

    def solve(self, n: int, *, kind: str, steps: int, generator: torch.Generator) -> Tensor:
        """dx/dt = v(x, t) from t = 0 to 1 in equal steps."""
        x = torch.randn(n, *self.shape, generator=generator, device=generator.device)
        return self.from_net(self._ascended(x, [i / steps for i in range(steps)], 1 / steps, kind=kind))

    def there_and_back(self, x: Tensor, noise: Tensor) -> Tensor:
        """From t = 0.75 in six midpoint steps."""
        start, step = 0.75, 0.25 / PARTIAL_STEPS
        times = [start + i * step for i in range(PARTIAL_STEPS)]
        return self._ascended((1 - start) * noise + start * x, times, step, kind="midpoint")

    def _ascended(self, x: Tensor, times: Sequence[float], step: float, *, kind: str) -> Tensor:
        for time in times:
            t = torch.full((len(x),), time, device=x.device)
            slope = self.net(x, t)
            if kind == "midpoint":
                slope = self.net(x + 0.5 * step * slope, t + 0.5 * step)
            if kind == "heun":
                slope = 0.5 * (slope + self.net(x + step * slope, t + step))
            x = x + step * slope
        return x
