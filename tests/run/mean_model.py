"""The smallest model that trains and samples, which the models of the plugin files here go wrong from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench import DataSpec, GenerativeModel, Objective


class MeanModel(GenerativeModel):
    """Learns the mean example; its samples are that with a little noise."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.data = data
        self.mean = nn.Parameter(torch.full(data.shape, 0.5))

    def objectives(self) -> list[Objective]:
        return [Objective("mse", self.parameters(), self.loss)]

    def loss(self, batch) -> Tensor:  # type: ignore[no-untyped-def]
        return (batch.x - self.mean).square().mean()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        noise = torch.randn(n, *self.data.shape, generator=generator, device=generator.device)
        return (self.mean + 0.1 * noise).clamp(0, 1)
