"""Known answers of precision, recall, density, coverage and their clipped variants."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import normal, number, values

from genbench.metrics.manifold import realism
from genbench.metrics.pointset import PointSet

ALL = ("precision", "recall", "density", "coverage")


def numbers(r: torch.Tensor, g: torch.Tensor, *metrics: str) -> dict[str, float]:
    return {key: value.value for key, value in values(r, g, *metrics).items()}


def test_identical_distinct_sets_score_exactly_1() -> None:
    x = normal(200, 5)
    assert numbers(x, x.clone(), *ALL) == dict.fromkeys(ALL, 1.0)


def test_sets_far_apart_score_exactly_0() -> None:
    x = normal(200, 5)
    assert numbers(x, x + 1e3, *ALL) == dict.fromkeys(ALL, 0.0)


@pytest.mark.parametrize(("n", "m", "expected"), [(400, 400, 0.96933), (400, 150, 0.79862)])
def test_coverage_of_the_truth_has_its_closed_form(n: int, m: int, expected: float) -> None:
    assert 1 - math.prod((n - i) / (n + m - i) for i in range(1, 6)) == pytest.approx(expected, abs=1e-5)
    seen = torch.tensor([number(normal(n, 3, 2 * i), normal(m, 3, 2 * i + 1), "coverage") for i in range(40)])
    assert float(seen.mean()) == pytest.approx(expected, abs=4 * float(seen.std()) / math.sqrt(40))


def test_density_of_the_truth_is_1_on_average() -> None:
    seen = torch.tensor([number(normal(400, 3, 2 * i), normal(400, 3, 2 * i + 1), "density") for i in range(40)])
    assert float(seen.mean()) == pytest.approx(1, abs=4 * float(seen.std()) / math.sqrt(40))


def test_swapping_the_sets_swaps_precision_and_recall() -> None:
    x, y = normal(200, 6), 0.7 * normal(150, 6, 1) + 0.2
    forth, back = numbers(x, y, "precision", "recall"), numbers(y, x, "precision", "recall")
    assert forth["precision"] == back["recall"]
    assert forth["recall"] == back["precision"]


@pytest.mark.parametrize("alpha", [1.0, 0.8, 0.5, 0.2])
def test_clipped_variants_are_linear_in_the_share_of_good_samples(alpha: float) -> None:
    good, found = round(400 * alpha), {"clipped-density": [], "clipped-coverage": []}
    for seed in range(20):
        fake = normal(400, 4, 2 * seed + 1)
        fake[good:] += 100
        for key, value in numbers(normal(400, 4, 2 * seed), fake, *found).items():
            found[key].append(value)
    for seen in found.values():
        assert sum(seen) / 20 == pytest.approx(alpha, abs=0.03)


def test_clipped_variants_of_identical_sets_are_1() -> None:
    x = normal(300, 4)
    assert numbers(x, x, "clipped-density", "clipped-coverage") == {"clipped-density": 1.0, "clipped-coverage": 1.0}


def test_a_constant_set_has_no_balls_and_says_so() -> None:
    value = values(torch.ones(20, 3), torch.ones(20, 3), "precision")["precision"]
    assert value.value == 0
    assert "radii" in (value.reason or "")


def test_constant_samples_against_real_data_do_not_crash() -> None:
    x = normal(100, 3)
    found = values(x, x[:1].repeat(100, 1), *ALL)
    assert found["recall"].value == 0
    assert found["precision"].value == 1


@pytest.mark.parametrize("n", [1, 5])
def test_fewer_points_than_a_radius_needs_is_a_status_with_the_count(n: int) -> None:
    value = values(normal(n, 3), normal(50, 3), "density")["density"]
    assert value.value is None
    assert str(n) in (value.reason or "")


def test_realism_is_high_near_the_data_and_low_far_away() -> None:
    x = normal(200, 4)
    near, far = x[:5] + 1e-3, x[:5] + 30
    scores = [realism(x, PointSet(x).radii2, g) for g in (near, far)]
    assert float(scores[0].median()) > 1
    assert bool((scores[1] < 0.2).all())


def test_realism_is_its_formula() -> None:
    x, g = normal(50, 3), normal(20, 3, 1)
    radii = torch.cdist(x, x).sort(1).values[:, 5]
    half = radii.argsort()[:25]
    expected = (radii[half] / torch.cdist(g, x[half])).amax(1)
    assert realism(x, PointSet(x).radii2, g).tolist() == pytest.approx(expected.tolist(), rel=1e-9)
