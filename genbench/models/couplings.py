"""Invertible maps: affine couplings, and layers one after another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.models import nets
from genbench.models.likelihoods import standard_log_prob


class Coupling(nn.Module):
    """Values where the mask is 0 are scaled and shifted by a net of those where it is 1 (RealNVP, eqs. 4 and 5).

    `net`: (B, C, ...) -> (B, 2 C, ...); the mask is broadcast over an example.
    """

    def __init__(self, mask: Tensor, net: nn.Module) -> None:
        super().__init__()
        self.mask: Tensor
        self.register_buffer("mask", mask.float(), persistent=False)
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log |dz/dx|."""
        log_scale, shift = self._told(x)
        return x * log_scale.exp() + shift, log_scale.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        log_scale, shift = self._told(z)
        return (z - shift) * (-log_scale).exp()

    def _told(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift = self.net(x * self.mask).chunk(2, 1)
        free = 1 - self.mask
        return 2 * torch.tanh(log_scale / 2) * free, shift * free


class Invertible(nn.Module):
    """A map of (B, D) to a standard normal; subclasses give it, its volume and its inverse."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, D) and log |dz/dx| (B,)."""
        raise NotImplementedError

    def inverse(self, z: Tensor) -> Tensor:
        """x (B, D) of z (B, D)."""
        raise NotImplementedError

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density: (B, D) -> (B,)."""
        z, log_det = self(x)
        return torch.add(standard_log_prob(z), log_det)


class Flow(Invertible):
    """Invertible layers one after another; each may see (B, D) or images."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z, shaped as the last layer gives it, and log |dz/dx| (B,)."""
        log_det = x.new_zeros(len(x))
        for layer in self.layers:
            x, change = layer(x)
            log_det = log_det + change
        return x, log_det

    def inverse(self, z: Tensor) -> Tensor:
        for layer in reversed(self.layers):
            z = layer.inverse(z)  # type: ignore[operator]
        return z


def couplings(size: int, count: int, hidden: int) -> Flow:
    """RealNVP over vectors: alternating halves, even and odd places first, then seeded random ones."""
    seed = torch.Generator().manual_seed(0)
    masks = [torch.arange(size) % 2]
    for _ in range((count - 1) // 2):
        masks.append((torch.randperm(size, generator=seed) % 2) if size > 2 else masks[0])
    pairs = [m for mask in masks for m in (mask, 1 - mask)]
    return Flow([Coupling(mask, nets.mlp([size, hidden, hidden, 2 * size])) for mask in pairs[:count]])
