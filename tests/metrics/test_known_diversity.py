"""Known answers of the Vendi score, duplicates, modes and class readings."""

from __future__ import annotations

import math

import pytest
import torch
from laws import Normal, ring8
from oracles import gen, normal, number, values

from genbench.metrics.classes import Readings, class_spread
from genbench.metrics.inception_score import inception_score
from genbench.metrics.laws import ModelLaw
from genbench.metrics.modes import mode_kl
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.toys import density_metrics, mode_metrics, mode_metrics_from_labels
from genbench.metrics.vendi import vendi_score


def test_equal_rows_count_as_one() -> None:
    assert vendi_score(torch.ones(40, 7)).value == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("d", [12, 30])
def test_orthonormal_rows_count_as_many(d: int) -> None:
    assert vendi_score(torch.eye(d)[:12]).value == pytest.approx(12, rel=1e-6)


@pytest.mark.parametrize("repeat", [1, 10])
def test_three_to_one_in_two_directions(repeat: int) -> None:
    x = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]]).repeat(repeat, 1)
    assert vendi_score(x).value == pytest.approx(1.754765, abs=1e-6)


def test_both_sides_of_vendi_agree() -> None:
    x = normal(40, 60)
    narrow = vendi_score(x).value
    wide = vendi_score(torch.cat([x, x], 0)).value  # 80 rows of 60 features: the same shares, from the other side
    assert narrow == pytest.approx(wide, rel=1e-9)


def test_vendi_error_is_the_spread_over_samples() -> None:
    scores = [vendi_score(normal(300, 4, i) + 0.5) for i in range(60)]
    spread = float(torch.tensor([s.value for s in scores]).std())
    assert sum(s.error for s in scores) / 60 == pytest.approx(spread, rel=0.25)


def test_vendi_ratio_refuses_unlike_n() -> None:
    assert values(normal(50, 4), normal(40, 4), "vendi-ratio")["vendi-ratio"].value is None
    assert number(normal(50, 4), normal(50, 4), "vendi-ratio") == pytest.approx(1)


def test_duplicates_of_a_mean_image_are_all_and_of_distinct_points_none() -> None:
    x = normal(100, 3)
    assert number(x, x[:1].repeat(100, 1), "duplicate-rate") == 1
    assert number(x, normal(100, 3, 1), "duplicate-rate") < 0.05
    twice = torch.cat([normal(30, 3, 1), normal(30, 3, 1), normal(40, 3, 2)])
    assert number(x, twice, "duplicate-rate") == pytest.approx(0.6, abs=0.02)


def test_inception_score_of_sure_and_balanced_readings_is_the_number_of_classes() -> None:
    assert inception_score(torch.eye(10).repeat(20, 1)).value == pytest.approx(10, rel=1e-6)
    assert inception_score(torch.full((100, 10), 0.1)).value == pytest.approx(1, rel=1e-6)


def test_inception_score_needs_ten_samples_a_class() -> None:
    readings = Readings(probabilities=torch.eye(10).repeat(9, 1))
    case = {"metrics": ["inception-score"], "generator": gen(), "readings": readings}
    found = feature_metrics(PointSet(normal(90, 2)), normal(90, 2), **case)
    assert "100 in all" in (found["inception-score"].reason or "")


def test_the_true_sampler_finds_all_modes() -> None:
    law = ring8()
    found = mode_metrics(law, law.sample(20_000, generator=gen()), metrics=["modes", "mode-kl"], generator=gen())
    assert found["modes"].value == 8
    assert found["modes:high-quality"].value == pytest.approx(1 - math.exp(-4.5), abs=0.003)


def test_uniform_draws_see_their_expected_number_of_cells() -> None:
    seen = []
    for seed in range(50):
        mode = torch.randint(1000, (2000,), generator=gen(seed))
        seen.append(mode_metrics_from_labels(mode, torch.full((1000,), 1e-3), metrics=["modes"])["modes"].value)
    assert sum(seen) / 50 == pytest.approx(864.8, abs=4)


def test_mode_kl_under_the_truth_has_its_null_mean() -> None:
    weights = torch.full((8,), 1 / 8)
    seen = [mode_kl(torch.randint(8, (2000,), generator=gen(i)), weights) for i in range(400)]
    assert sum(seen) / 400 == pytest.approx(7 / 4000, rel=0.15)


def test_a_dropped_mode_costs_kl_and_a_mode() -> None:
    law = ring8()
    x = law.sample(2500, generator=gen())
    kept = x[(x - law.modes[0]).norm(dim=1) > 1]
    found = mode_metrics(law, kept, metrics=["modes", "mode-kl"])
    assert found["modes"].value == 7
    assert found["mode-kl"].value == pytest.approx(math.log(8 / 7), abs=0.01)


def test_laws_without_modes_say_so() -> None:
    found = density_metrics(Normal(0.0), ModelLaw(torch.randn(100, 1, generator=gen())), metrics=["modes"])
    assert "no separate modes" in (found["modes"].reason or "")


def test_class_spread_of_halved_distances_is_half() -> None:
    x, y = normal(200, 4), torch.arange(200) % 3
    ratios = class_spread(x, y, 0.5 * x, y)
    assert ratios.tolist() == pytest.approx([0.5] * 3, rel=1e-9)


def test_condition_accuracy_counts_obedience() -> None:
    readings = Readings(generated=torch.tensor([0, 1, 2, 2]), asked=torch.tensor([0, 1, 1, 2]), accuracy=0.97)
    case = {"metrics": ["condition-accuracy"], "generator": gen(), "readings": readings}
    value = feature_metrics(PointSet(normal(4, 2)), normal(4, 2), **case)["condition-accuracy"]
    assert value.value == 0.75
    assert value.details["ruler_accuracy"] == 0.97
