"""Known answers of outlier detection, and scikit-learn on ties."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch
from oracles import gen
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from genbench.metrics import ranked as statistics
from genbench.metrics.auc import auc, auc_interval, newcombe
from genbench.metrics.outliers import outlier_metrics
from genbench.metrics.ranked import rank

ALL = ("auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5")


def auroc(ordinary: torch.Tensor, outlier: torch.Tensor) -> float:
    return auc(outlier, ordinary)


def ranked(statistic: statistics.Statistic, ordinary: torch.Tensor, outlier: torch.Tensor) -> float:
    return float(statistic(rank(ordinary, outlier)))


aupr_out = partial(ranked, statistics.aupr_out)
aupr_in = partial(ranked, statistics.aupr_in)
fpr95 = partial(ranked, statistics.fpr95)
recall_at = partial(ranked, statistics.recall_at)


def draws(n: int, seed: int, mean: float = 0.0, sd: float = 1.0) -> torch.Tensor:
    return mean + sd * torch.randn(n, generator=gen(seed), dtype=torch.float64)


def test_a_constant_score_knows_nothing() -> None:
    assert auroc(torch.ones(30), torch.ones(20)) == 0.5


def test_shifted_normals_have_their_closed_form() -> None:
    assert auroc(draws(40_000, 0), draws(40_000, 1, 1.0)) == pytest.approx(norm.cdf(1 / math.sqrt(2)), abs=0.006)
    assert norm.cdf(1 / math.sqrt(2)) == pytest.approx(0.76025, abs=1e-5)


def test_fpr95_is_the_share_of_outliers_accepted() -> None:
    found = fpr95(draws(40_000, 0), draws(40_000, 1, 3.0, 2.0))
    assert found == pytest.approx(norm.cdf((norm.ppf(0.95) - 3) / 2), abs=0.01)
    assert found == pytest.approx(0.2490, abs=0.01)


def test_a_random_score_has_the_prevalence_as_its_average_precision() -> None:
    seen = [aupr_out(draws(300, 2 * i), draws(100, 2 * i + 1)) for i in range(40)]
    assert sum(seen) / 40 == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_equal_to_scikit_learn_with_ties(levels: int) -> None:
    ordinary = torch.randint(levels, (300,), generator=gen()).double()
    outlier = torch.randint(levels, (120,), generator=gen(1)).double() + levels // 4
    labels, scores = np.r_[np.zeros(300), np.ones(120)], torch.cat([ordinary, outlier]).numpy()
    assert auroc(ordinary, outlier) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert aupr_out(ordinary, outlier) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)
    assert aupr_in(ordinary, outlier) == pytest.approx(average_precision_score(1 - labels, -scores), abs=1e-12)


@pytest.mark.parametrize("levels", [3, 20, 1000])
def test_fpr95_is_what_scikit_learns_curve_says(levels: int) -> None:
    ordinary = torch.randint(levels, (300,), generator=gen()).double()
    outlier = torch.randint(levels, (120,), generator=gen(1)).double() + levels // 4
    labels, scores = np.r_[np.zeros(300), np.ones(120)], torch.cat([ordinary, outlier]).numpy()
    false_alarms, found, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert fpr95(ordinary, outlier) == pytest.approx(1 - found[false_alarms <= 0.05].max(), abs=1e-12)


def test_delong_intervals_cover_the_truth() -> None:
    truth, inside = norm.cdf(1 / math.sqrt(2)), 0
    for i in range(1000):
        scores = draws(100, 2 * i), draws(80, 2 * i + 1, 1.0)
        value = outlier_metrics(*scores, metrics=["auroc"], generator=gen())["auroc"]
        inside += value.ci_low <= truth <= value.ci_high
    assert 930 <= inside <= 970


def test_recall_among_the_strangest() -> None:
    ordinary, outlier = torch.arange(95).double(), torch.arange(5).double() + 1000
    assert recall_at(ordinary, outlier) == 1
    assert recall_at(torch.zeros(95), torch.zeros(5)) == pytest.approx(0.05)
    value = outlier_metrics(ordinary, outlier, metrics=["recall-at-5"], generator=gen())["recall-at-5"]
    assert value.details["lift"] == pytest.approx(20)


def test_below_chance_is_not_flipped() -> None:
    value = outlier_metrics(draws(200, 0, 2.0), draws(200, 1), metrics=["auroc"], generator=gen())["auroc"]
    assert value.value < 0.2


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = draws(100, 0), draws(80, 1, 1.0)
    first, second = (outlier_metrics(*scores, metrics=ALL, generator=gen(7)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("bad", [torch.tensor([1.0]), torch.tensor([0.0, float("nan"), 1.0])])
def test_unusable_scores_are_a_status_with_the_count(bad: torch.Tensor) -> None:
    found = outlier_metrics(bad, draws(10, 0), metrics=ALL, generator=gen())
    assert all(v.value is None and "1" in (v.reason or "") for v in found.values())


@pytest.mark.parametrize(
    ("n", "m", "mean", "most"),
    [(30, 30, 4.07, 0.995), (30, 30, 2.5, 0.99), (200, 200, 3.0, 0.97), (30, 200, 3.0, 0.99)],
)
def test_the_auroc_interval_covers_near_1(n: int, m: int, mean: float, most: float) -> None:
    truth, inside = norm.cdf(mean / math.sqrt(2)), 0
    for i in range(500):
        low, high = auc_interval(draws(m, 2 * i, mean), draws(n, 2 * i + 1))
        inside += low <= truth <= high
    assert 0.93 * 500 <= inside <= most * 500 + 2  # DeLong's own: 48 % in the first case


@pytest.mark.parametrize("name", ["aupr-out", "aupr-in"])
def test_the_aupr_interval_does_not_collapse_near_1(name: str) -> None:
    truth, inside = 0.998, 0  # of both for N(0, 1) against N(4.07, 1), equally many
    for i in range(200):
        value = outlier_metrics(draws(30, 2 * i), draws(30, 2 * i + 1, 4.07), metrics=[name], generator=gen())[name]
        inside += value.ci_low <= truth <= value.ci_high
    assert inside >= 0.93 * 200


def test_a_perfect_detector_is_not_certain() -> None:
    found = outlier_metrics(draws(30, 0), 100 + draws(30, 1), metrics=ALL, generator=gen())
    for name in ("auroc", "aupr-out", "aupr-in"):
        assert found[name].value == found[name].ci_high == 1
        assert 0.85 < found[name].ci_low < 0.95
    assert found["fpr95"].value == found["fpr95"].ci_low == 0
    assert found["fpr95"].ci_high == pytest.approx(1.96**2 / (30 + 1.96**2), rel=1e-3)  # Wilson's, of 30


@pytest.mark.parametrize(("area", "n", "m"), [(0.76, 50, 60), (0.95, 30, 30), (0.1, 20, 90)])
def test_newcombes_ends_are_where_the_score_is_196(area: float, n: int, m: int) -> None:
    for theta in newcombe(area, n, m):
        q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
        size = (n + m) / 2  # Newcombe's: both sizes in place of each
        spread = (theta * (1 - theta) + (size - 1) * (q1 - theta**2 + q2 - theta**2)) / (n * m)
        assert abs(theta - area) == pytest.approx(1.96 * math.sqrt(spread), rel=1e-3)


def test_the_prevalence_is_printed() -> None:
    found = outlier_metrics(draws(90, 0), draws(10, 1), metrics=ALL, generator=gen())
    assert all(value.details["prevalence"] == pytest.approx(0.1) for value in found.values())


@pytest.mark.parametrize(("n", "m", "tied"), [(1, 1, False), (10, 7, False), (501, 333, False), (600, 200, True)])
def test_the_bootstrap_draws_what_torch_draws(n: int, m: int, tied: bool) -> None:
    ordinary, outlier = draws(n, 0), draws(m, 1)
    ranks = rank(ordinary.mul(3).round(), outlier.mul(3).round()) if tied else rank(ordinary, outlier)
    again, generator = statistics.resample(ranks, 150, gen(2)), gen(2)
    for counts, found in ((ranks.outlier[0], again.outlier), (ranks.ordinary[0], again.ordinary)):
        total = int(counts.sum())
        rows = torch.multinomial(counts, 150 * total, replacement=True, generator=generator).view(150, total)
        assert found.equal(torch.stack([torch.bincount(row, minlength=len(counts)) for row in rows]).double())


def test_statistics_of_many_resamplings_are_those_of_each() -> None:
    again = statistics.resample(rank(draws(3000, 0), draws(900, 1)), 120, gen(2))  # more than are worked on at once
    for statistic in (statistics.aupr_out, statistics.aupr_in, statistics.fpr95, statistics.recall_at):
        each = [statistic(statistics.Ranked(again.outlier[i : i + 1], again.ordinary[i : i + 1])) for i in range(120)]
        assert statistic(again).equal(torch.cat(each))
