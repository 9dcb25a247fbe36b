"""The conformance kit of datasets: what is wrong with one, in sentences. Yours passes when the list is empty."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from genbench.data.splits import without_shared
from genbench.protocols.dataset import Dataset, Split

ERRORS = 5.0
"""Standard errors by which the mean log-density of samples may miss the entropy."""


def check_dataset(dataset: Dataset) -> list[str]:
    """Everything that keeps a dataset from being measured on: shapes, types, ranges, labels, overlapping splits, an
    exact density that its own samples contradict. Empty where nothing is wrong."""
    parts = {name: getattr(dataset, name) for name in ("train", "val", "reference", "ceiling")}
    found = [problem for name, split in parts.items() for problem in _split(dataset, name, split)]
    outliers = {f"outliers[{name!r}]": split for name, split in dataset.outliers.items()}
    found += [problem for name, split in outliers.items() for problem in _values(dataset, name, split.x)]
    if found:
        return found
    return [*_whole(dataset), *_density(dataset)]


def _split(dataset: Dataset, name: str, split: Split) -> Iterator[str]:
    yield from _values(dataset, name, split.x)
    classes = dataset.spec.classes
    if split.y is not None:
        if split.y.dtype != torch.int64 or split.y.shape != (len(split),):
            yield f"{name}.y is {_kind(split.y)}; expected int64 of shape ({len(split)},)."
        elif len(split) and classes and not 0 <= int(split.y.min()) <= int(split.y.max()) < classes:
            yield f"{name}.y runs from {split.y.min()} to {split.y.max()}; expected 0 to {classes - 1}."
    elif classes and len(split):
        yield f"{name}.y is missing, but the spec says {classes} classes."
    if split.factors is not None and split.factors.shape != (len(split), len(dataset.factor_names)):
        yield f"{name}.factors is {_kind(split.factors)}; there are {len(dataset.factor_names)} factor names."


def _values(dataset: Dataset, name: str, x: Tensor) -> Iterator[str]:
    if x.dtype != torch.float32 or tuple(x.shape[1:]) != dataset.spec.shape:
        yield f"{name}.x is {_kind(x)}; expected float32 of shape (N, {', '.join(map(str, dataset.spec.shape))})."
        return
    low, high = dataset.spec.value_range or (-math.inf, math.inf)
    for rows in torch.split(x, 4096) if len(x) else ():
        if not torch.isfinite(rows).all():
            yield f"{name}.x has NaN or infinity."
            return
        if rows.min() < low or rows.max() > high:
            yield f"{name}.x reaches from {rows.min():.4g} to {rows.max():.4g}, outside [{low}, {high}]."
            return


def _whole(dataset: Dataset) -> Iterator[str]:
    for name in ("train", "reference"):
        if not len(getattr(dataset, name)):
            yield f"{name} is empty."
    by_chance = not dataset.spec.is_image and (dataset.density is None or dataset.spec.size == 1)
    _, shared = without_shared(dataset.train, dataset.val, dataset.reference, dataset.ceiling)
    if shared and not by_chance:  # rows of a table and points on a line may agree
        yield f"{shared} examples of val, reference or ceiling are in an earlier split too."
    if dataset.classes and len(dataset.classes) != dataset.spec.classes:
        yield f"there are {len(dataset.classes)} class names for {dataset.spec.classes} classes."
    unknown = dataset.near - dataset.outliers.keys()
    if unknown:
        yield f"near names {', '.join(sorted(unknown))}, which is no outlier set."


def _density(dataset: Dataset) -> Iterator[str]:
    law = dataset.density
    if law is None:
        return
    log_p = law.log_prob(dataset.reference.x).double()
    if log_p.shape != (len(dataset.reference),) or not torch.isfinite(log_p).all():
        yield "the density's log_prob is not one finite number for each reference example."
        return
    error = float(log_p.std()) / math.sqrt(len(log_p))
    if abs(float(log_p.mean()) + law.entropy) > ERRORS * error + 1e-6:
        yield f"the reference's mean log-density is {log_p.mean():.4f} ± {error:.4f}, the entropy {law.entropy:.4f}."


def _kind(x: Tensor) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} of shape {tuple(x.shape)}"
