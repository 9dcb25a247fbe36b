"""Known answers of MIND, of the RKE score, and of the density at a marked value."""

from __future__ import annotations

import math

import pytest
import torch
from laws import Normal
from oracles import normal, number, values

from genbench.core.values import Kind, Status
from genbench.data.mixtures import Mixture
from genbench.metrics.laws import ModelLaw
from genbench.metrics.toys import density_metrics
from genbench.metrics.vendi import rke_score, vendi_score


@pytest.mark.parametrize("d", [1, 5, 64])
def test_mind_of_a_shift_is_three_times_its_square(d: int) -> None:
    x, v = normal(200, d), torch.linspace(0.5, 1, d, dtype=torch.float64)
    assert number(x, x + v, "mind") == pytest.approx(3 * float(v.square().sum()), rel=1e-9)


def test_mind_of_equal_sets_is_0_and_of_scaled_ones_their_second_moment() -> None:
    x = normal(300, 8) + 1
    assert number(x, x, "mind") == 0
    second = float(x.square().sum(1).mean())
    assert number(x, 1.5 * x, "mind") == pytest.approx(3 * 0.25 * second, rel=1e-9)  # each line: (1 - c)² E x²


def test_mind_carries_the_interval_of_the_sliced_distance_squared() -> None:
    x, y = normal(300, 6), normal(300, 6, 1) + 0.7
    found = values(x, y, "mind", "sliced-wasserstein")
    mind, sliced = found["mind"], found["sliced-wasserstein"]
    assert mind.kind is Kind.ESTIMATE and mind.details["directions"] >= 1_000
    assert mind.value == pytest.approx(18 * sliced.value**2, rel=0.05)  # other directions
    width, of = mind.ci_high - mind.ci_low, sliced.ci_high - sliced.ci_low
    assert width == pytest.approx(36 * sliced.value * of, rel=0.1)


@pytest.mark.parametrize("d", [12, 30])
def test_rke_counts_what_is_alike_once(d: int) -> None:
    assert rke_score(torch.ones(40, d)).value == pytest.approx(1, rel=1e-6)
    assert rke_score(torch.eye(d)[:12]).value == pytest.approx(12, rel=1e-6)


def test_three_to_one_in_two_directions_has_an_rke_of_1_6() -> None:
    x = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]]).repeat(10, 1)
    assert rke_score(x).value == pytest.approx(1 / (9 / 16 + 1 / 16), abs=1e-6)


def test_both_sides_of_rke_agree_and_it_is_at_most_vendi() -> None:
    x = normal(40, 60)
    assert rke_score(x).value == pytest.approx(rke_score(torch.cat([x, x])).value, rel=1e-9)
    assert rke_score(x).value < vendi_score(x).value


def test_the_error_of_rke_is_the_spread_over_samples() -> None:
    scores = [rke_score(normal(300, 4, i) + 0.5) for i in range(60)]
    spread = float(torch.tensor([s.value for s in scores]).std())
    assert sum(s.error for s in scores) / 60 == pytest.approx(spread, rel=0.25)


def test_rke_settles_at_fewer_samples_than_vendi() -> None:
    """A long tail of rare directions: eigenvalues like 1 / i."""
    scale = torch.arange(1, 513, dtype=torch.float64).rsqrt()
    few, many = normal(150, 512) * scale, normal(3_000, 512, 1) * scale
    rke, vendi = (f(few).value / f(many).value for f in (rke_score, vendi_score))
    assert abs(1 - rke) < 0.25 < abs(1 - vendi)


def test_a_row_of_zeros_has_no_direction() -> None:
    found = values(normal(50, 4), torch.cat([torch.zeros(1, 4), normal(49, 4)]), "rke")["rke"]
    assert found.status is Status.UNSUPPORTED and "row" in found.reason


def bump(mean: float, *, mark: float | None = None) -> Mixture:
    """N(mean, 1) as a mixture of one."""
    return Mixture(torch.tensor([[mean]]), torch.ones(1, dtype=torch.float64), 1.0, mark=mark)


def test_the_density_at_the_mark_is_a_ratio_of_two() -> None:
    other = Normal(1.0)
    law = ModelLaw(other.sample(10_000, generator=torch.Generator().manual_seed(0)), other.log_prob)
    found = density_metrics(bump(0.0, mark=2.0), law, metrics=["density-at"])["density-at"]
    assert found.value == pytest.approx(math.exp(-0.5) / math.exp(-2), rel=1e-6) and found.kind is Kind.EXACT
    assert found.details["p_data"] == pytest.approx(math.exp(-2) / math.sqrt(2 * math.pi), rel=1e-6)


@pytest.mark.parametrize(("mean", "ratio"), [(0.0, 1.0), (1.0, math.exp(1.5))])
def test_samples_speak_for_the_density_near_the_mark(mean: float, ratio: float) -> None:
    x = Normal(mean).sample(50_000, generator=torch.Generator().manual_seed(1))
    found = density_metrics(bump(0.0, mark=2.0), ModelLaw(x), metrics=["density-at"])["density-at"]
    assert found.kind is Kind.ESTIMATE and found.ci_low < ratio < found.ci_high
    assert found.value == pytest.approx(ratio, rel=0.1)


def test_a_law_without_a_mark_says_so() -> None:
    x = Normal(0.0).sample(2_000, generator=torch.Generator().manual_seed(1))
    found = density_metrics(bump(0.0), ModelLaw(x), metrics=["density-at"])["density-at"]
    assert found.value is None and "no marked value" in found.reason
