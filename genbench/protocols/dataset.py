"""What a dataset is: named splits as tensors, outlier sets, the exact density where known, a content fingerprint."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from genbench.core.records import DataFacts, DataKind


@dataclass(frozen=True, slots=True)
class DataSpec:
    """What a model learns of the data that it will meet.

    `shape`: one example without the batch axis, (C, H, W) for images, (D,) for points and table rows.
    `value_range`: (low, high) where values are bounded ((0, 1) for images), else None.
    `classes`: the number of labels, 0 where there are none.
    """

    shape: tuple[int, ...]
    value_range: tuple[float, float] | None = None
    classes: int = 0

    @property
    def size(self) -> int:
        """D, the number of values in one example."""
        return math.prod(self.shape)

    @property
    def is_image(self) -> bool:
        """Whether an example is (C, H, W)."""
        return len(self.shape) == 3

    @property
    def unit_range(self) -> bool:
        """Whether values lie in [0, 1], so that a Bernoulli likelihood and pixel metrics make sense."""
        return self.value_range == (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Split:
    """Examples `x` (N, *shape) float32, labels `y` (N,) int64 or None, generative `factors` (N, F) or None."""

    x: Tensor
    y: Tensor | None = None
    factors: Tensor | None = None

    def __len__(self) -> int:
        return self.x.shape[0]

    def take(self, rows: Tensor | slice) -> Split:
        """The split of these rows, in this order."""
        return Split(
            self.x[rows],
            None if self.y is None else self.y[rows],
            None if self.factors is None else self.factors[rows],
        )

    def to(self, device: torch.device | str) -> Split:
        """The same split on another device."""
        return Split(
            self.x.to(device),
            None if self.y is None else self.y.to(device),
            None if self.factors is None else self.factors.to(device),
        )


_HASHED = 4096
"""Rows that are hashed at once."""


class Density(Protocol):
    """The true law of a toy: what no real dataset can give."""

    entropy: float  # nats
    modes: Tensor | None  # (K, D) centres, None where the law has no separate modes
    mode_weights: Tensor | None  # (K,), sums to 1
    mode_sigma: float | None

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (N, D) -> (N,)."""

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """n fresh draws of the truth, (n, D) float32."""


def mark(density: Density) -> float | None:
    """The value on the line of which a reader asks what the law says of it: its attribute `mark`, if it has one."""
    found = getattr(density, "mark", None)
    return None if found is None else float(found)


@dataclass(frozen=True)
class Dataset:
    """Four disjoint splits and what else is known of the data.

    `train` (fitting), `val` (tuning; may be empty), `reference` (what metrics compare with), `ceiling` (real data that
    plays the part of a perfect model). `outliers`: named sets of unusual data in the same shape and range; `near` names
    those that are hard, `whole` those of which a protocol takes all, not as many as there are reference examples.
    `density`: the exact law where known. `bernoulli`: the training pixels are probabilities, of which the trainer draws
    each batch anew (dynamic binarisation); the other splits are drawn already. `mode_reader`: the dataset whose
    classifier reads each channel, where what the channels show together is one of equally frequent modes.
    """

    name: str
    spec: DataSpec
    train: Split
    val: Split
    reference: Split
    ceiling: Split
    outliers: Mapping[str, Split] = field(default_factory=dict)
    near: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    density: Density | None = None
    classes: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()
    title: str = ""
    licence: str = ""
    source: str = ""
    bernoulli: bool = False
    mode_reader: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of SHA-256 over shape, range and the content of the four splits, equal on every machine.

        Outlier sets have their own: which files lie in a data root changes nothing that does not stand on them.
        """
        digest = hashlib.sha256(repr((self.spec.shape, self.spec.value_range, self.spec.classes)).encode())
        if self.bernoulli:
            digest.update(b"bernoulli")
        parts = {"train": self.train, "val": self.val, "reference": self.reference, "ceiling": self.ceiling}
        for name, split in parts.items():
            _digest(digest, name, split)
        return digest.hexdigest()[:16]

    @cached_property
    def outlier_fingerprints(self) -> Mapping[str, str]:
        """The same over the content of each outlier set, by its name."""
        found = {}
        for name, split in self.outliers.items():
            digest = hashlib.sha256()
            _digest(digest, name, split)
            found[name] = digest.hexdigest()[:16]
        return found

    @property
    def kind(self) -> DataKind:
        """Images, points of a known density, or rows of numbers."""
        if self.spec.is_image:
            return DataKind.IMAGES
        return DataKind.TABLE if self.density is None else DataKind.POINTS

    @cached_property
    def facts(self) -> DataFacts:
        """What a plan needs to know of it."""
        true = {
            "images": self.spec.is_image,
            "unit-images": self.spec.is_image and self.spec.unit_range,
            "labels": self.spec.classes >= 2 and self.train.y is not None and self.reference.y is not None,
            "factors": self.reference.factors is not None,
            "density": self.density is not None,
            "modes": bool(self.mode_reader) or (self.density is not None and self.density.modes is not None),
            "line": self.spec.shape == (1,),
            "mark": self.density is not None and mark(self.density) is not None,
            "outliers": bool(self.outliers),
        }
        return DataFacts(
            name=self.name,
            fingerprint=self.fingerprint,
            kind=self.kind,
            has=frozenset(word for word, is_so in true.items() if is_so),
            outliers=dict(self.outlier_fingerprints),
            near=self.near,
        )


def _digest(digest: hashlib._Hash, name: str, split: Split) -> None:
    for tensor in (split.x, split.y, split.factors):
        digest.update(f"{name}:{None if tensor is None else tuple(tensor.shape)}".encode())
        if tensor is not None:
            for rows in torch.split(tensor, _HASHED):  # a set larger than memory is read piece by piece
                digest.update(rows.detach().cpu().contiguous().numpy().tobytes())


class DatasetBuilder(Protocol):
    """What `@register_dataset` registers: makes the dataset, from files below `root` where it needs any.

    Raises `DataError` with the path and the remedy where a file is missing or broken.
    """

    def __call__(self, *, root: str | None = None) -> Dataset: ...
