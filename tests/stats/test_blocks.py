from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genbench.stats.blocks import (
    Block,
    agreement,
    beats,
    critical_difference,
    interquartile_mean,
    iqm_interval,
    mean_rank_intervals,
    rank_table,
    win_rate,
)
from genbench.stats.estimates import Row
from genbench.stats.scales import Scale


def block(values: np.ndarray, **more: object) -> Block:
    return Block(rows=[Row(values=row.tolist()) for row in values], **more)  # type: ignore[arg-type]


def test_ranks_by_hand() -> None:
    losses = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
    assert rank_table(losses).tolist() == [[3, 1, 2], [1.5, 1.5, 3]]
    assert rank_table(losses).mean(0).tolist() == [2.25, 1.25, 2.5]
    assert [win_rate(rank, 3) for rank in (2.25, 1.25, 2.5)] == [0.375, 0.875, 0.25]
    assert rank_table(np.array([[1.0, 1.0 + 1e-13, 2.0]])).tolist() == [[1.5, 1.5, 3]]
    with pytest.raises(ValueError, match="none"):
        win_rate(1.0, 1)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=4, max_size=4), min_size=1, max_size=5))
def test_ranks_are_those_of_scipy_and_wins_are_counted(losses: list[list[float]]) -> None:
    table = np.array(losses)
    ranks = rank_table(table)
    assert ranks.tolist() == [stats.rankdata(row).tolist() for row in table]
    for i in range(4):
        others = np.delete(table, i, axis=1)
        won = (others > table[:, [i]]).mean() + (others == table[:, [i]]).mean() / 2
        assert win_rate(float(ranks.mean(0)[i]), 4) == pytest.approx(won)


def test_mean_ranks_have_the_ends_of_their_ranges() -> None:
    draw = np.random.default_rng(0)
    clear = np.array([[1.0], [10.0], [100.0]]) * np.exp(draw.normal(0, 0.02, (3, 5)))
    equal = np.ones((3, 1)) * np.exp(draw.normal(0, 0.02, (3, 5)))
    found = mean_rank_intervals([block(clear, scale=Scale.LOG), block(equal, scale=Scale.LOG)])
    assert found is not None
    assert [(one.low, one.high) for one in found] == [(1, 2), (1.5, 2.5), (2, 3)]
    turned = [block(1 / clear, scale=Scale.LOG, is_higher_better=True)]
    again = mean_rank_intervals(turned)
    assert again is not None and [one.low for one in again] == [1, 2, 3]
    assert mean_rank_intervals([block(clear[:, :2])]) is None


def test_intervals_of_mean_ranks_hold_the_true_ones() -> None:
    """Three datasets, five rows, two of them equal, 3 seeds."""
    draw, means, missed = np.random.default_rng(1), np.array([1.0, 1.0, 1.1, 1.3, 2.0]), 0
    truth = stats.rankdata(means)
    for _ in range(300):
        blocks = [block(means[:, None] * np.exp(draw.normal(0, 0.1, (5, 3))), scale=Scale.LOG) for _ in range(3)]
        found = mean_rank_intervals(blocks)
        assert found is not None
        missed += not all(one.low <= rank <= one.high for one, rank in zip(found, truth, strict=True))
    assert missed / 300 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_beating_is_mann_whitney() -> None:
    draw = np.random.default_rng(2)
    a, b = draw.normal(size=(2, 3, 6))
    share, interval = beats(a.tolist(), b.tolist())
    u = [stats.mannwhitneyu(x, y, alternative="less").statistic / 36 for x, y in zip(a, b, strict=True)]
    assert share == pytest.approx(1 - np.mean(u)) and interval.low < share < interval.high
    other, turned = beats(b.tolist(), a.tolist())
    assert other == pytest.approx(1 - share)
    assert (turned.low, turned.high) == pytest.approx((1 - interval.high, 1 - interval.low))


def test_three_seeds_that_all_win_are_not_certain() -> None:
    share, interval = beats([[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]])
    assert share == 1 and interval.high == 1 and interval.low == pytest.approx(0.5, abs=0.01)
    same, around = beats([[1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0 + 1e-15]])
    assert same == 0.5 and around.low == pytest.approx(1 - around.high)
    few, more = (beats([[1.0, 2.0, 3.0]] * n, [[4.0, 5.0, 6.0]] * n)[1].low for n in (3, 9))
    assert 0.5 < few < more < 1


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
@pytest.mark.parametrize(("datasets", "seeds"), [(1, 5), (3, 3), (3, 5)])
def test_the_interval_of_beating_holds(shift: float, datasets: int, seeds: int) -> None:
    draw, truth, hits = np.random.default_rng(3), float(stats.norm.cdf(shift / math.sqrt(2))), 0
    for _ in range(400):
        a, b = draw.normal(size=(2, datasets, seeds))
        interval = beats(a.tolist(), (b + shift).tolist())[1]
        hits += interval.low <= truth <= interval.high
    assert hits / 400 >= 0.93


def test_the_interquartile_mean_by_hand() -> None:
    assert interquartile_mean([1, 2, 3, 100]) == 2.5
    assert interquartile_mean([5.0]) == 5 and interquartile_mean([1.0, 3.0]) == 2
    assert interquartile_mean(range(8)) == np.mean([2, 3, 4, 5])


def test_scores_that_do_not_vary_have_an_interval_of_no_width() -> None:
    interval = iqm_interval([[0.5] * 3, [0.5] * 3])
    assert interval is not None and (interval.low, interval.high) == (0.5, 0.5)
    assert iqm_interval([[0.5, 0.6], [0.5, 0.6]]) is None


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_interval_of_the_interquartile_mean_holds(seeds: int) -> None:
    """Of the mean over draws of the statistic, three datasets of different level."""
    draw, levels = np.random.default_rng(40), np.array([0.2, 0.6, 0.9])
    many = levels[:, None] + draw.normal(0, 0.1, (20_000, 3, seeds))
    truth = float(np.mean(stats.trim_mean(many.reshape(len(many), -1), 0.25, axis=1)))
    hits = 0
    for i in range(300):
        interval = iqm_interval((levels[:, None] + draw.normal(0, 0.1, (3, seeds))).tolist(), resamples=400, seed=i)
        assert interval is not None
        hits += interval.low <= truth <= interval.high
    assert hits / 300 >= 0.92


def test_the_critical_difference_is_demsars() -> None:
    """Demšar's table 5: q of 2, 5 and 10 classifiers at 0.05; his example of 4 classifiers on 14 data sets, 1.25."""
    draw = np.random.default_rng(5)
    for rows, q in ((3, 2.343), (5, 2.728), (10, 3.164)):
        found = critical_difference(draw.normal(size=(14, rows)))
        assert found is not None and found.width == pytest.approx(q * math.sqrt(rows * (rows + 1) / (6 * 14)), abs=1e-3)
    table = draw.normal(size=(14, 4))
    found = critical_difference(table)
    assert found is not None and found.width == pytest.approx(1.25, abs=0.01)
    assert found.p == pytest.approx(stats.friedmanchisquare(*table.T).pvalue)


def test_rows_within_the_critical_difference_are_grouped() -> None:
    order = np.tile(np.arange(6.0), (20, 1))
    found = critical_difference(order)
    assert found is not None and found.ranks == (1, 2, 3, 4, 5, 6) and found.p < 1e-10
    assert found.width == pytest.approx(1.686, abs=1e-2)
    assert found.groups == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))
    same = critical_difference(np.ones((6, 4)))
    assert same is not None and same.p == 1 and same.groups == ((0, 1, 2, 3),)
    assert critical_difference(order[:4]) is None and critical_difference(order[:, :2]) is None


def test_why_not_wilcoxon() -> None:
    """Known answer 49. Of 5 datasets its smallest p is 0.0625, of 6 0.03125; after Holm over 9 rows 11 are needed."""
    least = {n: stats.wilcoxon(np.arange(1.0, n + 1)).pvalue for n in (5, 6, 10, 11, 12)}
    assert least[5] == 0.0625 and least[6] == 0.03125
    assert 36 * least[10] > 0.05 and 36 * least[11] < 0.05


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=6, max_size=6),
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=6, max_size=6),
)
def test_agreement_is_kendalls_tau(a: list[float], b: list[float]) -> None:
    found = agreement(np.array([a]), np.array([b]), resamples=20)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found is None
        return
    assert found is not None and found.tau == pytest.approx(stats.kendalltau(a, b).statistic)
    assert found.interval is not None and -1 <= found.interval.low <= found.interval.high <= 1


def test_agreement_over_datasets() -> None:
    up, down = np.arange(8.0), np.arange(8.0)[::-1]
    same, mixed = agreement(np.stack([up, up]), np.stack([up, up])), agreement(np.stack([up, up]), np.stack([up, down]))
    assert same is not None and same.tau == pytest.approx(1) and mixed is not None and mixed.tau == pytest.approx(0)
    assert agreement(np.ones((1, 4)), np.ones((1, 4))) is None


def test_the_interval_of_agreement_holds_the_tau_of_the_law() -> None:
    """Pairs of normals with correlation r have τ = 2/π asin r; 12 rows."""
    draw, r, hits = np.random.default_rng(6), 0.6, 0
    truth = 2 / math.pi * math.asin(r)
    for i in range(300):
        a = draw.normal(size=(1, 12))
        b = r * a + math.sqrt(1 - r**2) * draw.normal(size=(1, 12))
        found = agreement(a, b, resamples=300, seed=i)
        assert found is not None and found.interval is not None
        hits += found.interval.low <= truth <= found.interval.high
    assert hits / 300 >= 0.90


def test_everything_is_seeded() -> None:
    scores = np.random.default_rng(7).normal(size=(3, 4)).tolist()
    assert iqm_interval(scores) == iqm_interval(scores)
    a, b = np.random.default_rng(8).normal(size=(2, 2, 7))
    assert agreement(a, b) == agreement(a, b)
    assert all(beats(x, y) == beats(x, y) for x, y in itertools.pairwise([a.tolist(), b.tolist()]))
