"""Tables: the outlier sets of ADBench, and your own as CSV, Parquet or arrays; standardised on the training part."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from genbench.core.errors import DataError, nearest
from genbench.data.arrays import Arrays, as_rows, read_npz
from genbench.data.splits import stratified
from genbench.protocols.dataset import Dataset, DataSpec, Split

ADBENCH = {
    "annthyroid": "2_annthyroid",
    "fault": "12_fault",
    "glass": "14_glass",
    "hepatitis": "15_Hepatitis",
    "internetads": "17_InternetAds",
    "ionosphere": "18_Ionosphere",
    "landsat": "19_landsat",
    "letter": "20_letter",
    "lymphography": "21_Lymphography",
    "mammography": "23_mammography",
    "optdigits": "26_optdigits",
    "pageblocks": "27_PageBlocks",
    "pima": "29_Pima",
    "satellite": "30_satellite",
    "satimage-2": "31_satimage-2",
}
VARIANTS = ("contaminated", "clean")


def standardised(train: Tensor, *others: Tensor) -> list[Tensor]:
    """All with the mean and deviation of `train` (float64); columns that are constant there become 0."""
    mean, std = train.double().mean(0), train.double().std(0, correction=0)
    scale = torch.where(std > 1e-12 * (1 + mean.abs()), 1 / std, torch.zeros_like(std))
    return [((x.double() - mean) * scale).float() for x in (train, *others)]


def adbench(name: str, variant: str = "contaminated", *, root: str | None = None) -> Dataset:
    """One outlier set of ADBench: stratified 70 / 30, standardised on the training part.

    `variant`: `contaminated` leaves the unlabelled outliers in the training part, `clean` takes them out. The normal
    rows of the test part are the reference, its outliers the set `outliers`. There is no ceiling: the protocol leaves
    no rows for one. Han et al. 2022 (arXiv:2206.09426).
    """
    if name not in ADBENCH:
        near = nearest(name, ADBENCH)
        hint = f"did you mean {near!r}? " if near else ""
        raise DataError(f"ADBench has no table {name!r} here: {hint}There are {', '.join(ADBENCH)}.")
    if variant not in VARIANTS:
        raise DataError(f"adbench:{name} has the variants {' and '.join(VARIANTS)}, not {variant!r}.")
    rows, y = _read(name, root)
    kept, tested = stratified(y, (7, 3), "adbench", name)
    if variant == "clean":
        kept = kept[y[kept] == 0]
    test_y = y[tested]
    train, test = standardised(rows[kept], rows[tested])
    return Dataset(
        name=f"adbench:{name}?variant={variant}",
        spec=DataSpec((rows.shape[1],)),
        train=Split(train),
        val=Split(train[:0]),
        reference=Split(test[test_y == 0]),
        ceiling=Split(train[:0]),
        outliers={"outliers": Split(test[test_y == 1])},
        family=f"adbench:*?variant={variant}",
        title=f"ADBench {ADBENCH[name].partition('_')[2]}, {variant} training part",
        licence="BSD-2-Clause",
        source="ADBench (Han et al. 2022, arXiv:2206.09426), Classical",
    )


def _read(name: str, root: str | None) -> tuple[Tensor, Tensor]:
    if root is None:
        raise DataError(f"adbench:{name} needs a file: give --data-root (or GENBENCH_DATA) the folder of `adbench`.")
    place = Path(root) / "adbench" / f"{ADBENCH[name]}.npz"
    found = read_npz(place)
    if not isinstance(found, Arrays) or found.labels is None or not set(np.unique(found.labels)) <= {0, 1}:
        raise DataError(f"{place} should hold X (N, D) and y (N,) of 0 (normal) and 1 (outlier).")
    return as_rows(found.values, place), torch.from_numpy(found.labels.astype(np.int64))


annthyroid = partial(adbench, "annthyroid")
fault = partial(adbench, "fault")
glass = partial(adbench, "glass")
hepatitis = partial(adbench, "hepatitis")
internetads = partial(adbench, "internetads")
ionosphere = partial(adbench, "ionosphere")
landsat = partial(adbench, "landsat")
letter = partial(adbench, "letter")
lymphography = partial(adbench, "lymphography")
mammography = partial(adbench, "mammography")
optdigits = partial(adbench, "optdigits")
pageblocks = partial(adbench, "pageblocks")
pima = partial(adbench, "pima")
satellite = partial(adbench, "satellite")
satimage_2 = partial(adbench, "satimage-2")
