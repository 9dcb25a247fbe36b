"""Published image sets in torchvision's own file layout: found below the data root, else downloaded to the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genbench.core import network, paths
from genbench.core.errors import DataError
from genbench.data.idx import read_pair
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


def _torchvision(name: str, **more: str) -> Maker:
    """The class of this name in `torchvision.datasets`, imported when a set is made: that takes as long as torch."""

    def make(root: str, *, train: bool, download: bool) -> Any:
        from torchvision import datasets

        return getattr(datasets, name)(root, train=train, download=download, **more)

    return make


def _idx(name: str, stems: tuple[str, str] = ("train", "t10k"), **more: str) -> Maker:
    """A set of MNIST's kin: torchvision downloads its files, of the training and the test part by these names."""

    def make(root: str, *, train: bool, download: bool) -> Any:
        if download:
            return _torchvision(name, **more)(root, train=train, download=True)
        images, labels = read_pair(Path(root) / name / "raw", stems[0] if train else stems[1])
        return SimpleNamespace(root=root, data=images, targets=labels)

    return make


def _svhn(root: str, *, train: bool, download: bool) -> Any:
    from torchvision import datasets

    return datasets.SVHN(str(Path(root) / "svhn"), split="train" if train else "test", download=download)


EMNIST = ("emnist-letters-train", "emnist-letters-test")

ORIGINALS: Mapping[str, Original] = {
    "mnist": Original("MNIST/raw", _idx("MNIST")),
    "fashion-mnist": Original("FashionMNIST/raw", _idx("FashionMNIST")),
    "kmnist": Original("KMNIST/raw", _idx("KMNIST")),
    "emnist-letters": Original("EMNIST/raw", _idx("EMNIST", EMNIST, split="letters"), first=1, turned=True),
    "cifar10": Original("cifar-10-batches-py", _torchvision("CIFAR10")),
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
    folder = root / original.folder
    if not folder.is_dir() or not any(folder.iterdir()):  # a download that failed leaves the folder empty
        return None
    return _split(original, _made(original, root, train=train))


def load(name: str, root: str | None) -> tuple[Split, Split]:
    """The official training and test part: below `root`, else in the cache, else downloaded to it."""
    cache = paths.cache_dir() / "data"
    for place in (cache,) if root is None else (Path(root), cache):
        train = find(name, place, train=True)
        test = None if train is None else find(name, place, train=False)
        if train is not None and test is not None:
            return train, test
    download(name, partial(ORIGINALS[name].make, str(cache), train=True), root)
    train, test = find(name, cache, train=True), find(name, cache, train=False)
    if train is None or test is None:
        raise DataError(f"{name} was downloaded, but {cache / ORIGINALS[name].folder} is empty: try again.")
    return train, test


def download(name: str, make: Maker, root: str | None) -> None:
    """Let torchvision download a set, or say in a sentence why it is not there and what to do."""
    cache = paths.cache_dir() / "data"
    where = f"{name} is not in the data root {root} or the cache {cache}" if root else f"{name} is not in {cache}"
    layout = ORIGINALS[name].folder if name in ORIGINALS else name
    remedy = f"put its files, as torchvision has them, into {layout} below the folder of --data-root or GENBENCH_DATA"
    if _offline.get():
        raise DataError(f"{where}: {remedy}, or let a run download it.")
    if network.is_offline():
        raise DataError(f"{where}, and downloads are switched off (GENBENCH_OFFLINE): {remedy}.")
    try:
        make(download=True)
    except Exception as error:  # torchvision, urllib and gdown raise what they like
        raise DataError(f"{where}, and could not be downloaded ({_cause(error)}): {remedy}.") from error


def _cause(error: Exception) -> str:
    """What went wrong in one line: of torchvision's list of servers that it tried, what the first one answered."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    answered = next((line.strip("<>") for line in lines if line.startswith("<")), lines[0])
    return f"{type(error).__name__}: {answered}".rstrip(".:")


def _made(original: Original, root: Path, *, train: bool) -> Any:
    try:
        return original.make(str(root), train=train, download=False)
    except Exception as error:  # torchvision raises whatever a broken file leads it to
        place = root / original.folder
        reason = str(error).partition(" You can use download")[0].rstrip(".")
        raise DataError(
            f"the files in {place} are not what torchvision wrote there (missing, cut short or corrupt): {reason}. "
            "Put whole files there, or remove the folder."
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
