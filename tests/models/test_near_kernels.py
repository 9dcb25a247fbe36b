"""A kernel density by the kernels within reach equals the one by all kernels."""

from __future__ import annotations

import math

import pytest
import torch

from genbench.models.classical import near_kernels


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("h", [1e-3, 0.05, 2.0])
def test_the_kernels_within_reach_are_all_that_count(size: int, h: float) -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(300, size, generator=generator, dtype=torch.float64)
    x = torch.cat([points[:20], 3 * torch.randn(40, size, generator=generator, dtype=torch.float64)])
    squares = (x[:, None] - points).square().sum(2)
    every = (-squares / (2 * h**2)).logsumexp(1) - math.log(300) - size * math.log(h) - size / 2 * math.log(2 * math.pi)
    torch.testing.assert_close(near_kernels(x, points, h), every, rtol=1e-10, atol=1e-9)
