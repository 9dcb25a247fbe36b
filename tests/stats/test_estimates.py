from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.stats.estimates import Row, estimate, estimates, moderate, prior_degrees
from genbench.stats.scales import Scale, asinh_unit, to_scale


def test_rows_may_have_any_number_of_seeds() -> None:
    found = estimates([Row(values=[1.0, 2.0, 3.0], error=0.1, grid=1), Row(values=[5.0])])
    assert found.mean.tolist() == [2.0, 5.0] and found.n.tolist() == [3, 1] and found.degrees.tolist() == [2, 0]
    assert found.spread.tolist() == [1.0, 0.0]
    assert found.known == pytest.approx([0.01 + 1 / 12, 0.0])
    assert found.variance == pytest.approx([1 / 3 + 0.01 + 1 / 12, 0.0])
    assert estimates([]).mean.shape == (0,)
    with pytest.raises(ValueError, match="at least one value"):
        estimates([Row(values=[])])


def test_tables_are_estimated_at_once() -> None:
    values = np.random.default_rng(0).normal(size=(4, 5, 3))
    at_once = moderate(estimate(values, np.zeros(()), np.zeros(())))
    for i, table in enumerate(values):
        alone = moderate(estimates([Row(values=row.tolist()) for row in table]))
        assert at_once.spread[i] == pytest.approx(alone.spread) and at_once.mean[i] == pytest.approx(alone.mean)


def test_moderated_variances_by_hand() -> None:
    """Ten rows at 3 seeds: d₀ = 1.5 · 0.6 = 0.9, Q = 8 of s² = 1 … 10 (at 7.75): s̃² = (0.9 Q + 2 s²) / 2.9 or s²."""
    values = np.sqrt(np.arange(1.0, 11.0))[:, None] * np.array([-1.0, 0.0, 1.0])
    found = moderate(estimates([Row(values=row.tolist()) for row in values]))
    expected = [max(s, (0.9 * 7.75 + 2 * s) / 2.9) for s in range(1, 11)]
    assert found.spread == pytest.approx(expected) and set(found.degrees) == {2.9}


@pytest.mark.parametrize(("rows", "worth"), [(0, 0.0), (1, 0.0), (4, 0.0), (6, 0.5), (9, 5 / 6), (30, 1.3)])
def test_few_rows_lend_little(rows: int, worth: float) -> None:
    assert prior_degrees(rows) == pytest.approx(worth)


@given(st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=1, max_size=12))
def test_no_variance_is_made_smaller(values: list[list[float]]) -> None:
    own = estimates([Row(values=row) for row in values])
    assert (moderate(own).spread >= own.spread).all()


@given(st.floats(0.001, 0.999), st.floats(1e-9, 1e-4), st.sampled_from(Scale))
def test_the_slope_is_that_of_the_scale(mean: float, step: float, scale: Scale) -> None:
    at = np.array([mean, mean + step * min(mean, 1 - mean)])
    there, slope = to_scale(at, np.zeros(2), scale)
    assert there[1] - there[0] == pytest.approx(slope[0] * (at[1] - at[0]), rel=2e-3)


@given(st.integers(2, 5_000))
def test_a_share_of_one_on_all_seeds_has_a_finite_logit_with_an_error_of_about_one(n: int) -> None:
    p = 0.5 / (n + 1)
    found = estimates([Row(values=[1.0] * 3, error=math.sqrt(p * (1 - p) / n))]).on(Scale.LOGIT)
    assert np.isfinite(found.mean).all() and 0.9 < math.sqrt(found.variance[0]) < 2.1


def test_on_the_log_scale_a_spread_grows_with_itself() -> None:
    """Mean 2 and s² = 1: the delta method's s² / mean² = ¼ is taken as ¼ (1 + 6 · ¼); what is known is not."""
    found = estimates([Row(values=[1.0, 2.0, 3.0], error=0.2)]).on(Scale.LOG)
    assert found.mean == pytest.approx([math.log(2)]) and found.spread == pytest.approx([0.25 * 2.5])
    assert found.known == pytest.approx([0.01])
    small = estimates([Row(values=[9.99, 10.0, 10.01])])
    assert small.on(Scale.LOG).spread == pytest.approx(small.spread / 100, rel=7e-6)


def test_on_the_scale_of_asinh_an_error_is_the_same_near_0_and_far_from_it() -> None:
    """Variance e² + (c mean)², e = 0.01, c = 0.05: on asinh(mean c / e) the error is c everywhere, here as
    nearly as quartiles of seven rows find c and e."""
    mean = np.array([-0.005, 0.0, 0.01, 0.1, 0.2, 1.0, 50.0])
    error = np.hypot(0.01, 0.05 * mean)
    there, slope = to_scale(mean, error, Scale.ASINH)
    assert (np.diff(there) > 0).all() and there[1] == 0
    np.testing.assert_allclose(slope * error, 0.055, rtol=0.15)


def test_the_unit_of_an_asinh_is_ten_errors_where_all_is_noise() -> None:
    draw = np.random.default_rng(0)
    assert asinh_unit(draw.normal(size=40), np.ones(40)) == pytest.approx([10.0])
    assert np.isfinite(to_scale(np.zeros(3), np.zeros(3), Scale.ASINH)).all()
