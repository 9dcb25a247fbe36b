"""From parts to an image dataset: its description and the usual outlier sets."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from genbench.data.outliers import files, procedural
from genbench.data.splits import Parts, in_four, without_shared
from genbench.protocols.dataset import Dataset, DataSpec, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is written of a set. `classes`, `factors`: names; `outliers`: their files, `near`: the hard ones."""

    name: str
    title: str
    licence: str
    source: str
    classes: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()


def image_dataset(about: About, parts: Parts, *, root: str | None = None, bernoulli: bool = False) -> Dataset:
    """The dataset of these splits of images in [0, 1], with the outlier files that are found below `root`."""
    channels, height, width = parts.train.x.shape[1:]
    spec = DataSpec((channels, height, width), (0.0, 1.0), len(about.classes))
    found = files(about.outliers, spec, root)
    return Dataset(
        name=about.name,
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers={**found, **procedural(spec, parts.reference.x, about.name)},
        near=about.near & found.keys(),
        classes=about.classes,
        factor_names=about.factors,
        title=about.title,
        licence=about.licence,
        source=about.source,
        bernoulli=bernoulli,
    )


def in_four_fresh(whole: Split, *seed: str | int) -> tuple[Parts, int]:
    """Four splits of which none holds an example of an earlier one, and how many rows that cost."""
    parts = in_four(whole, *seed)
    (reference, ceiling), dropped = without_shared(parts.train, parts.reference, parts.ceiling)
    return parts._replace(reference=reference, ceiling=ceiling), dropped


def labels(values: object) -> torch.Tensor:
    """Whatever holds whole numbers -> (N,) int64."""
    return torch.as_tensor(values).to(torch.int64)
