"""Outlier sets: procedural ones for every kind of data, and files of images of other kinds where they are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import DataError
from genbench.data.arrays import Arrays, read_npz
from genbench.data.originals import find
from genbench.data.pixels import as_images
from genbench.protocols.dataset import DataSpec, Split

MOST = 2_000
"""Procedural sets hold as many examples as the reference, at most these."""


def procedural(spec: DataSpec, reference: Tensor, *parts: str | int) -> dict[str, Split]:
    """`uniform-noise`, and `flat-grey` for images; equal on every machine, as they depend on whole numbers only."""
    n = min(len(reference), MOST)
    if not spec.is_image:
        return {"uniform-noise": Split(_box_noise(reference, n, *parts))}
    levels = _bytes((n, *spec.shape), "uniform-noise", *parts)
    greys = _bytes((n, *(1 for _ in spec.shape)), "flat-grey", *parts).expand(n, *spec.shape)
    return {"uniform-noise": Split(as_unit(levels)), "flat-grey": Split(as_unit(greys))}


def files(names: Sequence[str], spec: DataSpec, root: str | None) -> dict[str, Split]:
    """The named outlier sets that lie below `root`, brought to the data's shape; none is downloaded."""
    found = {}
    for name in names:
        images = None if root is None else SETS[name](Path(root))
        if images is not None:
            found[name] = Split(fitted(images, spec))
    return found


def fitted(x: Tensor, spec: DataSpec) -> Tensor:
    """(N, C, H, W) in [0, 1] -> the data's shape: bilinear with antialiasing, grey repeated, colours averaged."""
    if x.shape[-2:] != spec.shape[1:]:
        x = F.interpolate(x, size=spec.shape[1:], mode="bilinear", antialias=True, align_corners=False).clamp_(0, 1)
    if x.shape[1] != spec.shape[0]:
        x = x.mean(1, keepdim=True).expand(-1, spec.shape[0], -1, -1).contiguous()
    return x


def as_unit(levels: Tensor) -> Tensor:
    """Bytes -> float32 in [0, 1]."""
    return levels.to(torch.float32).div_(255)


def _archive(file: str, root: Path) -> Tensor | None:
    path = root / file
    if not path.exists():
        return None
    found = read_npz(path)
    if not isinstance(found, Arrays):
        raise DataError(f"{path} holds statistics; expected images.")
    return as_images(found.values, path)


def _original(name: str, root: Path) -> Tensor | None:
    part = find(name, root, train=False)
    return None if part is None else part.x


SETS: Mapping[str, Callable[[Path], Tensor | None]] = {
    "notmnist": partial(_archive, "notmnist.npz"),
    "omniglot": partial(_archive, "omniglot28.npz"),
    "fashion-5class": partial(_archive, "fashion_mnist_5class.npz"),
    "kmnist": partial(_original, "kmnist"),
    "mnist": partial(_original, "mnist"),
    "svhn": partial(_original, "svhn"),
}


def _bytes(shape: tuple[int, ...], *parts: str | int) -> Tensor:
    """Uniform uint8 from PCG64's raw words."""
    count = int(np.prod(shape))
    words = np.random.PCG64(seeds.derive("outliers", *parts)).random_raw((count + 7) // 8)
    return torch.from_numpy(words.astype("<u8").view(np.uint8)[:count].reshape(shape))


def _box_noise(reference: Tensor, n: int, *parts: str | int) -> Tensor:
    """Uniform in the box that holds the reference, a tenth wider on every side (a constant column: by one half)."""
    low, high = reference.double().amin(0), reference.double().amax(0)
    margin = torch.where(high > low, (high - low) / 10, torch.full_like(high, 0.5))
    words = np.random.PCG64(seeds.derive("outliers", "uniform-noise", *parts)).random_raw(n * low.numel())
    unit = torch.from_numpy((words >> np.uint64(11)).astype(np.float64) / 2**53).reshape(n, *low.shape)
    return (low - margin + unit * (high - low + 2 * margin)).float()
