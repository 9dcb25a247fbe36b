from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genbench.stats.blocks import (
    Block,
    agreement,
    critical_difference,
    duels,
    interquartile_mean,
    iqm_interval,
    rank_table,
    simultaneous_places,
)
from genbench.stats.estimates import Row
from genbench.stats.scales import Scale


def block(values: np.ndarray, **more: object) -> Block:
    return Block(rows=[Row(values=row.tolist()) for row in values], **more)  # type: ignore[arg-type]


def test_ranks_by_hand() -> None:
    losses = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
    assert rank_table(losses).tolist() == [[3, 1, 2], [1.5, 1.5, 3]]
    assert rank_table(np.array([[1.0, 1.0 + 1e-13, 2.0]])).tolist() == [[1.5, 1.5, 3]]
    found = duels([block(one[:, None]) for one in losses])
    assert found.mean_ranks.tolist() == [2.25, 1.25, 2.5]
    assert [found.wins(i).value for i in range(3)] == [0.375, 0.875, 0.25]
    with pytest.raises(ValueError, match="none"):
        duels([block(np.ones((1, 3)))]).wins(0)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=4, max_size=4), min_size=1, max_size=5))
def test_ranks_are_those_of_scipy_and_wins_say_the_same(losses: list[list[float]]) -> None:
    table = np.array(losses)
    ranks = rank_table(table)
    assert ranks.tolist() == [stats.rankdata(row).tolist() for row in table]
    found = duels([block(row[:, None]) for row in table])
    assert found.mean_ranks == pytest.approx(ranks.mean(0))
    for i in range(4):
        others = np.delete(table, i, axis=1)
        won = (others > table[:, [i]]).mean() + (others == table[:, [i]]).mean() / 2
        assert found.wins(i).value == pytest.approx(won)
        assert found.mean_ranks[i] == pytest.approx(4 - 3 * won)


def test_duels_are_mann_whitney() -> None:
    tables = np.random.default_rng(2).normal(size=(2, 3, 6))
    found = duels([block(one) for one in tables])
    u = [stats.mannwhitneyu(x[1], x[0], alternative="greater").statistic / 36 for x in tables]
    share, turned = found.pair(0, 1), found.pair(1, 0)
    assert share.value == pytest.approx(np.mean(u)) and share.interval.low < share.value < share.interval.high
    assert turned.value == pytest.approx(1 - share.value)
    assert turned.interval.low == pytest.approx(1 - share.interval.high)
    assert turned.interval.high == pytest.approx(1 - share.interval.low)
    high = duels([block(one, is_higher_better=True) for one in tables])
    assert high.pair(1, 0).value == pytest.approx(share.value)
    ragged = Block(rows=[Row(values=[1.0, 4.0]), Row(values=[2.0, 3.0, 5.0]), Row(values=[0.0])])
    assert duels([ragged]).shares[0] == pytest.approx(np.array([[0.5, 4 / 6, 0], [2 / 6, 0.5, 0], [1, 1, 0.5]]))


def test_three_seeds_that_all_win_are_not_certain() -> None:
    apart = block(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    won = duels([apart]).pair(0, 1)
    assert won.value == 1 and won.interval.high == 1 and won.interval.low == pytest.approx(0.5, abs=0.01)
    same = duels([block(np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0 + 1e-15]]))]).pair(0, 1)
    assert same.value == 0.5 and same.interval.low == pytest.approx(1 - same.interval.high)
    few, more = (duels([apart] * n).pair(0, 1).interval.low for n in (3, 9))
    assert 0.5 < few < more < 1


@pytest.mark.parametrize("means", [[0, 0, 0, 0, 0], [0, 1, 2, 3, 6], [0, 0.3, 0.6, 0.9, 1.2]])
@pytest.mark.parametrize(("datasets", "seeds"), [(2, 3), (3, 5)])
def test_the_intervals_of_duels_hold(means: list[float], datasets: int, seeds: int) -> None:
    draw, at = np.random.default_rng(3), np.array(means)
    truth = stats.norm.cdf((at[None, :] - at[:, None]) / math.sqrt(2))
    wins = (truth.sum(1) - 0.5) / 4
    held = []
    for _ in range(150):
        found = duels([block(at[:, None] + draw.normal(size=(5, seeds))) for _ in range(datasets)])
        first, all_ = found.pair(0, 1).interval, [found.wins(i).interval for i in range(5)]
        held.append(first.low <= truth[0, 1] <= first.high)
        held += [one.low <= share <= one.high for one, share in zip(all_, wins, strict=True)]
    assert np.mean(held) >= 0.93


def ranges(blocks: list[Block]) -> list[tuple[int, int]]:
    return [(one.low, one.high) for one in simultaneous_places(blocks) or []]


def test_places_over_datasets_add_up_what_each_says() -> None:
    draw = np.random.default_rng(0)
    clear = [np.array([[1.0], [1.2], [1.4]]) * np.exp(draw.normal(0, 0.15, (3, 3))) for _ in range(6)]
    alone = ranges([block(clear[0], scale=Scale.LOG)])
    assert alone != [(1, 1), (2, 2), (3, 3)]
    assert ranges([block(one, scale=Scale.LOG) for one in clear]) == [(1, 1), (2, 2), (3, 3)]
    turned = [block(1 / one, scale=Scale.LOG, is_higher_better=True) for one in clear]
    assert ranges(turned) == [(1, 1), (2, 2), (3, 3)]
    assert simultaneous_places([block(clear[0][:, :2])]) is None


def test_datasets_that_contradict_each_other_separate_nothing() -> None:
    draw = np.random.default_rng(1)
    one = np.array([[1.0], [9.0]]) * np.exp(draw.normal(0, 0.02, (2, 5)))
    assert ranges([block(one, scale=Scale.LOG), block(one[::-1], scale=Scale.LOG)]) == [(1, 2), (1, 2)]


@pytest.mark.parametrize(("datasets", "seeds"), [(2, 3), (6, 3), (3, 5)])
def test_equal_rows_are_rarely_separated_and_true_places_are_held(datasets: int, seeds: int) -> None:
    draw, means, wrong = np.random.default_rng(2), np.array([1.0, 1.0, 1.0, 1.3, 2.0]), 0
    for _ in range(300):
        spread = 0.1 * np.exp(draw.normal(0, 0.75, (datasets, 5, 1)))
        values = means[:, None] * np.exp(spread * draw.normal(size=(datasets, 5, seeds)))
        found = ranges([block(one, scale=Scale.LOG) for one in values])
        true = [(1, 3)] * 3 + [(4, 4), (5, 5)]
        wrong += not all(low <= a and b <= high for (low, high), (a, b) in zip(found, true, strict=True))
    assert wrong / 300 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


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
    found = agreement(np.array([a]), np.array([b]))
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found is None
        return
    assert found is not None and found.tau == pytest.approx(stats.kendalltau(a, b).statistic)
    assert -1 <= found.interval.low <= found.interval.high <= 1


def test_agreement_over_datasets() -> None:
    up, down = np.arange(8.0), np.arange(8.0)[::-1]
    same, mixed = agreement(np.stack([up, up]), np.stack([up, up])), agreement(np.stack([up, up]), np.stack([up, down]))
    assert same is not None and same.tau == pytest.approx(1) and mixed is not None and mixed.tau == pytest.approx(0)
    assert agreement(np.ones((1, 4)), np.ones((1, 4))) is None


@pytest.mark.parametrize(("rows", "r"), [(6, 0.0), (6, 0.98), (12, 0.6), (30, 0.6)])
def test_the_interval_of_agreement_holds_the_tau_of_the_law(rows: int, r: float) -> None:
    """Pairs of normals with correlation r have τ = 2/π asin r."""
    draw, truth, hits = np.random.default_rng(100), 2 / math.pi * math.asin(r), 0
    for _ in range(600):
        a = draw.normal(size=(1, rows))
        found = agreement(a, r * a + math.sqrt(1 - r**2) * draw.normal(size=(1, rows)))
        hits += found is not None and found.interval.low <= truth <= found.interval.high
    assert hits / 600 >= 0.92


def test_six_rows_in_one_order_are_not_certain() -> None:
    found = agreement(np.arange(6.0)[None], np.arange(6.0)[None])
    assert found is not None and found.tau == pytest.approx(1)
    assert found.interval.low < 0.6 and found.interval.high == 1


def test_the_bootstrap_is_seeded() -> None:
    scores = np.random.default_rng(7).normal(size=(3, 4)).tolist()
    assert iqm_interval(scores) == iqm_interval(scores)
