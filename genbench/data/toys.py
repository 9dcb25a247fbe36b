"""How a law becomes a dataset: four splits and outliers drawn from it, sizes and seeds the same for every toy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.data.outliers import procedural
from genbench.data.splits import Parts
from genbench.protocols.dataset import Dataset, DataSpec, Density, Split

SIZES = {"train": 20_000, "val": 0, "reference": 10_000, "ceiling": 10_000}


class Law(Density, Protocol):
    """A density that also tells which part of it a draw came from."""

    def labelled(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws (n, D) float64 and their labels (n,) int64."""


@dataclass(frozen=True, slots=True)
class Toy:
    """A law with a name. `classes`: the names of its labels, empty where it has none."""

    name: str
    title: str
    law: Law
    classes: tuple[str, ...] = ()


def unit(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform in [0, 1), float64, on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float64)


def as_dataset(toy: Toy) -> Dataset:
    """20,000 / 0 / 10,000 / 10,000 draws. They are made in float64 and rounded to float32 last, so that a last digit
    that differs between processors does not reach the fingerprint."""
    parts = Parts(*(_draw(toy, name, n) for name, n in SIZES.items()))
    spec = DataSpec(shape=tuple(parts.train.x.shape[1:]), classes=len(toy.classes))
    return Dataset(
        name=toy.name,
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers=procedural(spec, parts.reference.x, toy.name),
        density=toy.law,
        classes=toy.classes,
        title=toy.title,
        licence="none needed: procedural",
        source="genbench",
    )


def _draw(toy: Toy, split: str, n: int) -> Split:
    x, y = toy.law.labelled(n, generator=seeds.generator("dataset", toy.name, split))
    return Split(x.float(), y if toy.classes else None)
