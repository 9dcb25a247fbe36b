"""On the CPU convolutions train channels last, and nobody can tell but by the clock."""

from __future__ import annotations

import torch
from torch import nn
from training_toys import CPU, weights

from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Adam, Budget, GenerativeModel, Objective
from genbench.training.indices import ShuffledIndices
from genbench.training.trainer import build, fit


class ConvAE(GenerativeModel):
    def __init__(self, data):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.SiLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Flatten(), nn.Linear(192, 192)
        )

    def objectives(self):
        return [Objective("mse", self.parameters(), self.loss, optimizer=Adam(lr=1e-3))]

    def loss(self, batch):
        return (self.net(batch.x) - batch.x.flatten(1)).square().mean()


def test_it_ends_where_a_plain_layout_ends_and_lies_as_it_did():
    x = torch.rand(64, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    split = Split(x)
    data = Dataset("noise", DataSpec((3, 8, 8), (0.0, 1.0)), split, split, split, split)
    ours, by_hand = (build(ConvAE, data.spec, {}, seed=0) for _ in range(2))
    layouts = []
    real = ours.loss

    def loss(batch):
        layouts.append(ours.net[0].weight.is_contiguous(memory_format=torch.channels_last))
        return real(batch)

    ours.loss = loss
    fit(ours, data, Budget(steps=30, batch=16), seed=0, device=CPU)
    adam = torch.optim.Adam(by_hand.parameters(), lr=1e-3)
    for rows in ShuffledIndices(64, 0).slice(0, 480).split(16):
        adam.zero_grad()
        loss_by_hand = (by_hand.net(x[rows]) - x[rows].flatten(1)).square().mean()
        loss_by_hand.backward()
        adam.step()
    assert all(layouts) and len(layouts) == 1 + 30  # a dry run counts operations
    assert torch.allclose(weights(ours), weights(by_hand), rtol=1e-3, atol=1e-4)
    assert all(p.is_contiguous() for p in ours.parameters())
