from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genbench.stats.comparisons import compare_paired, holm, paired_t, smallest_wilcoxon_p, wilcoxon

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def test_wilcoxon_cannot_reject_at_five_pairs() -> None:
    """Known answer 49: the smallest two-sided p is 0.0625 at n = 5 and 0.03125 at n = 6."""
    assert smallest_wilcoxon_p(5) == 0.0625
    assert smallest_wilcoxon_p(6) == 0.03125
    assert stats.wilcoxon([1, 2, 3, 4, 5]).pvalue == 0.0625
    assert stats.wilcoxon([1, 2, 3, 4, 5, 6]).pvalue == 0.03125


def test_a_test_that_cannot_reject_is_not_run() -> None:
    assert wilcoxon([1, 2, 3, 4, 5]) is None
    assert wilcoxon([1, 2, 3, 4, 5, 6]) == 0.03125
    assert wilcoxon([0.0] * 8) is None
    assert wilcoxon([1, 2, 3, 4, 5], alpha=0.1) == 0.0625


def test_paired_t_equals_scipy() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=9), draw.normal(0.3, 1, size=9)
    assert paired_t((b - a).tolist()) == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=1e-12)
    found = compare_paired(a.tolist(), b.tolist())
    assert found.difference == pytest.approx((b - a).mean())
    assert found.p == paired_t((b - a).tolist())
    assert found.interval is not None and found.interval.low < found.difference < found.interval.high


def test_interval_excludes_zero_exactly_when_p_is_small() -> None:
    draw = np.random.default_rng(1)
    for shift in np.linspace(0, 3, 40):
        d = draw.normal(shift, 1, size=5)
        found = compare_paired([0.0] * 5, d.tolist())
        assert found.interval is not None and found.p is not None
        assert (found.p < 0.05) == (not found.interval.low <= 0 <= found.interval.high)


def test_differences_without_spread_decide_by_themselves() -> None:
    assert compare_paired([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]).p == 1.0
    assert compare_paired([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]).p == 0.0


def test_two_pairs_have_no_p_and_no_interval() -> None:
    found = compare_paired([1.0, 2.0], [2.0, 4.0])
    assert (found.difference, found.p, found.interval, found.n) == (1.5, None, None, 2)


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
