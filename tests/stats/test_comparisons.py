from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genbench.stats.comparisons import compare, compare_pairs, holm
from genbench.stats.estimates import Row
from genbench.stats.scales import Scale

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)
numbers = st.floats(0.001, 0.999)


def test_two_rows_without_sampling_error_are_welchs_test() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=9), draw.normal(0.3, 2, size=5)
    expected = stats.ttest_ind(b, a, equal_var=False)
    found = compare(Row(values=a.tolist()), Row(values=b.tolist()))
    assert found.p == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.difference == pytest.approx(b.mean() - a.mean())
    interval = expected.confidence_interval()
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high), rel=1e-10)


def test_the_sampling_error_comes_on_top_with_infinite_degrees() -> None:
    """var = 0.01 / 3 + 0.2² on either side, df = var² / Σ (0.01 / 3)² / 2."""
    a, b = Row(values=[1.0, 1.1, 0.9], error=0.2), Row(values=[2.0, 2.1, 1.9], error=0.2)
    own = 0.01 / 3
    variance = 2 * (own + 0.04)
    df = variance**2 / (2 * own**2 / 2)
    assert compare(a, b).p == pytest.approx(2 * stats.t.sf(1 / math.sqrt(variance), df), rel=1e-9)


def test_rows_that_are_the_same_on_every_seed_are_tested_by_their_sampling_error() -> None:
    a, b = Row(values=[0.90] * 3, error=0.01), Row(values=[0.93] * 3, error=0.02)
    assert compare(a, b).p == pytest.approx(2 * stats.norm.sf(0.03 / math.hypot(0.01, 0.02)), rel=1e-9)


def test_one_seed_is_tested_by_its_sampling_error_alone() -> None:
    a, b = Row(values=[0.90], error=0.01), Row(values=[0.93], error=0.02)
    assert compare(a, b).p == pytest.approx(2 * stats.norm.sf(0.03 / math.hypot(0.01, 0.02)), rel=1e-9)
    assert compare(Row(values=[1.0]), Row(values=[2.0])).p == 1


def test_on_a_scale_the_error_is_that_of_the_delta_method() -> None:
    a, b = Row(values=[10.0] * 3, error=0.5), Row(values=[20.0] * 3, error=2.0)
    z = math.log(2) / math.hypot(0.05, 0.1)
    assert compare(a, b, Scale.LOG).p == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)
    a, b = Row(values=[0.5] * 3, error=0.02), Row(values=[0.8] * 3, error=0.02)
    z = math.log(4) / math.hypot(0.02 / 0.25, 0.02 / 0.16)
    assert compare(a, b, Scale.LOGIT).p == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


def test_equal_differences_are_not_certain() -> None:
    """By pairs they have no spread, and p was 0: Welch's t = 0.01 / √(2 · 1e-4 / 3) at 4 degrees gives 0.288."""
    a, b = Row(values=[0.01, 0.02, 0.03]), Row(values=[0.02, 0.03, 0.04])
    found = compare(a, b)
    assert found.p == pytest.approx(2 * stats.t.sf(math.sqrt(1.5), 4), rel=1e-9) == pytest.approx(0.2879, abs=1e-4)
    assert found.interval is not None and found.interval.low < 0 < found.interval.high
    assert compare(a, b, Scale.LOGIT).p > 0.3 and compare(a, b, Scale.LOG).p > 0.3


def test_where_nothing_is_known_of_the_error_nothing_is_said() -> None:
    a, b = Row(values=[0.012] * 3), Row(values=[0.012 * (1 + 1e-13)] * 3)
    for scale in Scale:
        assert compare(a, a, scale).p == compare(a, b, scale).p == 1.0
        assert compare(a, Row(values=[0.02] * 3), scale).p == 1.0
    assert compare(a, b).interval is None


def test_rounding_is_no_spread() -> None:
    a = Row(values=[0.012, 0.012 * (1 + 1e-13), 0.012 * (1 - 1e-13)])
    b = Row(values=[0.012 * (1 + 1e-11), 0.012 * (1 + 1.01e-11), 0.012 * (1 + 0.99e-11)])
    assert compare(a, b).p == 1.0


def test_the_grid_of_counts_is_an_error() -> None:
    """Counts of 25 and 24 on all seeds: 1 against √(1/12 + 1/12)."""
    a, b = Row(values=[25.0] * 3, grid=1), Row(values=[24.0] * 3, grid=1)
    assert compare(a, b).p == pytest.approx(2 * stats.norm.sf(math.sqrt(6)), rel=1e-9)
    assert compare(a, Row(values=[25.0, 25.0, 24.0], grid=1)).p > 0.3


@pytest.mark.parametrize(("one", "scale"), [(1.0, Scale.LOGIT), (0.0, Scale.LOGIT), (0.0, Scale.LOG)])
def test_the_end_of_a_range_is_taken_one_error_inside(one: float, scale: Scale) -> None:
    end, near = Row(values=[one] * 3, error=0.002), Row(values=[abs(one - 0.004)] * 3, error=0.003)
    far = Row(values=[0.5, 0.52, 0.48], error=0.02)
    assert compare(end, near, scale).p > 0.3
    assert compare(end, far, scale).p < 0.01


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_the_end_of_a_range_without_any_error_is_finite(value: float) -> None:
    for scale in (Scale.LOG, Scale.LOGIT):
        found = compare(Row(values=[value] * 3), Row(values=[0.4, 0.5, 0.45]), scale)
        assert 0 <= found.p <= 1 and found.interval is not None


@given(st.lists(numbers, min_size=2, max_size=6), st.lists(numbers, min_size=2, max_size=6), st.sampled_from(Scale))
def test_a_test_is_symmetric_and_never_certain(a: list[float], b: list[float], scale: Scale) -> None:
    one, other = Row(values=a, error=0.01), Row(values=b, error=0.02)
    there, back = compare(one, other, scale), compare(other, one, scale)
    assert there.p == pytest.approx(back.p) and 0 <= there.p <= 1
    assert there.difference == -back.difference


def test_a_row_that_changed_its_place_on_the_scale_is_not_told_apart() -> None:
    """A mean of .9999 ± .01 is taken at .99, behind .9990 ± .0001: the means are in the other order."""
    a, b = Row(values=[0.9990] * 3, error=1e-4), Row(values=[0.9999] * 3, error=0.01)
    assert compare(a, b, Scale.LOGIT).p == 1.0


def test_rows_lend_each_other_strength() -> None:
    """A wide row stays as it is; a row that looks narrow by chance is widened."""
    draw = np.random.default_rng(3)
    rows = [Row(values=(10 + draw.normal(size=3)).tolist()) for _ in range(18)]
    narrow, other = Row(values=[10.0, 10.001, 9.999]), Row(values=[10.1, 10.101, 10.099])
    pairs = [(narrow, other), *zip(rows[::2], rows[1::2], strict=True)]
    assert compare(narrow, other).p < 1e-3
    assert compare_pairs(pairs)[0].p > 0.5


def test_holm_against_a_table_worked_by_hand() -> None:
    """Known answer 51: p = .01 .04 .03 .005 times 3, 1, 2, 4 in ascending order, then made non-decreasing."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@given(p_values)
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p: list[float]) -> None:
    adjusted = holm(p)
    for own, new in zip(p, adjusted, strict=True):
        assert own <= new <= min(1.0, len(p) * own) + 1e-12
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)


@given(p_values, st.randoms())
def test_holm_does_not_depend_on_the_order(p: list[float], random: object) -> None:
    order = list(range(len(p)))
    random.shuffle(order)  # type: ignore[attr-defined]
    adjusted = holm(p)
    assert holm([p[i] for i in order]) == [adjusted[i] for i in order]


def test_holm_keeps_the_family_wise_error() -> None:
    draw = np.random.default_rng(2)
    wrong = sum(min(holm(draw.random(10).tolist())) <= 0.05 for _ in range(2_000))
    assert wrong / 2_000 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)


def test_twenty_unchanged_shares_are_rarely_called_changed() -> None:
    """Two runs of 20 rows with a share of .998 at n = 449 and 3 seeds: by pairs 37 % of such comparisons spoke."""
    draw = np.random.default_rng(5)

    def row() -> Row:
        hits = draw.binomial(449, 0.998, size=3)
        p = (hits.mean() + 0.5) / 450
        return Row(values=(hits / 449).tolist(), error=math.sqrt(p * (1 - p) / 449), grid=1 / 449)

    spoke = 0
    for _ in range(200):
        found = compare_pairs([(row(), row()) for _ in range(20)], Scale.LOGIT)
        spoke += min(holm([c.p for c in found])) <= 0.05
    assert spoke / 200 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)
