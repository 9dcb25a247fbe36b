"""Known answers of memorisation metrics."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import gen, normal, number, values

from genbench.metrics.auc import auc
from genbench.metrics.memorisation import data_copying, mann_whitney_z


def uniform(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.rand(n, d, generator=gen(seed), dtype=torch.float64)


@pytest.mark.parametrize(("d", "expected"), [(1, 1 / 3), (2, 0.3785), (3, 11 / 27)])
def test_authenticity_of_the_truth_depends_on_the_dimension(d: int, expected: float) -> None:
    # many points, so that the border (where the law is no longer uniform) counts for little
    seen = [
        number(uniform(10, d, 3 * i), uniform(3000, d, 3 * i + 1), "authenticity", train=uniform(3000, d, 3 * i + 2))
        for i in range(3)
    ]
    assert sum(seen) / 3 == pytest.approx(expected, abs=0.03)


def test_copies_are_not_authentic_and_far_points_are() -> None:
    train = normal(300, 4)
    assert number(normal(100, 4, 1), train[:100], "authenticity", train=train) == 0
    assert number(normal(100, 4, 1), train[:100] + 50, "authenticity", train=train) == 1


def test_ct_of_one_cell_of_copies_has_its_closed_form() -> None:
    cell = torch.zeros(200, dtype=torch.int64)
    copying = data_copying(torch.zeros(200), 1 + torch.arange(200), cell, cell)
    assert copying.value == pytest.approx(-math.sqrt(3 * 200 * 200 / 401), rel=1e-9)
    assert copying.value == pytest.approx(-17.299, abs=1e-3)


def test_ct_of_one_law_has_mean_0_and_deviation_1() -> None:
    seen = torch.tensor(
        [mann_whitney_z(uniform(60, 1, 2 * i)[:, 0], uniform(50, 1, 2 * i + 1)[:, 0]) for i in range(400)]
    )
    assert abs(float(seen.mean())) < 3 / math.sqrt(400)
    assert float(seen.std()) == pytest.approx(1, abs=0.1)


def test_ct_flags_copies_and_not_the_truth() -> None:
    train, real, fresh = (normal(n, 4, i) for i, n in enumerate((1500, 600, 600)))
    assert number(real, train[:600], "ct", train=train) < -3
    assert abs(number(real, fresh, "ct", train=train)) < 3


def test_ct_without_a_full_cell_says_so() -> None:
    found = values(normal(20, 2), normal(20, 2, 1), "ct", train=normal(100, 2, 2))["ct"]
    assert "no cell" in (found.reason or "")


def test_membership_is_certain_when_every_member_is_copied() -> None:
    train, real = normal(200, 5), normal(200, 5, 1)
    assert values(real, train, "membership-auc", train=train)["membership-auc:distance"].value == 1


def test_membership_is_three_quarters_when_half_are_copied() -> None:
    train, real = normal(400, 5), normal(400, 5, 1)
    fake = torch.cat([train[:200], normal(200, 5, 2)])
    found = values(real, fake, "membership-auc", train=train)["membership-auc:distance"].value
    assert found == pytest.approx(0.75, abs=0.04)


def test_membership_of_the_truth_is_a_coin() -> None:
    found = [
        values(normal(300, 5, 3 * i), normal(300, 5, 3 * i + 1), "membership-auc", train=normal(300, 5, 3 * i + 2))
        for i in range(10)
    ]
    assert sum(f["membership-auc:distance"].value for f in found) / 10 == pytest.approx(0.5, abs=0.03)


def test_distance_ratio_of_copies_is_0_and_of_the_truth_1() -> None:
    train, real = normal(2000, 4), normal(1500, 4, 1)
    assert number(real, train[:500], "nn-distance-ratio", train=train) == 0
    assert number(real, normal(1500, 4, 2), "nn-distance-ratio", train=train) == pytest.approx(1, rel=0.05)


def test_copy_rate_counts_copies() -> None:
    train = normal(500, 6)
    fake = torch.cat([train[:30] + 1e-4, normal(70, 6, 1)])
    assert number(normal(100, 6, 2), fake, "copy-rate", train=train) == pytest.approx(0.3)


def test_the_gap_of_copies_is_negative_and_of_the_truth_small() -> None:
    train, real = normal(400, 20), normal(400, 20, 1)
    copies, fresh = (
        values(real, g, "train-test-gap", train=train)["train-test-gap"] for g in (train, normal(400, 20, 2))
    )
    assert copies.ci_high < 0
    assert fresh.ci_low < 0 < fresh.ci_high


def test_without_training_data_each_says_so() -> None:
    names = ("authenticity", "ct", "nn-distance-ratio", "membership-auc", "train-test-gap", "copy-rate")
    found = values(normal(50, 2), normal(50, 2, 1), *names)
    assert all("training" in (found[n].reason or "") for n in names)


def test_auc_counts_ties_half() -> None:
    assert auc(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])) == pytest.approx(0.875)
