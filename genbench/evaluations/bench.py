"""What one process keeps between fits: datasets, encoders, the reference's features. Each is made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.data.loading import load_dataset
from genbench.encoders.features import split_features
from genbench.encoders.loading import default_encoder, load_encoder
from genbench.metrics.pointset import PointSet
from genbench.protocols.dataset import Dataset, Split
from genbench.protocols.encoder import Encoder

T = TypeVar("T")

LEAST = 2


class Bench:
    """The workbench of a process. `root`: the data root; `cache`: where trained rulers are kept."""

    def __init__(self, *, root: str | None, cache: Path, device: torch.device) -> None:
        self.root, self.cache, self.device = root, cache, device
        self._made: dict[Any, Any] = {}

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def dataset(self, name: str) -> Dataset:
        """The dataset of this name, on the CPU."""
        return self.once(("dataset", name), lambda: load_dataset(name, root=self.root))

    def encoder(self, name: str, dataset: Dataset) -> Encoder:
        """The encoder of this name for the dataset; `auto` is the dataset's own default."""
        real = default_encoder(dataset) if name == "auto" else name
        make = lambda: load_encoder(real, dataset, cache=self.cache, device=self.device)
        return self.once(("encoder", real, dataset.fingerprint), make)

    def reference(self, dataset: Dataset, encoder: Encoder, n: int) -> PointSet:
        """What metrics keep of the reference's features, for the first n of a fixed order."""
        make = lambda: PointSet(self._features(dataset, encoder, "reference")[rows(dataset, n)])
        return self.once(("reference", dataset.fingerprint, encoder.fingerprint, n), make)

    def training(self, dataset: Dataset, encoder: Encoder) -> PointSet:
        """The same for the training split's features."""
        make = lambda: PointSet(self._features(dataset, encoder, "train"), name="training")
        return self.once(("train", dataset.fingerprint, encoder.fingerprint), make)

    def _features(self, dataset: Dataset, encoder: Encoder, split: str) -> torch.Tensor:
        return split_features(encoder, dataset, split, cache=self.cache, device=str(self.device))


def equal_n(dataset: Dataset, asked: int) -> int:
    """The n of every feature metric: what was asked for, at most what reference and ceiling both have."""
    n = min(asked, len(dataset.reference), len(dataset.ceiling))
    if n < LEAST:
        raise Unsupported(
            f"{dataset.name} has {len(dataset.ceiling)} ceiling examples: equal n needs at least {LEAST}."
        )
    return n


def rows(dataset: Dataset, n: int) -> torch.Tensor:
    """The first n row numbers of the reference in an order that depends on the dataset only; all in their own."""
    total = len(dataset.reference)
    if n >= total:
        return torch.arange(total)
    return torch.randperm(total, generator=seeds.generator("reference", dataset.fingerprint))[:n]


def reference_part(dataset: Dataset, n: int) -> Split:
    """Those n examples of the reference."""
    return dataset.reference.take(rows(dataset, n))
