"""What one process keeps while it works through a plan: datasets, encoders, the reference's features, the device.

Each is made once; the session, the executor and the evaluations share one context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from genbench.core import seeds, tensor_files
from genbench.core.errors import Unsupported
from genbench.data.guard import DatasetGuard
from genbench.data.loading import load_dataset
from genbench.data.splits import shuffled
from genbench.encoders.features import split_features
from genbench.encoders.loading import default_encoder, load_encoder
from genbench.metrics.neighbours import Neighbours
from genbench.metrics.points import is_fast_in_float64
from genbench.metrics.pointset import PointSet
from genbench.protocols.dataset import Dataset, Split
from genbench.protocols.encoder import Encoder

T = TypeVar("T")

LEAST = 2

NEIGHBOURS = 5
"""k of every radius, unless an evaluation says another."""


WORTH_KEEPING = 2**36
"""Multiply-adds from which a training set's neighbours are kept on disk: a second of a processor."""

KEPT = 1
"""The version of how they are found: one more where it gives others."""


def _kept_neighbours(path: Path, device: torch.device, find: Callable[[], Neighbours]) -> Neighbours:
    """The neighbours in a file, else those found, which it then holds for every process; on this device."""
    names = [field.name for field in fields(Neighbours)]

    def made() -> dict[str, torch.Tensor]:
        found = find()
        return {name: getattr(found, name) for name in names}

    return Neighbours(**{name: one.to(device) for name, one in tensor_files.kept(path, names, made).items()})


class RunContext:
    """The loaded things of a process. `root`: the data root; `cache`: where trained encoders are kept; `threads`: of
    torch on the CPU (a sum's last digits depend on it); `named`: what a suite's own names of datasets stand for;
    `share`: of the device's free memory that this process may count on, since others work on it too."""

    def __init__(
        self,
        *,
        root: str | None,
        cache: Path,
        device: torch.device | str,
        threads: int = 1,
        named: Mapping[str, str] | None = None,
        share: float = 1.0,
    ) -> None:
        self.named, self.share = named or {}, share
        self.root, self.cache, self.device, self.threads = root, cache, torch.device(device), threads
        self._made: dict[Any, Any] = {}

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def dataset(self, name: str) -> Dataset:
        """The dataset of this name, on the CPU."""
        return self.once(("dataset", name), lambda: self._loaded(name))

    def _loaded(self, name: str) -> Dataset:
        data = load_dataset(name, root=self.root, base=self.dataset, named=self.named)
        self._made["guard", name] = DatasetGuard(data)
        return data

    def encoder_name(self, name: str, dataset: Dataset) -> str:
        """The name of an encoder; `auto` is the dataset's own default."""
        if name != "auto":
            return name
        return self.once(("default encoder", dataset.fingerprint), lambda: default_encoder(dataset))

    def encoder(self, name: str, dataset: Dataset) -> Encoder:
        """The encoder of this name for the dataset."""
        real = self.encoder_name(name, dataset)
        make = lambda: load_encoder(real, dataset, cache=self.cache, device=self.device)
        return self.once(("encoder", real, dataset.fingerprint), make)

    def reference(self, dataset: Dataset, encoder: Encoder, n: int, *, k: int = NEIGHBOURS) -> PointSet:
        """What metrics keep of the features of the reference's first n in a fixed order; k is that of the radii."""
        make = lambda: PointSet(self._features(dataset, encoder, "reference")[reference_rows(dataset, n)], k)
        return self.once(("reference", dataset.fingerprint, encoder.fingerprint, n, k), make)

    def training(self, dataset: Dataset, encoder: Encoder) -> PointSet:
        """The same for the training split's features. Of a large one, neighbours are kept on disk."""
        how = f"{NEIGHBOURS}-{self.device.type}{'-float64' * is_fast_in_float64(self.device)}-{KEPT}"
        key = f"{encoder.name}-{encoder.fingerprint}-{dataset.fingerprint}-train-{how}"
        keep = partial(_kept_neighbours, self.cache / "neighbours" / f"{key}.safetensors", self.device)

        def make() -> PointSet:
            features = self._features(dataset, encoder, "train")
            is_costly = len(features) ** 2 * features.shape[1] > WORTH_KEEPING
            return PointSet(features, NEIGHBOURS, name="training", keep=keep if is_costly else None)

        return self.once(("train", dataset.fingerprint, encoder.fingerprint), make)

    def _features(self, dataset: Dataset, encoder: Encoder, split: str) -> torch.Tensor:
        return split_features(encoder, dataset, split, cache=self.cache, device=str(self.device))

    def changed(self, name: str) -> str | None:
        """The split of a dataset that has been changed since it was loaded, None where it is what it was."""
        guard: DatasetGuard | None = self._made.get(("guard", name))
        return guard.changed() if guard else None

    def forget(self) -> None:
        """Load and make everything anew when it is next asked for."""
        self._made.clear()

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """Torch with the suite's thread count and without TF32; restored afterwards."""
        threads = torch.get_num_threads()
        if self.device.type == "cpu":
            torch.set_num_threads(self.threads)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def equal_n(dataset: Dataset, asked: int) -> int:
    """The n of every feature metric: what was asked for, at most what reference and ceiling both have."""
    n = min(asked, len(dataset.reference), len(dataset.ceiling))
    if n < LEAST:
        raise Unsupported(
            f"{dataset.name} has {len(dataset.ceiling)} ceiling examples: equal n needs at least {LEAST}."
        )
    return n


def reference_rows(dataset: Dataset, n: int) -> torch.Tensor:
    """The first n row numbers of the reference in an order that depends on the dataset only; all in their own."""
    total = len(dataset.reference)
    if n >= total:
        return torch.arange(total)
    return torch.randperm(total, generator=seeds.generator("reference", dataset.fingerprint))[:n]


def outlier_part(dataset: Dataset, name: str, n: int) -> Split:
    """At most n examples of an outlier set, in an order that depends on the set alone."""
    outliers = dataset.outliers[name]
    order = shuffled(len(outliers), "outliers", dataset.outlier_fingerprints[name])
    return outliers.take(torch.from_numpy(order[:n]))


def reference_part(dataset: Dataset, n: int) -> Split:
    """Those n examples of the reference."""
    return dataset.reference.take(reference_rows(dataset, n))
