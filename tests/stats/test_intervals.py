from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genbench.stats.intervals import bca_interval, mean_interval, t_interval

numbers = st.floats(-1e6, 1e6, allow_nan=False)


def test_half_width_at_five_seeds() -> None:
    """Known answer 50: 2.7764 s / √5."""
    x = [3.0, 1.0, 4.0, 1.5, 9.0]
    interval = t_interval(x)
    assert interval.half == pytest.approx(2.7764451 * np.std(x, ddof=1) / math.sqrt(5), rel=1e-7)
    assert (interval.low + interval.high) / 2 == pytest.approx(np.mean(x))


def test_equals_scipy() -> None:
    x = np.random.default_rng(0).normal(size=12)
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    found = t_interval(x.tolist(), level=0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0]])
def test_fewer_than_three_values_have_no_interval(x: list[float]) -> None:
    assert mean_interval(x) is None


def test_one_value_is_an_error_not_a_width_of_zero() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        t_interval([1.0])


def test_t_up_to_thirty_values_then_the_bootstrap() -> None:
    x = np.random.default_rng(1).exponential(size=31).tolist()
    few, many = mean_interval(x[:30]), mean_interval(x)
    assert few is not None and few.method == "t"
    assert many is not None and many.method == "BCa bootstrap"
    assert many.low < np.mean(x) < many.high


def test_the_bootstrap_is_the_same_for_the_same_seed_and_moves_with_skew() -> None:
    x = np.random.default_rng(2).exponential(size=60).tolist()
    first, again = bca_interval(x, seed=7), bca_interval(x, seed=7)
    assert first == again
    assert first.high - np.mean(x) > np.mean(x) - first.low  # a long right tail: t would be symmetric


def test_many_equal_values_have_width_zero() -> None:
    interval = mean_interval([2.0] * 40)
    assert interval is not None and interval.half == 0


@given(st.lists(numbers, min_size=3, max_size=12), st.floats(-100, 100), st.floats(0.1, 10))
def test_shift_and_scale(x: list[float], shift: float, scale: float) -> None:
    plain, moved = t_interval(x), t_interval([scale * v + shift for v in x])
    tolerance = {"rel": 1e-6, "abs": 1e-6 * (1 + max(map(abs, x)))}
    assert moved.low == pytest.approx(scale * plain.low + shift, **tolerance)
    assert moved.high == pytest.approx(scale * plain.high + shift, **tolerance)


def test_covers_the_mean_about_as_often_as_it_says() -> None:
    draws = np.random.default_rng(3).normal(5, 2, size=(2_000, 4))
    intervals = [t_interval(x.tolist()) for x in draws]
    share = np.mean([i.low <= 5 <= i.high for i in intervals])
    assert abs(share - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 2_000)
