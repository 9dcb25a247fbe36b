"""What one process keeps between fits: datasets, encoders, the reference's features. Each is made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

from genbench import seeds
from genbench.data.loading import load_dataset
from genbench.encoders.loading import default_encoder, load_encoder
from genbench.metrics.pointset import PointSet
from genbench.protocols.dataset import Dataset, Split
from genbench.protocols.encoder import Encoder

T = TypeVar("T")


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
        make = lambda: PointSet(encoder.features(subset(dataset, dataset.reference, n).x.to(self.device)))
        return self.once(("reference", dataset.fingerprint, encoder.fingerprint, n), make)

    def training(self, dataset: Dataset, encoder: Encoder) -> PointSet:
        """The same for the training split's features."""
        make = lambda: PointSet(encoder.features(dataset.train.x.to(self.device)), name="training")
        return self.once(("train", dataset.fingerprint, encoder.fingerprint), make)


def equal_n(dataset: Dataset, asked: int) -> int:
    """The n of every feature metric: what was asked for, at most what reference and ceiling both have."""
    return min(asked, len(dataset.reference), len(dataset.ceiling))


def subset(dataset: Dataset, split: Split, n: int) -> Split:
    """The first n of a split in an order that depends on the dataset only; the whole split as it is."""
    if n >= len(split):
        return split
    order = torch.randperm(len(split), generator=seeds.generator("reference", dataset.fingerprint))
    return split.take(order[:n])
