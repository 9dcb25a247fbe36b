"""Published image sets in torchvision's own file layout: found below the data root, else downloaded to the cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import datasets

from genbench import resources
from genbench.errors import DataError
from genbench.protocols.dataset import Split

_offline: ContextVar[bool] = ContextVar("offline", default=False)

Maker = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Original:
    """How torchvision makes one part of a set (`make(root, train=..., download=...)`), and the folder its files lie in.

    `first`: the smallest label. `turned`: whether rows and columns are exchanged in the files.
    """

    folder: str
    make: Maker
    first: int = 0
    turned: bool = False


def _emnist(root: str, *, train: bool, download: bool) -> Any:
    return datasets.EMNIST(root, split="letters", train=train, download=download)


def _svhn(root: str, *, train: bool, download: bool) -> Any:
    return datasets.SVHN(str(Path(root) / "svhn"), split="train" if train else "test", download=download)


ORIGINALS: Mapping[str, Original] = {
    "mnist": Original("MNIST/raw", datasets.MNIST),
    "fashion-mnist": Original("FashionMNIST/raw", datasets.FashionMNIST),
    "kmnist": Original("KMNIST/raw", datasets.KMNIST),
    "emnist-letters": Original("EMNIST/raw", _emnist, first=1, turned=True),
    "cifar10": Original("cifar-10-batches-py", datasets.CIFAR10),
    "svhn": Original("svhn", _svhn),
}


@contextmanager
def offline() -> Iterator[None]:
    """Nothing is downloaded inside; `GENBENCH_OFFLINE=1` does the same for a whole process."""
    token = _offline.set(True)
    try:
        yield
    finally:
        _offline.reset(token)


def find(name: str, root: Path, *, train: bool) -> Split | None:
    """One part of a set below `root`, or None where its files are not there; `DataError` where they are broken."""
    original = ORIGINALS[name]
    if not (root / original.folder).is_dir():
        return None
    return _split(original, _made(original, root, train=train))


def load(name: str, root: str | None) -> tuple[Split, Split]:
    """The official training and test part: below `root`, else in the cache, else downloaded to it."""
    cache = resources.cache_dir() / "data"
    for place in (cache,) if root is None else (Path(root), cache):
        train = find(name, place, train=True)
        test = None if train is None else find(name, place, train=False)
        if train is not None and test is not None:
            return train, test
    download(name, partial(ORIGINALS[name].make, str(cache), train=True), root)
    return load(name, str(cache))


def download(name: str, make: Maker, root: str | None) -> None:
    """Let torchvision download a set, or say in a sentence why it is not there and what to do."""
    where = f"{name} is not below the data root {root}" if root else f"{name} has no data root to be looked for in"
    remedy = "give --data-root (or GENBENCH_DATA) the folder that holds it in torchvision's layout"
    if _offline.get() or os.environ.get("GENBENCH_OFFLINE") == "1":
        raise DataError(f"{where}, and downloads are switched off: {remedy}.")
    try:
        make(download=True)
    except Exception as error:  # torchvision, urllib and gdown raise what they like
        raise DataError(f"{where}, and could not be downloaded ({type(error).__name__}: {error}): {remedy}.") from error


def _made(original: Original, root: Path, *, train: bool) -> Any:
    try:
        return original.make(str(root), train=train, download=False)
    except Exception as error:  # torchvision raises whatever a broken file leads it to
        place = root / original.folder
        raise DataError(
            f"the files in {place} are not what torchvision wrote there (missing, cut short or corrupt): {error}."
        ) from error


def _split(original: Original, made: Any) -> Split:
    x = _channels_first(torch.as_tensor(np.asarray(made.data)))
    if original.turned:
        x = x.transpose(-1, -2).contiguous()
    y = torch.as_tensor(np.asarray(made.labels if hasattr(made, "labels") else made.targets)).to(torch.int64)
    if len(x) != len(y) or not len(x):
        raise DataError(f"the files in {made.root} hold {len(x)} images and {len(y)} labels.")
    return Split(x.float().div_(255), y - original.first)


def _channels_first(x: Tensor) -> Tensor:
    if x.ndim == 3:
        return x.unsqueeze(1)
    return x if x.shape[1] == 3 else x.permute(0, 3, 1, 2).contiguous()
