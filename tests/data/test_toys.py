"""Toys: the exact density integrates to 1, its entropy and its samples agree with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from genbench.core import seeds
from genbench.data.loading import load_dataset
from genbench.protocols.dataset import Dataset

NAMES = ["two-bumps", "ring8", "grid25", "two-moons", "spiral", "checkerboard", "pinwheel"]
BOXES = {
    "two-bumps": 6.0,
    "ring8": 2.2,
    "grid25": 4.4,
    "two-moons": 3.0,
    "spiral": 3.7,
    "checkerboard": 4.0,
    "pinwheel": 5.0,
}
SIDES = {"ring8": 400, "grid25": 400, "checkerboard": 400}


def grid(data: Dataset) -> tuple[torch.Tensor, float]:
    """Midpoints of a box that holds the law, and the size of a cell."""
    half, d, side = BOXES[data.name], data.spec.size, SIDES.get(data.name, 300)
    line = (torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 * half - half
    return torch.cartesian_prod(*[line] * d).reshape(-1, d), (2 * half / side) ** d


@pytest.fixture(scope="module", params=NAMES)
def toy(request: pytest.FixtureRequest) -> Dataset:
    return load_dataset(request.param)


def test_the_density_integrates_to_one_and_its_entropy_is_the_stated_one(toy: Dataset) -> None:
    assert toy.density is not None
    points, cell = grid(toy)
    log_p = toy.density.log_prob(points)
    p = log_p.exp() * cell
    assert p.sum().item() == pytest.approx(1, abs=1e-6)
    entropy = -(p[p > 0] * log_p[p > 0]).sum().item()
    assert toy.density.entropy == pytest.approx(entropy, abs=2e-5)


def test_samples_follow_the_density(toy: Dataset) -> None:
    """Kolmogorov-Smirnov of the reference along two directions, and the mean log-density."""
    assert toy.density is not None
    points, cell = grid(toy)
    p = toy.density.log_prob(points).exp() * cell
    for weights in ([1.0, 0.31], [-0.27, 1.0]):
        direction = torch.tensor(weights[: toy.spec.size], dtype=torch.float64)
        along, order = (points @ direction).sort()
        below = p[order].cumsum(0) - p[order] / 2
        found = toy.reference.x.double() @ direction
        assert stats.kstest(found, lambda v, a=along, c=below: np.interp(v, a, c)).pvalue > 1e-4
    log_p = toy.density.log_prob(toy.reference.x)
    error = log_p.std().item() / math.sqrt(len(log_p))
    assert -log_p.mean().item() == pytest.approx(toy.density.entropy, abs=4.5 * error + 1e-9)


def test_fewer_samples_are_a_prefix_of_more_and_every_split_is_its_own(toy: Dataset) -> None:
    assert toy.density is not None
    few, more = (seeds.draw(toy.density.sample, n, "test") for n in (700, 1_200))
    assert more.dtype == torch.float32 and few.equal(more[:700])
    assert not toy.train.x[:10_000].equal(toy.reference.x)
    assert not toy.reference.x.equal(toy.ceiling.x)


def test_modes_carry_the_samples() -> None:
    """A draw lies within 3 σ of its mode with probability 1 − exp(−4.5) in two dimensions."""
    for name in ("ring8", "grid25"):
        data = load_dataset(name)
        law = data.density
        assert law is not None and law.modes is not None and law.mode_sigma is not None
        assert data.reference.y is not None
        distance = (data.reference.x - law.modes[data.reference.y]).norm(dim=1)
        share = (distance < 3 * law.mode_sigma).double().mean().item()
        assert share == pytest.approx(1 - math.exp(-4.5), abs=0.005)


def test_the_entropy_of_ring8_is_that_of_well_separated_modes() -> None:
    law = load_dataset("ring8").density
    assert law is not None
    assert law.entropy == pytest.approx(math.log(8) + 1 + math.log(2 * math.pi) + 2 * math.log(0.02), abs=1e-9)


def test_the_checkerboard_has_no_density_off_its_squares() -> None:
    data = load_dataset("checkerboard")
    assert data.density is not None
    assert data.density.log_prob(data.train.x).isfinite().all()
    assert data.density.log_prob(torch.tensor([[1.0, -1.0], [-5.0, 0.0]])).tolist() == [-math.inf, -math.inf]
