"""What a dataset is: named splits as tensors, outlier sets, the exact density where known, a content fingerprint."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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

    def copy(self) -> Split:
        """The same in memory of its own; what is too large to be there twice stays where it is."""
        if self.x.numel() * self.x.element_size() > MOST_COPIED:
            return self
        return Split(
            self.x.clone(),
            None if self.y is None else self.y.clone(),
            None if self.factors is None else self.factors.clone(),
        )

    def joined(self, other: Split) -> Split:
        """The rows of this split, then those of another; what one of them lacks, the result lacks."""

        def both(one: Tensor | None, more: Tensor | None) -> Tensor | None:
            return None if one is None or more is None else torch.cat([one, more])

        return Split(torch.cat([self.x, other.x]), both(self.y, other.y), both(self.factors, other.factors))

    def to(self, device: torch.device | str) -> Split:
        """The same split on another device."""
        return Split(
            self.x.to(device),
            None if self.y is None else self.y.to(device),
            None if self.factors is None else self.factors.to(device),
        )


MOST_COPIED = 2**33
"""Bytes of a split that is given away as a copy."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Examples that nobody has labelled yet, some of them of rare classes: what a detector may search.

    `draw` makes those of a seed when they are asked for: x, and y as an annotator would give it. `fingerprint` stands
    for the content of them all. `rare`: the numbers of the rare classes; examples of them that no model has seen are in
    the outlier sets.
    """

    fingerprint: str
    draw: Callable[[int], Split]
    rare: tuple[int, ...]


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
    `pool`: unlabelled examples, made when asked for, others for each seed. `density`: the exact law where known.
    `bernoulli`: the training pixels are probabilities, of which the trainer draws each batch anew (dynamic
    binarisation); the other splits are drawn already. `held_back`: more real training examples that no model sees,
    where the training part is a part of another set's. `attributes`: names of factors, whole numbers from 0, whose
    shares matter; `balanced`: the name of a set of the same law in which these are equal. `mode_reader`: the dataset
    whose classifier reads each channel, where what the channels show together is one of equally frequent modes.
    `notes`: how files were read and what of it is too small for its numbers, a sentence each.
    `family`: its name with a star for what tells it from sets of its kind, empty where it stands alone.
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
    pool: Pool | None = None
    classes: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()
    title: str = ""
    licence: str = ""
    source: str = ""
    bernoulli: bool = False
    held_back: Split | None = None
    attributes: tuple[str, ...] = ()
    balanced: str = ""
    mode_reader: str = ""
    notes: tuple[str, ...] = ()
    family: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of SHA-256 over shape, range and the content of the four splits, equal on every machine.

        What was held back of a larger training part counts too. Outlier sets have their own: which files lie in a data
        root changes nothing that does not stand on them.
        """
        digest = hashlib.sha256(repr((self.spec.shape, self.spec.value_range, self.spec.classes)).encode())
        if self.bernoulli:
            digest.update(b"bernoulli")
        parts = {"train": self.train, "val": self.val, "reference": self.reference, "ceiling": self.ceiling}
        for name, split in parts.items():
            _digest(digest, name, split)
        if self.held_back is not None:
            _digest(digest, "held-back", self.held_back)
        return digest.hexdigest()[:16]

    def for_fitting(self, sees: frozenset[str] = frozenset()) -> Dataset:
        """What a model may learn from: copies of `train` and `val`, all else empty or unknown.

        `sees`: what a control is given besides, `ceiling` or `density`. Nobody is given the reference.
        """
        ceiling = self.ceiling.copy() if "ceiling" in sees else self.ceiling.take(slice(0))
        return replace(
            self,
            train=self.train.copy(),
            val=self.val.copy(),
            reference=self.reference.take(slice(0)),
            ceiling=ceiling,
            outliers={},
            near=frozenset(),
            whole=frozenset(),
            held_back=None,
            pool=None,
            density=self.density if "density" in sees else None,
        )

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
    def rare(self) -> tuple[int, ...]:
        """The classes with fewer training examples than half the mean class, where the reference holds them all."""
        if self.train.y is None or self.reference.y is None or self.spec.classes < 2:
            return ()
        counts = torch.bincount(self.train.y, minlength=self.spec.classes)
        found = (counts < 0.5 * len(self.train) / self.spec.classes).nonzero()[:, 0]
        there = bool(torch.isin(found, self.reference.y).all())
        return tuple(found.tolist()) if there else ()

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
            "rare": bool(self.rare),
            "attributes": bool(self.attributes) or (self.spec.classes >= 2 and self.train.y is not None),
            "pool": self.pool is not None,
        }
        return DataFacts(
            name=self.name,
            fingerprint=self.fingerprint,
            kind=self.kind,
            has=frozenset(word for word, is_so in true.items() if is_so),
            outliers=dict(self.outlier_fingerprints),
            near=self.near,
            pool=self.pool.fingerprint if self.pool else "",
            family=self.family,
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
