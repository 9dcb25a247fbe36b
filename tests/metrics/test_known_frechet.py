"""Known answers of the Fréchet distance: closed forms, invariances, both sides of the product, bias."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import ON_FEATURES, frechet, gen, normal, number, values

from genbench.metrics.frechet import Moments, bias_floor, extrapolate, frechet_distance, influence, moments
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.wasserstein import orthonormal


def mixed(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return normal(n, d, seed) @ normal(d, d, seed + 100) / math.sqrt(d) + normal(1, d, seed + 200)


def test_a_shift_costs_its_squared_length() -> None:
    x, v = mixed(200, 6), normal(1, 6, 9)
    assert number(x, x + v, "frechet") == pytest.approx(float(v.square().sum()), rel=1e-6)


def test_a_scaling_costs_its_closed_form() -> None:
    x, c = mixed(200, 6), 1.7
    total = float(x.T.cov().trace() + x.mean(0).square().sum())
    assert number(x, c * x, "frechet") == pytest.approx((1 - c) ** 2 * total, rel=1e-6)


def test_moments_alone_give_what_the_rows_give_and_say_what_needs_rows() -> None:
    x, y = mixed(2000, 6), 1.1 * mixed(600, 6, 5)
    known = PointSet.from_moments(x.mean(0), x.T.cov())
    names = ("frechet", "frechet-inf", "vendi", "precision", "kid", "mmd-rbf", "vendi-ratio")
    found = feature_metrics(known, y, metrics=names, generator=gen())
    rows = values(x, y, *names)
    for name in ("frechet", "frechet-inf", "vendi"):
        assert (found[name].value, found[name].ci_low) == pytest.approx((rows[name].value, rows[name].ci_low), rel=1e-9)
    assert all("mu and sigma" in (found[name].reason or "") for name in names[3:])
    assert {(value.n, value.m) for value in found.values()} == {(None, 600)}


@pytest.mark.parametrize(("n", "d"), [(200, 6), (30, 50), (2, 3)])
def test_a_set_is_at_distance_0_from_itself_and_never_below(n: int, d: int) -> None:
    x = mixed(n, d)
    assert 0 <= number(x, x, "frechet") < 1e-6 * float(x.square().sum())


def test_in_one_dimension_it_is_means_and_deviations() -> None:
    x, y = mixed(300, 1), 2 * mixed(200, 1, 5) + 1
    expected = (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2
    assert number(x, y, "frechet") == pytest.approx(float(expected), rel=1e-6)


def test_commuting_covariances_give_squared_root_differences() -> None:
    a, b = torch.tensor([4.0, 1.0, 0.25]).double(), torch.tensor([1.0, 9.0, 0.0]).double()
    basis = orthonormal(3, gen())
    sides = [Moments(100, torch.zeros(3).double(), given=basis @ torch.diag(s) @ basis.T) for s in (a, b)]
    assert frechet_distance(*sides) == pytest.approx(float((a.sqrt() - b.sqrt()).square().sum()), rel=1e-6)


@pytest.mark.parametrize("n", [300, 40])
def test_one_rotation_of_both_changes_nothing(n: int) -> None:
    x, y, basis = mixed(n, 60), mixed(n, 60, 3), orthonormal(60, gen(4))
    assert number(x @ basis, y @ basis, "frechet") == pytest.approx(number(x, y, "frechet"), rel=1e-6)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 30), (40, 300), (300, 40), (300, 300), (61, 60)])
def test_every_side_of_the_product_gives_the_textbook_value(n: int, m: int) -> None:
    x, y = mixed(n, 60), mixed(m, 60, 3)
    assert number(x, y, "frechet") == pytest.approx(frechet(x, y), rel=2e-5)


def test_both_sides_agree_without_a_matrix_square_root() -> None:
    x, y = mixed(40, 60), mixed(35, 60, 3)
    given = [Moments(len(z), z.mean(0), given=z.T.cov()) for z in (x, y)]
    assert frechet_distance(moments(x), moments(y)) == pytest.approx(frechet_distance(*given), rel=1e-6)


@pytest.mark.parametrize(("d", "mean", "draws"), [(32, 0.5925, 60), (128, 8.520, 8)])
def test_two_samples_of_one_normal_are_apart_by_the_bias_floor(d: int, mean: float, draws: int) -> None:
    floor = bias_floor(torch.ones(d).double(), 1000, 1000)
    assert floor == pytest.approx(mean, rel=2e-3)
    seen = [number(normal(1000, d, 2 * i), normal(1000, d, 2 * i + 1), "frechet") for i in range(draws)]
    assert sum(seen) / draws == pytest.approx(mean, rel=0.01)


def test_extrapolation_removes_the_bias_against_an_exact_reference() -> None:
    truth = Moments(10**9, torch.zeros(128).double(), given=torch.eye(128).double())
    g = normal(2000, 128)
    plain = frechet_distance(truth, moments(g))
    assert plain == pytest.approx(2.13, abs=0.15)
    assert abs(extrapolate(truth, g, gen()).value) < plain / 10


def test_the_influence_function_gives_the_spread_over_samples() -> None:
    truth = moments(normal(20_000, 4, 99) * 1.2)
    distances = [frechet_distance(truth, moments(normal(400, 4, i))) for i in range(150)]
    errors = [float(influence(truth, moments(g), g).std()) / 20 for g in (normal(400, 4, i) for i in range(10))]
    assert sum(errors) / 10 == pytest.approx(float(torch.tensor(distances).std()), rel=0.15)


def test_too_few_samples_have_no_interval_and_say_why() -> None:
    value = values(mixed(40, 60), mixed(40, 60, 1), "frechet")["frechet"]
    assert value.ci_low is None
    assert "more samples than features" in (value.reason or "")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_features_given_are_left_as_they_were(dtype: torch.dtype) -> None:
    x, y, t = (mixed(60, 4, i).to(dtype) for i in range(3))
    before = [z.clone() for z in (x, y, t)]
    values(x, y, *ON_FEATURES, train=t)
    assert all(torch.equal(a, b) for a, b in zip(before, (x, y, t), strict=True))


def test_dead_features_do_not_take_the_interval_away() -> None:
    x, y = mixed(200, 6), mixed(200, 6, 3)
    padded = [torch.cat([z, torch.zeros(200, 3)], 1) for z in (x, y)]
    plain, dead = values(x, y, "frechet")["frechet"], values(*padded, "frechet")["frechet"]
    assert (dead.value, dead.ci_low, dead.ci_high) == pytest.approx(
        (plain.value, plain.ci_low, plain.ci_high), rel=1e-6
    )


def test_the_interval_covers_the_distance_of_more_samples() -> None:
    real = normal(4000, 3, 99)
    truth = number(real, 1.2 * normal(40_000, 3, 98), "frechet")
    found = [values(real, 1.2 * normal(600, 3, i), "frechet")["frechet"] for i in range(60)]
    assert sum(v.ci_low <= truth <= v.ci_high for v in found) >= 50
