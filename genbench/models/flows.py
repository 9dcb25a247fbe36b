"""Normalising flows with exact densities: RealNVP's couplings and masked autoregressive flow."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.core.errors import Unsupported
from genbench.core.values import Kind
from genbench.models import nets, noise
from genbench.models.likelihoods import standard_log_prob
from genbench.models.masked import MADE
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective

LEVELS = 256
MARGIN = 0.05


class Coupling(nn.Module):
    """Values where the mask is 0 are scaled and shifted by a net of those where it is 1 (RealNVP, eqs. 4 and 5)."""

    def __init__(self, mask: Tensor, hidden: int) -> None:
        super().__init__()
        self.mask: Tensor
        self.register_buffer("mask", mask.float(), persistent=False)
        size = len(mask)
        self.net = nets.mlp([size, hidden, hidden, 2 * size])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log |dz/dx|."""
        log_scale, shift = self._told(x)
        return x * log_scale.exp() + shift, log_scale.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        log_scale, shift = self._told(z)
        return (z - shift) * (-log_scale).exp()

    def _told(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift = self.net(x * self.mask).chunk(2, 1)
        free = 1 - self.mask
        return 2 * torch.tanh(log_scale / 2) * free, shift * free


class Autoregressive(nn.Module):
    """z_i = (x_i - μ_i) exp(-α_i), (μ_i, α_i) from x_1 … x_{i-1} by MADE (MAF, eqs. 2 to 4), in the order given."""

    def __init__(self, order: Tensor, hidden: int) -> None:
        super().__init__()
        self.order: Tensor
        self.register_buffer("order", order, persistent=False)
        self.made = MADE(len(order), 2, hidden=hidden)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log |dz/dx|."""
        x = x[:, self.order]
        shift, log_scale = self._told(x)
        return (x - shift) * (-log_scale).exp(), -log_scale.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        x = torch.zeros_like(z)
        for i in range(len(self.order)):
            shift, log_scale = self._told(x)
            x[:, i] = z[:, i] * log_scale[:, i].exp() + shift[:, i]
        return x[:, self.order.argsort()]

    def _told(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shift, log_scale = self.made(x).unbind(2)
        return shift, 3 * torch.tanh(log_scale / 3)


class Flow(nn.Module):
    """Invertible layers one after another over (B, D), to a standard normal."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, D) and log |dz/dx| (B,)."""
        log_det = torch.zeros_like(x[:, 0])
        for layer in self.layers:
            x, change = layer(x)
            log_det = log_det + change
        return x, log_det

    def inverse(self, z: Tensor) -> Tensor:
        for layer in reversed(self.layers):
            z = layer.inverse(z)  # type: ignore[operator]
        return z

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density: (B, D) -> (B,)."""
        z, log_det = self(x)
        return torch.add(standard_log_prob(z), log_det)


def couplings(size: int, count: int, hidden: int) -> Flow:
    """RealNVP over vectors: alternating halves, even and odd places first, then seeded random ones."""
    seed = torch.Generator().manual_seed(0)
    masks = [torch.arange(size) % 2]
    for _ in range((count - 1) // 2):
        masks.append((torch.randperm(size, generator=seed) % 2) if size > 2 else masks[0])
    pairs = [m for mask in masks for m in (mask, 1 - mask)]
    return Flow([Coupling(mask, hidden) for mask in pairs[:count]])


def autoregressions(size: int, count: int, hidden: int) -> Flow:
    """MAF over vectors: the order turned around after each layer."""
    forward = torch.arange(size)
    return Flow([Autoregressive(forward if i % 2 == 0 else forward.flip(0), hidden) for i in range(count)])


class FlowModel(GenerativeModel):
    """max E log p(x), p exact; subclasses say which flow.

    Values in [0, 1] are taken as 256 grey levels: y = (round(255 x) + u)/256, u ~ U(0, 1), at evaluation made from the
    example's own values, then logit(0.05 + 0.9 y) (RealNVP, section 4.1). The density is of y in [0, 1], so that the
    uniform one costs 8 bits a value; samples are levels.
    """

    sampler = "exact"
    likelihood_kind = Kind.EXACT
    likelihood = "exact; on [0, 1] dequantised to 256 levels by uniform noise"

    def __init__(self, data: DataSpec, flow: Flow, *, lr: float) -> None:
        super().__init__()
        self.shape, self.unit_range, self.lr = data.shape, data.unit_range, lr
        self.flow = flow

    def objectives(self) -> list[Objective]:
        return [Objective("likelihood", self.parameters(), self.loss, optimizer=Adam(lr=self.lr), clip=10.0)]

    def loss(self, batch: Batch) -> Tensor:
        x = batch.x.flatten(1)
        return -self._log_prob(x, torch.rand_like(x) if self.unit_range else None).mean()

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        x = x.flatten(1)
        return self._log_prob(x, noise.uniform(noise.key(x), x.shape[1]).to(x.dtype) if self.unit_range else None)

    def _log_prob(self, x: Tensor, u: Tensor | None) -> Tensor:
        if u is None:
            return self.flow.log_prob(x)
        y = (torch.round((LEVELS - 1) * x) + u) / LEVELS
        inner = MARGIN + (1 - 2 * MARGIN) * y
        change = math.log(1 - 2 * MARGIN) - (inner * (1 - inner)).log()
        return self.flow.log_prob(torch.logit(inner)) + change.sum(1)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        size = math.prod(self.shape)
        y = self.flow.inverse(torch.randn(n, size, generator=generator, device=generator.device))
        if self.unit_range:
            inner = (functional.sigmoid(y) - MARGIN) / (1 - 2 * MARGIN)
            y = torch.floor(LEVELS * inner).clamp(0, LEVELS - 1) / (LEVELS - 1)
        return y.view(n, *self.shape)


class RealNVP(FlowModel):
    """Affine couplings (Dinh et al. 2017, arXiv:1605.08803) over flat vectors: six for images, eight elsewhere; its
    multi-scale convolutions are left out. Hidden sizes within the family's parameter budget."""

    def __init__(
        self, data: DataSpec, *, net: str = "mlp", width: int = 256, layers: int | None = None, lr: float = 3e-3
    ) -> None:
        super().__init__(data, _fitted(couplings, data, net, width, layers or (6 if data.is_image else 8)), lr=lr)


class MAF(FlowModel):
    """Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): five layers of MADE, eight on points.
    Its batch normalisation is left out. Sampling takes D passes a layer."""

    def __init__(
        self, data: DataSpec, *, net: str = "mlp", width: int = 256, layers: int | None = None, lr: float = 3e-3
    ) -> None:
        super().__init__(data, _fitted(autoregressions, data, net, width, layers or (5 if data.size > 8 else 8)), lr=lr)


def _fitted(kind: Callable[[int, int, int], Flow], data: DataSpec, net: str, width: int, layers: int) -> Flow:
    """A flow of so many layers, its nets as wide as the family's parameter budget allows."""
    if net != "mlp":
        raise Unsupported(f"this flow works on flat vectors with the backbone 'mlp', and {net!r} was asked for.")

    def make(hidden: int) -> Flow:
        return kind(data.size, layers, hidden)

    return make(nets.fitted_width(make, nets.budget(data, net, width), step=2))
