"""Convolutional backbones: plain strided ones, residual ones, and the U-Net that denoises. Sized by `channels`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.models.time import TimeEmbedding

NARROW = 8
"""Channels at the lowest resolution, where maps meet vectors: so a few more outputs cost few parameters."""


def encoder(net: str, shape: Sequence[int], outputs: int, channels: int) -> nn.Module:
    """(B, C, H, W) -> (B, outputs)."""
    body, features = trunk(net, shape, channels)
    return nn.Sequential(body, nn.Linear(features, outputs))


def trunk(net: str, shape: Sequence[int], channels: int) -> tuple[nn.Sequential, int]:
    """(B, C, H, W) -> (B, features) by `conv` (two halvings) or `resnet` (three), and the number of features."""
    c, (depth, height, width) = channels, shape
    if net == "conv":
        body = nn.Sequential(
            nn.Conv2d(depth, c, 4, 2, 1),
            nn.SiLU(),
            nn.Conv2d(c, 2 * c, 4, 2, 1),
            nn.SiLU(),
            nn.Conv2d(2 * c, 2 * c, 3, 1, 1),
            nn.SiLU(),
            nn.Conv2d(2 * c, NARROW, 1),
            nn.SiLU(),
            nn.Flatten(),
        )
        return he(body), NARROW * (height // 4) * (width // 4)
    body = nn.Sequential(
        nn.Conv2d(depth, c, 3, 1, 1),
        Residual(c, 2 * c),
        nn.AvgPool2d(2),
        Residual(2 * c, 2 * c),
        nn.AvgPool2d(2),
        Residual(2 * c, 2 * c),
        nn.AvgPool2d(2),
        nn.SiLU(),
        nn.Conv2d(2 * c, NARROW, 1),
        nn.SiLU(),
        nn.Flatten(),
    )
    return he(body), NARROW * (height // 8) * (width // 8)


def decoder(net: str, shape: Sequence[int], latent: int, channels: int) -> nn.Module:
    """(B, latent) -> (B, C, H, W): the encoder run backwards, with a norm before its last layer.

    Without it a mostly black set drove the outputs of three autoencoders in ten to -50 and below within 20 steps, where
    the squared error of a sigmoid has no gradient: they showed one black image for good.
    """
    c, (depth, height, width) = channels, shape
    if net == "conv":
        low = (NARROW, height // 4, width // 4)
        layers = nn.Sequential(
            nn.Linear(latent, low[0] * low[1] * low[2]),
            nn.SiLU(),
            nn.Unflatten(1, low),
            nn.Conv2d(NARROW, 2 * c, 1),
            nn.SiLU(),
            nn.Conv2d(2 * c, 2 * c, 3, 1, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(2 * c, c, 4, 2, 1),
            _norm(c),
            nn.SiLU(),
            nn.ConvTranspose2d(c, depth, 4, 2, 1),
        )
        return he(layers)
    low = (NARROW, height // 8, width // 8)
    layers = nn.Sequential(
        nn.Linear(latent, low[0] * low[1] * low[2]),
        nn.SiLU(),
        nn.Unflatten(1, low),
        nn.Conv2d(NARROW, 2 * c, 1),
        Residual(2 * c, 2 * c),
        nn.Upsample(scale_factor=2),
        Residual(2 * c, 2 * c),
        nn.Upsample(scale_factor=2),
        Residual(2 * c, c),
        nn.Upsample(scale_factor=2),
        _norm(c),
        nn.SiLU(),
        nn.Conv2d(c, depth, 3, 1, 1),
    )
    return he(layers)


def he(layers: nn.Sequential) -> nn.Sequential:
    """Weights of variance 2 / (inputs of one output), biases 0, so that a signal passes layers without norms
    (He et al. 2015, arXiv:1502.01852, eq. 10).

    With torch's own initial weights two images differed by 1e-5 after the ten layers of an autoencoder, and some models
    ended in one black image. `nn.init.kaiming_normal_` counts a transposed convolution's inputs wrongly.
    """
    for layer in layers.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):
                inputs = layer.weight[:, 0].numel() // math.prod(layer.stride)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return layers


class Residual(nn.Module):
    """Norm, SiLU, convolution, twice, around a shortcut; with `features` it takes the time as input."""

    def __init__(self, inputs: int, outputs: int, features: int = 0) -> None:
        super().__init__()
        self.norms = nn.ModuleList([_norm(inputs), _norm(outputs)])
        self.convolutions = nn.ModuleList([nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)])
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        self.times = nn.Linear(features, outputs) if features else None

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        h = self.convolutions[0](functional.silu(self.norms[0](x)))
        if self.times is not None and time is not None:
            h = h + self.times(time)[:, :, None, None]
        h = self.convolutions[1](functional.silu(self.norms[1](h)))
        out: Tensor = self.shortcut(x) + h
        return out


class UNet(nn.Module):
    """Residual blocks over `levels` resolutions with skips; the form of Ho et al. 2020 without attention."""

    def __init__(self, shape: Sequence[int], channels: int, levels: int, features: int = 32) -> None:
        super().__init__()
        widths = [channels] + [2 * channels] * (levels - 1)
        self.embed = nn.Sequential(TimeEmbedding(features), nn.Linear(features, 2 * features), nn.SiLU())
        self.first = nn.Conv2d(shape[0], channels, 3, 1, 1)
        ins = [channels, *widths[:-1]]
        self.down = nn.ModuleList(Residual(a, b, 2 * features) for a, b in zip(ins, widths, strict=True))
        self.middle = Residual(widths[-1], widths[-1], 2 * features)
        outs = [*reversed(ins)]
        self.up = nn.ModuleList(Residual(2 * b, a, 2 * features) for a, b in zip(outs, reversed(widths), strict=True))
        self.last = nn.Sequential(_norm(channels), nn.SiLU(), nn.Conv2d(channels, shape[0], 3, 1, 1))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time = self.embed(t)
        h, skips = self.first(x), []
        for i, block in enumerate(self.down):
            h = block(h if i == 0 else functional.avg_pool2d(h, 2), time)
            skips.append(h)
        h = self.middle(h, time)
        for i, block in enumerate(self.up):
            h = h if i == 0 else functional.interpolate(h, scale_factor=2.0)
            h = block(torch.cat([h, skips.pop()], 1), time)
        out: Tensor = self.last(h)
        return out


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(next(g for g in (8, 4, 2, 1) if channels % g == 0), channels)
