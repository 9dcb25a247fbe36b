"""Whether a dataset in memory is still what it was: nobody but its maker may change it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genbench.protocols.dataset import Dataset

MOST_BYTES = 2**30
"""Of one tensor: a larger one is not read again after each job, only its counter of changes is looked at."""

WORD = 8

_AS_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class DatasetGuard:
    """Marks of every tensor of a dataset, as it was when this was made.

    A mark is torch's counter of in-place changes and the sum of the values' bits, which notices changes that went past
    torch (through NumPy, through `.data`).
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._marks = dict(self._now())

    def changed(self) -> str | None:
        """The name of a split that is not what it was, None where all are."""
        return next((name for name, mark in self._now() if self._marks[name] != mark), None)

    def _now(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        data = self._dataset
        splits = {"train": data.train, "val": data.val, "reference": data.reference, "ceiling": data.ceiling}
        for name, split in (splits | {f"outlier set {name}": split for name, split in data.outliers.items()}).items():
            yield name, [_mark(t) for t in (split.x, split.y, split.factors) if t is not None]


def _mark(x: Tensor) -> tuple[int, int]:
    version = 0 if x.is_inference() else x._version
    if x.numel() * x.element_size() > MOST_BYTES:
        return version, 0
    return version, _sum_of_bits(x.detach().contiguous())


def _sum_of_bits(x: Tensor) -> int:
    """The sum, modulo 2^64, of the values' bits, eight bytes a word: twenty times as fast as value by value."""
    size = x.element_size()
    if x.storage_offset() * size % WORD:
        return int(x.view(_AS_INTEGERS[size]).sum(dtype=torch.int64))
    values = x.reshape(-1)
    whole = values.numel() - values.numel() % (WORD // size)
    words, rest = values[:whole].view(torch.int64), values[whole:].view(_AS_INTEGERS[size])
    return int(words.sum()) + int(rest.sum(dtype=torch.int64))
