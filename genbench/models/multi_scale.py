"""RealNVP's form for images: convolutional couplings over several scales (Dinh et al. 2017, section 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genbench.models.convnets import Residual
from genbench.models.couplings import Coupling, Flow, Invertible

SQUEEZES = 2
"""Times that the image is squeezed and half of it factored out: sides that 4 divides."""

BLOCKS = 2
"""Residual blocks of a coupling's net."""


class Squeeze(nn.Module):
    """(B, C, H, W) <-> (B, 4 C, H/2, W/2): each 2 × 2 square becomes channels, place by place (figure 3)."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log |dz/dx| = 0."""
        b, c, h, w = x.shape
        z = x.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(b, 4 * c, h // 2, w // 2)
        return z, x.new_zeros(b)

    def inverse(self, z: Tensor) -> Tensor:
        b, c, h, w = z.shape
        return z.reshape(b, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(b, c // 4, 2 * h, 2 * w)


class MultiScale(Invertible):
    """Flat images (B, D) to (B, D). At each of two scales `count` couplings with checkerboard masks, a squeeze, `count`
    with channel-wise masks, then half of the channels are factored out (eqs. 14 to 16); at the last one count + 1 with
    checkerboard masks."""

    def __init__(self, shape: Sequence[int], count: int, channels: int) -> None:
        super().__init__()
        size = tuple(shape)
        self.shapes, scales = [size], []
        for _ in range(SQUEEZES):
            c, h, w = self.shapes[-1]
            half = torch.arange(4 * c).view(-1, 1, 1) < 2 * c
            layers = alternating(checkerboard(h, w), c, count, channels)
            layers += [Squeeze(), *alternating(half.long(), 4 * c, count, channels)]
            scales.append(Flow(layers))
            self.shapes.append((2 * c, h // 2, w // 2))
        c, h, w = self.shapes[-1]
        self.last = Flow(alternating(checkerboard(h, w), c, count + 1, channels))
        self.scales = nn.ModuleList(scales)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, D), what was factored out first in front, and log |dz/dx| (B,)."""
        x, parts, log_det = x.reshape(-1, *self.shapes[0]), [], x.new_zeros(len(x))
        for scale in self.scales:
            x, change = scale(x)
            x, out = x.chunk(2, 1)
            parts.append(out.flatten(1))
            log_det = log_det + change
        x, change = self.last(x)
        return torch.cat([*parts, x.flatten(1)], 1), log_det + change

    def inverse(self, z: Tensor) -> Tensor:
        sizes = [math.prod(shape) for shape in self.shapes[1:]]
        *parts, x = torch.split(z, [*sizes, sizes[-1]], 1)
        x = self.last.inverse(x.reshape(-1, *self.shapes[-1]))
        for i in reversed(range(SQUEEZES)):
            out = parts[i].reshape(-1, *self.shapes[i + 1])
            x = self.scales[i].inverse(torch.cat([x, out], 1))  # type: ignore[operator]
        return torch.flatten(x, 1)


def checkerboard(height: int, width: int) -> Tensor:
    """(H, W) of 0 and 1 by turns."""
    return (torch.arange(height)[:, None] + torch.arange(width)) % 2


def alternating(mask: Tensor, depth: int, count: int, channels: int) -> list[nn.Module]:
    """Couplings with this mask and its opposite by turns, on images of `depth` channels."""
    return [Coupling(mask if i % 2 == 0 else 1 - mask, residual_net(depth, channels)) for i in range(count)]


def residual_net(depth: int, channels: int) -> nn.Sequential:
    """(B, depth, H, W) -> (B, 2 depth, H, W). The last layer starts at 0, and so the flow at the identity."""
    last = nn.Conv2d(channels, 2 * depth, 3, 1, 1)
    for parameter in last.parameters():
        nn.init.zeros_(parameter)
    first = nn.Conv2d(depth, channels, 3, 1, 1)
    return nn.Sequential(first, *(Residual(channels, channels) for _ in range(BLOCKS)), nn.SiLU(), last)
