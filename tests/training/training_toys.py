"""Tiny models and data for the trainer's tests."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genbench.core.gradients import input_gradient
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective


def toy_data(n: int = 256, d: int = 6) -> Dataset:
    """Points near a line in [0, 1]^d, two classes."""
    g = torch.Generator().manual_seed(0)
    t = torch.rand(n, 1, generator=g)
    x = (t * torch.linspace(0.2, 0.9, d) + 0.05 * torch.rand(n, d, generator=g)).clamp(0, 1)
    split = Split(x, (t[:, 0] > 0.5).long())
    return Dataset("toy", DataSpec((d,), (0.0, 1.0), 2), split, split, split, split)


class TinyVAE(GenerativeModel):
    def __init__(self, data: DataSpec, *, latent: int = 2, hidden: int = 16) -> None:
        super().__init__()
        self.latent = latent
        self.enc = nn.Sequential(nn.Linear(data.size, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, data.size))

    def objectives(self) -> list[Objective]:
        return [Objective("elbo", self.parameters(), self.loss, optimizer=Adam(lr=1e-2))]

    def loss(self, batch: Batch) -> Tensor:
        mu, logvar = self.enc(batch.x).chunk(2, dim=-1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        error = F.mse_loss(self.dec(z), batch.x, reduction="none").sum(-1)
        return (10 * error - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(-1)).mean()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        z = torch.randn(n, self.latent, generator=generator, device=generator.device)
        return self.dec(z).clamp(0, 1)


class TinyGAN(GenerativeModel):
    def __init__(self, data: DataSpec, *, critic_steps: int = 3) -> None:
        super().__init__()
        self.critic_steps = critic_steps
        self.g = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, data.size))
        self.d = nn.Sequential(nn.Linear(data.size, 8), nn.ReLU(), nn.Linear(8, 1))

    def objectives(self) -> list[Objective]:
        return [
            Objective("critic", self.d.parameters(), self.critic, steps=self.critic_steps),
            Objective("generator", self.g.parameters(), self.generator),
        ]

    def fake(self, n: int) -> Tensor:
        return self.g(torch.randn(n, 2, device=self.g[0].weight.device))

    def critic(self, batch: Batch) -> Tensor:
        fake = self.fake(len(batch.x))
        return F.softplus(-self.d(batch.x)).mean() + F.softplus(self.d(fake)).mean()

    def generator(self, batch: Batch) -> Tensor:
        return F.softplus(-self.d(self.fake(len(batch.x)))).mean()


def weights(model: nn.Module) -> Tensor:
    """All parameters and buffers in one vector."""
    return torch.cat([t.detach().reshape(-1).double() for t in model.state_dict().values()])


SHORT = Budget(images=3_200, batch=32)
CPU = torch.device("cpu")


class BatchNormVAE(TinyVAE):
    """With batch statistics, and a counter that is given a new tensor at each step."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        first = nn.Linear(data.size, 16, bias=False)
        self.enc = nn.Sequential(first, nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2 * self.latent))
        self.register_buffer("count", torch.zeros(()))

    def loss(self, batch: Batch) -> Tensor:
        self.count = self.count + 1
        return super().loss(batch)


class PenaltyGAN(TinyGAN):
    """A critic with a gradient penalty, clipped gradients and an averaged generator."""

    def objectives(self) -> list[Objective]:
        generator = super().objectives()[1]
        return [
            Objective("critic", self.d.parameters(), self.critic, steps=2, clip=0.5),
            Objective("generator", generator.parameters, generator.loss, ema=0.9, optimizer=Adam(schedule="cosine")),
        ]

    def critic(self, batch: Batch) -> Tensor:
        penalty = (input_gradient(self.d, batch.x).norm(dim=1) - 1).square().mean()
        return super().critic(batch) + penalty
