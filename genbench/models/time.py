"""The time as a network's input."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class TimeEmbedding(nn.Module):
    """Sines and cosines of t in [0, 1] at geometric frequencies up to 1,000: (B,) -> (B, features)."""

    def __init__(self, features: int = 32) -> None:
        super().__init__()
        frequencies = torch.exp(torch.linspace(0.0, math.log(1000.0), features // 2))
        self.frequencies: Tensor
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)
