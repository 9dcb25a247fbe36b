"""CelebA: 202,599 faces, brought to 64 px; too large for most memories, so they are mapped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision import datasets
from torchvision.transforms import functional

from genbench.core import paths
from genbench.core.errors import DataError
from genbench.data.assembly import About, image_dataset
from genbench.data.originals import download
from genbench.data.splits import Parts, shuffled
from genbench.data.storage import hold_for
from genbench.protocols.dataset import Dataset, Split

FACES = 202_599
CROP, SIDE = 148, 64
"""The usual protocol: the centre of 148 px, brought to 64 px with antialiasing."""


def celeba(*, root: str | None = None) -> Dataset:
    """The official test part is the reference, the validation part `val`; the ceiling is equally many as the reference,
    taken from the training part. The 40 attributes are factors (0 or 1)."""
    cache = paths.cache_dir() / "data"
    for place in (cache,) if root is None else (Path(root), cache):
        if (place / "celeba").is_dir():
            return _dataset(place)
    download("celeba", partial(datasets.CelebA, str(cache), split="train"), root)
    return _dataset(cache)


def _dataset(place: Path) -> Dataset:
    whole, val, test = (_part(place, split) for split in ("train", "valid", "test"))
    order = torch.from_numpy(shuffled(len(whole), "celeba"))
    taken = min(len(test), len(whole) // 2)
    train = _split(whole, order[taken:], "train")
    reference = _split(test, torch.arange(len(test)), "reference")
    parts = Parts(train, _split(val, torch.arange(len(val)), "val"), reference, _split(whole, order[:taken], "ceiling"))
    about = About(
        name="celeba",
        title=f"CelebA, centre {CROP} px at {SIDE} px",
        licence="non-commercial research",
        source="Liu et al. 2015 (arXiv:1411.7766)",
        factors=tuple(name for name in whole.attr_names if name),
    )
    return image_dataset(about, parts)


def _part(place: Path, split: str) -> Any:
    try:
        return datasets.CelebA(str(place), split=split, target_type="attr", download=False)
    except Exception as error:  # torchvision raises whatever a broken file leads it to
        raise DataError(f"the files in {place / 'celeba'} are not what torchvision wrote there: {error}.") from error


def _split(part: Any, rows: Tensor, name: str) -> Split:
    def fill(x: Tensor) -> None:
        for i, row in enumerate(rows.tolist()):
            picture = functional.center_crop(functional.pil_to_tensor(part[row][0]), [CROP, CROP])
            x[i] = functional.resize(picture, [SIDE, SIDE], antialias=True).float().div_(255)

    hold = hold_for(f"celeba-{name}-1", FACES * 3 * SIDE * SIDE)
    return Split(hold((len(rows), 3, SIDE, SIDE), fill), None, part.attr[rows].float())
