"""Splits are disjoint, stratified, exact in size and the same everywhere."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench.data.splits import HALVES, shuffled, stratified, without_shared
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
