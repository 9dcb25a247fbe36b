"""Known answers of Wasserstein distances and two-sample tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from oracles import gen, normal, number, values
from scipy.stats import wasserstein_distance

from genbench.metrics import wasserstein
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.wasserstein import line_cost, line_potential, orthonormal, sliced_wasserstein, wasserstein_1


@pytest.mark.parametrize("d", [1, 2, 7, 300])
def test_a_shift_is_exact_over_whole_bases(d: int) -> None:
    x, v = normal(80, d), normal(1, d, 1)
    assert number(x, x + v, "sliced-wasserstein") == pytest.approx(float(v.norm()) / math.sqrt(d), rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 70), (13, 200), (1, 5)])
def test_wasserstein_1_is_scipys(n: int, m: int) -> None:
    x, y = normal(n, 1)[:, 0], 2 * normal(m, 1, 1)[:, 0] + 1
    assert wasserstein_1(x, y) == pytest.approx(wasserstein_distance(x.numpy(), y.numpy()), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (30, 45)])
def test_one_direction_is_pots_optimal_transport(n: int, m: int) -> None:
    ot = pytest.importorskip("ot", reason="POT is not installed: pip install POT")
    x, y, direction = normal(n, 2), normal(m, 2, 1) + 1, orthonormal(2, gen())[:, :1]
    lines = (x @ direction).T.sort(1).values, (y @ direction).T.sort(1).values
    expected = ot.wasserstein_1d(lines[0][0].numpy(), lines[1][0].numpy(), p=2)
    assert float(line_cost(*lines, 2)) == pytest.approx(float(expected), rel=1e-9)


def test_sliced_wasserstein_is_pots_in_two_dimensions() -> None:
    ot = pytest.importorskip("ot", reason="POT is not installed: pip install POT")
    x, y = normal(60, 2), normal(60, 2, 1) * torch.tensor([2.0, 0.5]) + 0.3
    angle = np.linspace(0, np.pi, 2000, endpoint=False)
    directions = np.stack([np.cos(angle), np.sin(angle)])
    expected = ot.sliced_wasserstein_distance(x.numpy(), y.numpy(), projections=directions, p=2)
    assert number(x, y, "sliced-wasserstein") == pytest.approx(float(expected), rel=0.01)


def test_sliced_wasserstein_is_at_most_the_distance_in_the_plane() -> None:
    ot = pytest.importorskip("ot", reason="POT is not installed: pip install POT")
    x, y = normal(60, 2), normal(60, 2, 1) * torch.tensor([2.0, 0.5]) + 0.3
    whole = ot.emd2(np.full(60, 1 / 60), np.full(60, 1 / 60), ot.dist(x.numpy(), y.numpy()))
    assert number(x, y, "sliced-wasserstein") ** 2 * 2 <= whole + 1e-9


def test_one_law_leaves_the_classifier_guessing_and_disjoint_sets_do_not() -> None:
    x = normal(600, 5)
    assert number(x, normal(600, 5, 1), "c2st") == pytest.approx(0.5, abs=3 * 0.5 / math.sqrt(600))
    assert number(x, x + 50, "c2st") == 1


def test_nearest_neighbours_of_one_law_of_disjoint_sets_and_of_copies() -> None:
    x = normal(600, 5)
    assert number_of(x, normal(600, 5, 1)) == pytest.approx([0.5] * 3, abs=3.5 * 0.5 / math.sqrt(600) * math.sqrt(2))
    assert number_of(x, x + 50) == [1, 1, 1]
    assert number_of(x, x.clone()) == [0, 0, 0]


def number_of(x: torch.Tensor, y: torch.Tensor) -> list[float]:
    found = values(x, y, "nn-accuracy")
    return [found[f"nn-accuracy:{target}"].value for target in ("all", "real", "generated")]


def test_a_collapsed_model_has_low_real_and_high_generated_accuracy() -> None:
    x = normal(300, 5)
    _, real, generated = number_of(x, x[:1] + 0.01 * normal(300, 5, 1))
    assert generated > 0.99
    assert real > 0.9


@pytest.mark.parametrize(("d", "shift", "scale", "m"), [(1, 1.0, 1.0, 200), (2, 0.0, 2.0, 300), (20, 0.5, 0.5, 300)])
def test_the_error_of_sliced_wasserstein_is_its_spread_over_samples(d: int, shift: float, scale: float, m: int) -> None:
    x, found = normal(200, d), []
    for seed in range(60):
        found.append(sliced_wasserstein(x, shift + scale * normal(m, d, seed + 1), gen(seed)))
    spread = float(torch.tensor([one.value for one in found]).std())
    assert sum(one.error for one in found) / 60 == pytest.approx(spread, rel=0.25)


def test_the_potential_is_the_slope_of_the_cost_in_the_mass_at_a_point() -> None:
    x, y = normal(40, 1)[:, 0].sort().values[None], (1 + 0.5 * normal(40, 1, 1))[:, 0].sort().values[None]
    psi = line_potential(x, y)[0]
    heavier = torch.cat([y.repeat(1, 50), y[:, 10:11].repeat(1, 20), y[:, 30:31].repeat(1, 20)], 1).sort(1).values
    step = 20 / (40 * 50 + 40)  # the share of mass that was moved to each of the two
    grown = float(line_cost(x, heavier, 2)) - float(line_cost(x, y, 2))
    assert grown == pytest.approx(float(step * (psi[10] + psi[30])), rel=0.1)


@pytest.mark.parametrize("kept", [0, 2**22])
def test_directions_that_were_drawn_before_give_the_same_distance(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wasserstein, "KEPT", kept)
    x, y = normal(200, 3), normal(150, 3, 1) + 0.3
    on = wasserstein.lines(x, gen(4))
    assert bool(on.sorted) == bool(kept)
    assert sliced_wasserstein(x, y, gen(5), on=on) == sliced_wasserstein(x, y, gen(4))


def test_rows_of_one_seed_share_the_lines_of_the_reference() -> None:
    reference, generator = PointSet(normal(90, 3)), gen(1)
    drawn = []
    for seed in (2, 3):
        rows = normal(80, 3, seed)
        found = feature_metrics(reference, rows, metrics=["sliced-wasserstein"], generator=generator)
        drawn.append(found["sliced-wasserstein"].value)
        alone = feature_metrics(PointSet(normal(90, 3)), rows, metrics=["sliced-wasserstein"], generator=generator)
        assert alone == found
    assert drawn[0] != drawn[1] and len(reference.once("lines", dict)) == 1
