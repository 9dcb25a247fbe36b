"""The networks that every model shares, so that a comparison changes the objective and not the network.

Three roles: `encoder` (x to a vector), `decoder` (a code to x), `denoiser` (x and a time to x). One number, `width`,
sizes a backbone; at equal width an encoder with a decoder and a denoiser alone have parameter counts within 10 %.
No layer mixes the examples of a batch, so that one by one equals batched.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genbench.protocols.dataset import DataSpec


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers of these sizes with SiLU between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


class Centre(nn.Module):
    """[0, 1] to [-1, 1] where the data are so bounded; anything else unchanged."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.unit_range = data.unit_range

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x - 1 if self.unit_range else x


class Squash(nn.Module):
    """A decoder's unbounded output to the data's range: a sigmoid for [0, 1], else the identity."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.unit_range = data.unit_range

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x) if self.unit_range else x


def latent_size(data: DataSpec, asked: int | None) -> int:
    """The latent size: as asked, else 16 for images and at most 8 for points and tables (never above D)."""
    if asked is not None:
        return asked
    return 16 if data.is_image else min(8, data.size)


def encoder(data: DataSpec, outputs: int, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """(B, *shape) -> (B, outputs)."""
    _known(net)
    return nn.Sequential(Centre(data), nn.Flatten(), mlp([data.size, width, width, outputs]))


def decoder(data: DataSpec, latent: int, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """(B, latent) -> (B, *shape), unbounded (logits or means)."""
    _known(net)
    return nn.Sequential(mlp([latent, width, width, data.size]), nn.Unflatten(1, data.shape))


def denoiser(data: DataSpec, *, net: str = "mlp", width: int = 256) -> nn.Module:
    """((B, *shape), t (B,) in [0, 1]) -> (B, *shape), unbounded."""
    _known(net)
    return MlpDenoiser(data, width)


class TimeEmbedding(nn.Module):
    """Sines and cosines of t in [0, 1] at geometric frequencies up to 1,000: (B,) -> (B, features)."""

    def __init__(self, features: int = 32) -> None:
        super().__init__()
        frequencies = torch.exp(torch.linspace(0.0, math.log(1000.0), features // 2))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.frequencies  # type: ignore[operator]
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class MlpDenoiser(nn.Module):
    """Three hidden layers, each told the time; the middle ones are residual."""

    def __init__(self, data: DataSpec, width: int, features: int = 32) -> None:
        super().__init__()
        self.embed = TimeEmbedding(features)
        self.first = nn.Linear(data.size, width)
        self.middle = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.last = nn.Linear(width, data.size)
        self.times = nn.Linear(features, width)
        self.activation = nn.SiLU()

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time = self.times(self.embed(t))
        h = self.activation(self.first(x.flatten(1)) + time)
        for layer in self.middle:
            h = h + self.activation(layer(h) + time)
        out: Tensor = self.last(h)
        return out.view_as(x)


def _known(net: str) -> None:
    if net != "mlp":
        raise ValueError(f"no backbone is called {net!r}: take 'mlp'")
