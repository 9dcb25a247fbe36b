"""Small datasets for the models' tests: drawn here, so that these tests need no file and no other package."""

import math

import torch

from genbench.protocols.dataset import Dataset, DataSpec, Split


class Ring:
    """Eight round Gaussians on a circle of radius 2."""

    entropy = math.log(8) + 1 + math.log(2 * math.pi) + 2 * math.log(0.02)
    modes = torch.tensor([[2 * math.cos(i * math.pi / 4), 2 * math.sin(i * math.pi / 4)] for i in range(8)])
    mode_weights = torch.full((8,), 1 / 8)
    mode_sigma = 0.02

    def sample(self, n, *, generator):
        return self.modes[torch.randint(8, (n,), generator=generator)] + 0.02 * torch.randn(n, 2, generator=generator)

    def log_prob(self, x):
        normal = torch.distributions.Normal(self.modes, self.mode_sigma)
        return (normal.log_prob(x[:, None]).sum(2) + self.mode_weights.log()).logsumexp(1)


def ring(n=1000):
    """The ring as a dataset with exact density."""
    law, generator = Ring(), torch.Generator().manual_seed(0)
    splits = [Split(law.sample(size, generator=generator)) for size in (n, 0, n // 2, n // 2)]
    return Dataset("ring", DataSpec((2,)), *splits, density=law)


def stripes(n=400):
    """8×8 images in [0, 1]: class 0 has horizontal stripes, class 1 vertical ones, each with random grey levels."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(2 * n) % 2
    levels = torch.rand(2 * n, 8, generator=generator).round(decimals=1)
    rows = levels[:, None, :, None].expand(-1, 1, 8, 8)
    x = torch.where(y[:, None, None, None] == 0, rows, rows.transpose(2, 3)).contiguous()
    parts = [Split(x[a:b], y[a:b]) for a, b in ((0, n), (n, n), (n, n + n // 2), (n + n // 2, 2 * n))]
    return Dataset("stripes", DataSpec((1, 8, 8), (0.0, 1.0), 2), *parts)


def table(n=400):
    """Five standardised columns, two of them tied together."""
    x = torch.randn(2 * n, 5, generator=torch.Generator().manual_seed(0))
    x[:, 1] = 0.9 * x[:, 0] + 0.1 * x[:, 1]
    parts = [Split(x[a:b]) for a, b in ((0, n), (n, n), (n, n + n // 2), (n + n // 2, 2 * n))]
    return Dataset("table", DataSpec((5,)), *parts)
