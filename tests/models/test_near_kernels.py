"""A kernel density by the kernels within reach equals the one by all kernels."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from sklearn.neighbors import KDTree

from genbench.data.loading import load_dataset
from genbench.models import classical
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


def test_on_a_narrow_law_few_kernels_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    class Counted(KDTree):
        def query_radius(self, *args: Any, **options: Any) -> Any:
            nonlocal looked
            found = super().query_radius(*args, **options)
            looked += sum(map(len, found[1]))
            return found

    monkeypatch.setattr(classical, "KDTree", Counted)
    ring = load_dataset("ring8")
    model = classical.KDE(ring.spec)
    model.learn(ring.train.x[:5000].double(), torch.Generator().manual_seed(0))
    places = ring.reference.x[:500]
    assert torch.isfinite(model.log_prob(places)).all()
    assert looked < len(places) * 5000 / 7  # no other of the eight modes
