"""Splits are disjoint, stratified, exact in size and the same everywhere."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench.data.derived import validation
from genbench.data.digits import digits
from genbench.data.splits import HALVES, in_four, rows_in_four, shuffled, stratified, with_official_test, without_shared
from genbench.protocols.dataset import Split


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.lists(st.integers(0, 5), min_size=2, max_size=4))
def test_parts_are_a_partition_with_their_shares(labels: list[int], weights: list[int]) -> None:
    if sum(weights) == 0:
        return
    y = torch.tensor(labels)
    parts = stratified(y, weights, "test")
    assert sorted(torch.cat(parts).tolist()) == list(range(len(labels)))
    for rows, weight in zip(parts, weights, strict=True):
        assert abs(len(rows) - len(labels) * weight / sum(weights)) <= 1
        for label in set(labels):
            of_class = labels.count(label)
            assert abs((y[rows] == label).sum().item() - of_class * weight / sum(weights)) <= 2


def test_an_exact_share_is_met_exactly() -> None:
    y = torch.arange(6_000) % 10
    left, taken = stratified(y, (5_000, 1_000), "test")
    assert (len(left), len(taken)) == (5_000, 1_000)
    assert torch.bincount(y[taken]).tolist() == [100] * 10


def test_without_labels_the_number_of_rows_is_split() -> None:
    parts = stratified(None, HALVES, "test", n=10)
    assert sorted(torch.cat(parts).tolist()) == list(range(10))
    assert [len(p) for p in parts] == [5, 0, 3, 2]


def test_the_order_is_the_same_everywhere() -> None:
    assert shuffled(8, "a", 1).tolist() == [6, 4, 2, 0, 1, 3, 5, 7]
    assert shuffled(8, "a", 2).tolist() != shuffled(8, "a", 1).tolist()


def test_rows_that_an_earlier_split_holds_are_dropped() -> None:
    x = torch.arange(12.0).reshape(6, 2)
    train, reference, ceiling = Split(x[:3]), Split(x[[3, 0, 4]]), Split(x[[4, 5, 1, 5]])
    (reference, ceiling), dropped = without_shared(train, reference, ceiling)
    assert dropped == 3
    assert reference.x.equal(x[[3, 4]])
    assert ceiling.x.equal(x[[5, 5]])


def spread(make: object, seeds: int = 300) -> float:
    """The variance of the ceiling's count of one class of two equal ones, over that of as many independent draws."""
    counts = torch.tensor([float((make(seed).ceiling.y == 0).sum()) for seed in range(seeds)])
    n = len(make(0).ceiling)
    return float(counts.var()) / (n * 0.25)


def halves(n: int) -> Split:
    return Split(torch.arange(float(n))[:, None], torch.arange(n) % 2)


def test_the_ceiling_is_drawn_without_regard_to_class() -> None:
    # without replacement: 1 - n/N of independent draws, where a stratified ceiling has nothing
    assert spread(lambda seed: in_four(halves(400), seed)) == pytest.approx(1 - 100 / 400, rel=0.25)
    official = lambda seed: with_official_test(halves(600), halves(100), seed)
    assert spread(official) == pytest.approx(1 - 100 / 600, rel=0.25)


def test_reference_and_training_part_stay_stratified() -> None:
    parts = in_four(halves(400), "test")
    ratio = (parts.train.y == 0).double().mean()
    assert abs(float((parts.reference.y == 0).double().mean() - ratio)) < 0.02
    assert [len(part) for part in parts] == [200, 0, 100, 100]
    assert sorted(torch.cat(rows_in_four(None, 11, "test")).tolist()) == list(range(11))


def test_what_a_tuner_sees_is_stratified_and_permuted() -> None:
    base = digits()
    view = validation(base)
    for label in range(10):
        all_of_it = int((base.train.y == label).sum())
        assert abs(int((view.val.y == label).sum()) - all_of_it / 5) <= 1
    assert len(view.val) == 179 and len(view.train) == 720
    assert not view.val.y.equal(view.val.y.sort().values)
    again = validation(base)
    assert view.val.x.equal(again.val.x) and view.train.x.equal(again.train.x)
