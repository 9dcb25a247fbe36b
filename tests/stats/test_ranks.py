from __future__ import annotations

import numpy as np

from genbench.stats.ranks import Rank, bootstrap_ranks, simultaneous_ranks


def test_clear_differences_give_clear_ranks() -> None:
    losses = [[3.0, 3.1, 2.9], [1.0, 1.1, 0.9], [2.0, 2.1, 1.9]]
    assert simultaneous_ranks(losses) == [Rank(3, 3), Rank(1, 1), Rank(2, 2)]


def test_rows_that_cannot_be_told_apart_share_a_place() -> None:
    losses = [[1.0, 2.0, 3.0], [2.0, 1.0, 3.3], [90.0, 91.0, 92.0]]
    assert simultaneous_ranks(losses) == [Rank(1, 2), Rank(1, 2), Rank(3, 3)]


def test_equal_rows_share_the_first_place() -> None:
    assert simultaneous_ranks([[1.0, 2.0, 3.0]] * 4) == [Rank(1, 4)] * 4


def test_fewer_than_three_seeds_have_no_ranks() -> None:
    assert simultaneous_ranks([[1.0, 1.0], [9.0, 9.0]]) is None
    assert simultaneous_ranks([]) is None
    assert simultaneous_ranks([[1.0, 2.0, 3.0]]) == [Rank(1, 1)]


def test_pairing_by_seed_finds_what_a_seed_effect_hides() -> None:
    effect = np.array([0.0, 50.0, 10.0, 90.0])
    noise = np.array([[1.0, 1.1, 0.9, 1.0], [2.0, 2.1, 2.0, 1.9]])
    assert simultaneous_ranks((effect + noise).tolist()) == [Rank(1, 1), Rank(2, 2)]


def test_a_rank_does_not_depend_on_the_order_of_rows() -> None:
    losses = np.random.default_rng(0).normal(np.arange(6)[:, None] * 2.0, 1.0, size=(6, 4))
    order = np.random.default_rng(1).permutation(6)
    plain, mixed = simultaneous_ranks(losses.tolist()), simultaneous_ranks(losses[order].tolist())
    assert plain is not None and mixed is not None
    assert mixed == [plain[i] for i in order]


def test_intervals_hold_all_true_ranks_at_once() -> None:
    """Known answer 51: at nominal 95 %, all true ranks are covered in at least 93 % of runs."""
    draw = np.random.default_rng(4)
    means = np.array([0.0, 0.4, 0.5, 1.5, 3.0])
    covered = 0
    for _ in range(400):
        seed_effect = draw.normal(size=5)
        losses = means[:, None] + seed_effect + draw.normal(0, 0.5, size=(5, 5))
        ranks = simultaneous_ranks(losses.tolist())
        assert ranks is not None
        covered += all(r.low <= true <= r.high for true, r in enumerate(ranks, start=1))
    assert covered / 400 >= 0.93


def test_some_intervals_are_informative() -> None:
    """The coverage above is not had by intervals that say nothing."""
    draw = np.random.default_rng(5)
    losses = np.array([0.0, 0.4, 0.5, 1.5, 3.0])[:, None] + draw.normal(0, 0.1, size=(5, 10))
    ranks = simultaneous_ranks(losses.tolist())
    assert ranks is not None and ranks == [Rank(i, i) for i in range(1, 6)]


def test_bootstrap_of_ranks_is_seeded_and_agrees_where_all_is_clear() -> None:
    losses = [[3.0, 3.1, 2.9], [1.0, 1.1, 0.9], [2.0, 2.1, 1.9]]
    assert bootstrap_ranks(losses) == [Rank(3, 3), Rank(1, 1), Rank(2, 2)]
    noisy = np.random.default_rng(6).normal(size=(4, 6)).tolist()
    assert bootstrap_ranks(noisy, seed=1) == bootstrap_ranks(noisy, seed=1)
    assert all(1 <= r.low <= r.high <= 4 for r in bootstrap_ranks(noisy))


def test_bootstrap_of_ranks_covers_the_true_rank() -> None:
    draw = np.random.default_rng(7)
    means = np.array([0.0, 1.0, 1.2, 2.5])
    hits = []
    for i in range(150):
        losses = means[:, None] + draw.normal(0, 0.8, size=(4, 20))
        ranks = bootstrap_ranks(losses.tolist(), resamples=400, seed=i)
        hits += [r.low <= true <= r.high for true, r in enumerate(ranks, start=1)]
    assert np.mean(hits) >= 0.93
