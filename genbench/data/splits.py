"""How a set becomes disjoint parts in a fixed random order, the same on every machine and version.

Training part, validation and reference are stratified. The ceiling, which plays a perfect model, is not: no model can
have the reference's class counts, and a ceiling that has them is better than any can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genbench.core import seeds
from genbench.data.storage import Hold
from genbench.protocols.dataset import Split

HALVES = (2, 0, 1, 1)
"""train, val, reference, ceiling where a set has no official test part: 50 / 0 / 25 / 25 %."""


class Parts(NamedTuple):
    """The four disjoint splits of a dataset."""

    train: Split
    val: Split
    reference: Split
    ceiling: Split


def rows_with_test(train: Tensor, test: Tensor, *parts: str | int) -> list[Tensor]:
    """Row numbers of train, val, reference, ceiling, where these rows are the official parts: see below."""
    n = min(len(test), len(train) // 2)
    left, taken = stratified(None, (len(train) - n, n), *parts, n=len(train))
    return [train[left], train[:0], test, train[taken]]


def rows_in_four(y: Tensor | None, n: int, *parts: str | int) -> list[Tensor]:
    """Row numbers of train, val, reference, ceiling of n rows cut by `HALVES`: the ceiling first, without regard to
    class, then the others, each with its share of every class that is left."""
    *weights, ceiling = HALVES
    left, taken = stratified(None, (sum(weights), ceiling), "ceiling", *parts, n=n)
    rest = stratified(None if y is None else y[left], weights, *parts, n=len(left))
    return [*(left[rows] for rows in rest), taken]


def in_four(whole: Split, *parts: str | int) -> Parts:
    """A set without an official test part, cut by `HALVES`."""
    return Parts(*(whole.take(rows) for rows in rows_in_four(whole.y, len(whole), *parts)))


def with_official_test(train: Split, test: Split, *parts: str | int) -> Parts:
    """The test part is the reference; the ceiling is equally many (at most half) taken from the training part."""
    rows = rows_with_test(torch.arange(len(train)), torch.arange(len(test)), *parts)
    return Parts(train.take(rows[0]), train.take(rows[1]), test, train.take(rows[3]))


def shuffled(n: int, *parts: str | int) -> np.ndarray:
    """A permutation of n (int64) that depends on the parts only.

    It sorts PCG64's raw words, whose stream NumPy keeps forever; `randperm` has no such promise.
    """
    return np.argsort(np.random.PCG64(seeds.derive(*parts)).random_raw(n), kind="stable")


def stratified(y: Tensor | None, weights: Sequence[int], *parts: str | int, n: int = 0) -> list[Tensor]:
    """Row numbers of as many disjoint parts as there are integer `weights`, each class shared out by the weights.

    `y`: labels (N,), or None with the number of rows `n`. Every part has its share of each class to within one or two
    rows, and its share of the whole to within one. Rows come in a random order that depends on `parts` only, so that
    the first k of a part are a random k.
    """
    count = n if y is None else len(y)
    order = shuffled(count, "split", *parts)
    by_class = order if y is None else order[np.argsort(y.numpy()[order], kind="stable")]
    part_of = np.empty(count, np.int64)
    part_of[by_class] = _parts(count, weights)
    return [torch.from_numpy(order[part_of[order] == part]) for part in range(len(weights))]


def _parts(n: int, weights: Sequence[int]) -> np.ndarray:
    """Part numbers (n,): each row goes to the part that is furthest behind its share."""
    total = sum(weights)
    behind = list(weights)
    part_of = np.empty(n, np.int64)
    for i in range(n):
        part = max(range(len(weights)), key=behind.__getitem__)
        part_of[i] = part
        behind[part] -= total
        for k, weight in enumerate(weights):
            behind[k] += weight
    return part_of


def without_shared(train: Split, *later: Split, holds: Sequence[Hold] = ()) -> tuple[list[Split], int]:
    """`later` splits less the rows whose values an earlier split holds too, and how many rows that cost.

    `holds`: where the values of each shortened split are put, else in memory.
    """
    seen = set(_digests(train.x))
    kept = []
    dropped = 0
    for k, split in enumerate(later):
        digests = _digests(split.x)
        fresh = [i for i, digest in enumerate(digests) if digest not in seen]
        dropped += len(digests) - len(fresh)
        kept.append(
            split if len(fresh) == len(digests) else _shortened(split, torch.tensor(fresh).long(), *holds[k : k + 1])
        )
        seen.update(digests)
    return kept, dropped


def _shortened(split: Split, rows: Tensor, hold: Hold | None = None) -> Split:
    if hold is None:
        return split.take(rows)

    def fill(x: Tensor) -> None:
        for i, row in enumerate(rows.tolist()):
            x[i] = split.x[row]

    x = hold((len(rows), *split.x.shape[1:]), fill)
    return replace(split, x=x, y=None if split.y is None else split.y[rows])


def _digests(x: Tensor) -> list[bytes]:
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in x.flatten(1).numpy()]
