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
from genbench.models.couplings import Flow, Invertible, couplings
from genbench.models.masked import MADE
from genbench.models.multi_scale import MultiScale
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective

LEVELS = 256
MARGIN = 0.05


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
        shift, log_scale = _bounded(self.made(x))
        return (x - shift) * (-log_scale).exp(), -log_scale.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        def values(part: slice, told: Tensor) -> Tensor:
            shift, log_scale = _bounded(told)
            return z[:, part] * log_scale.exp() + shift

        x: Tensor = self.made(z, block=values)
        return x[:, self.order.argsort()]


def _bounded(told: Tensor) -> tuple[Tensor, Tensor]:
    """(…, 2) -> shift and log scale, the latter within ±3."""
    shift, log_scale = told.unbind(-1)
    return shift, 3 * torch.tanh(log_scale / 3)


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

    def __init__(self, data: DataSpec, flow: Invertible, *, lr: float) -> None:
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
    """Affine couplings (Dinh et al. 2017, arXiv:1605.08803), sized by the family's parameter budget.

    `mlp`: `layers` couplings over flat vectors, six for images and eight elsewhere. `conv`, for images: the paper's
    multi-scale form with convolutional couplings, `layers` (three) for each mask at each scale. `lr` is 3e-3 and 1e-3.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        net: str = "mlp",
        width: int = 256,
        layers: int | None = None,
        lr: float | None = None,
    ) -> None:
        if net == "conv":
            count = layers or 3
            flow = _fitted(lambda channels: MultiScale(data.shape, count, channels), data, net, width)
        else:
            count = layers or (6 if data.is_image else 8)
            flow = _fitted(
                lambda hidden: couplings(data.size, count, hidden),
                data,
                _flat(net, " and on images with 'conv'"),
                width,
            )
        super().__init__(data, flow, lr=lr or (1e-3 if net == "conv" else 3e-3))


class MAF(FlowModel):
    """Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): five layers of MADE, eight on points.
    Its batch normalisation is left out. Sampling takes D steps a layer, and the work of one pass."""

    def __init__(
        self, data: DataSpec, *, net: str = "mlp", width: int = 256, layers: int | None = None, lr: float = 3e-3
    ) -> None:
        count = layers or (5 if data.size > 8 else 8)
        flow = _fitted(lambda hidden: autoregressions(data.size, count, hidden), data, _flat(net), width)
        super().__init__(data, flow, lr=lr)


def _flat(net: str, also: str = "") -> str:
    if net != "mlp":
        raise Unsupported(f"this flow works on flat vectors with the backbone 'mlp'{also}, and {net!r} was asked for.")
    return net


def _fitted(make: Callable[[int], Invertible], data: DataSpec, net: str, width: int) -> Invertible:
    """A flow whose nets are as wide as the family's parameter budget allows."""
    return make(nets.fitted_width(make, nets.budget(data, net, width), step=2))
