"""Closing the loop: label what a detector finds most unusual in a pool, train a classifier with it, and see what it was
worth against as many examples taken at random, and against as many that are truly rare.

What does not depend on the detector is made once for a dataset and a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from genbench.core import seeds, tensor_files
from genbench.core.errors import Unsupported
from genbench.encoders.classifier import EXTRACTION, train_classifier
from genbench.evaluations.context import RunContext
from genbench.evaluations.mining_recipe import MiningRecipe
from genbench.metrics.mining import MiningInputs, Read
from genbench.protocols.dataset import Dataset, Pool, Split

BOUNDS = ("base", "random", "oracle")
"""The ways of choosing that no detector changes."""


@dataclass(frozen=True)
class Miner:
    """The loop on one dataset from one seed, which has a pool of its own and decides, repeat by repeat, the base set,
    the random choice and the classifier's first weights; all ways of choosing share them, so that they are pairs."""

    context: RunContext
    data: Dataset
    seed: int
    recipe: MiningRecipe

    @property
    def pool(self) -> Pool:
        """The dataset's pool."""
        if self.data.pool is None:
            raise Unsupported(f"{self.data.name} has no pool of unlabelled examples.")
        return self.data.pool

    def examples(self) -> Split:
        """The seed's pool with the labels that an annotator would give; a process holds one pool at a time."""
        held: dict[int, Split] = self.context.once(("pool", self.pool.fingerprint), dict)
        if self.seed not in held:
            held.clear()
            held[self.seed] = self.pool.draw(self.seed)
        return held[self.seed]

    def inputs(self, score: Tensor) -> MiningInputs:
        """What labelling the most unusual by a score (N,) of the pool gave; equal ones are taken in a seeded order."""
        is_rare, n = self._is_rare(), self.recipe.labelled
        mined = self._mean_read(lambda order: most_unusual(score, order, n))
        return MiningInputs(
            read=self._bounds() | {"mined": mined},
            taken=is_rare[most_unusual(score, self._order(0), n)],
            prevalence=float(is_rare.double().mean()),
        )

    def _bounds(self) -> dict[str, Read]:
        """What no detector changes: the base alone, with random examples, with rare ones. Kept below the cache, so that
        of several processes one trains these classifiers."""
        parts = (self.data.fingerprint, self.pool.fingerprint, self.seed, str(self.recipe))
        path = self.context.cache / "mining" / f"{seeds.derive(*parts):016x}.safetensors"
        return self.context.once(("mining", *parts), lambda: _kept(path, self._made))

    def _made(self) -> dict[str, Read]:
        rare, n = self._is_rare(), self.recipe.labelled
        chosen: dict[str, Callable[[Tensor], Tensor]] = {
            "base": lambda order: order[:0],
            "random": lambda order: order[:n],
            "oracle": lambda order: order[rare[order]][:n],
        }
        return {way: self._mean_read(chosen[way]) for way in BOUNDS}

    def _order(self, repeat: int) -> Tensor:
        return torch.randperm(len(self.examples()), generator=seeds.generator("mining", "pool", self.seed, repeat))

    def _is_rare(self) -> Tensor:
        return torch.isin(_labels(self.examples()), torch.tensor(self.pool.rare))

    def _mean_read(self, chosen: Callable[[Tensor], Tensor]) -> Read:
        """Which test examples are read rightly, the mean over the repeats; `chosen`: from a random order of the pool
        to the rows that are labelled."""
        return mean_of([self._read(chosen(self._order(i)), i) for i in range(self.recipe.repeats)])

    def _read(self, rows: Tensor, repeat: int) -> Read:
        """Which test examples are read rightly after these of the pool were labelled."""
        draw = seeds.generator("mining", "base", self.seed, repeat)
        base = torch.randperm(len(self.data.train), generator=draw)[: self.recipe.base]
        labelled = together([self.data.train.take(base), self.examples().take(rows)])
        net = train_classifier(labelled, self.data.spec.classes, "mining", str(self.seed), str(repeat))
        return Read(_right(net, _rare_tests(self.data, self.pool)), _right(net, self.data.reference))


def _kept(path: Path, make: Callable[[], dict[str, Read]]) -> dict[str, Read]:
    """The reads of each way, made by the first process that asks for them."""
    kinds = [field.name for field in fields(Read)]

    def parts() -> dict[str, Tensor]:
        return {f"{way}.{kind}": getattr(read, kind) for way, read in make().items() for kind in kinds}

    found = tensor_files.kept(path, [f"{way}.{kind}" for way in BOUNDS for kind in kinds], parts)
    return {way: Read(**{kind: found[f"{way}.{kind}"] for kind in kinds}) for way in BOUNDS}


def most_unusual(score: Tensor, order: Tensor, n: int) -> Tensor:
    """The rows of the n highest scores (N,), those of equal scores in the given order of all rows."""
    return order[score[order].argsort(descending=True, stable=True)[:n]]


def mean_of(reads: Sequence[Read]) -> Read:
    """By example the share of the classifiers that read it rightly."""
    rare, ordinary = (torch.stack(parts).mean(0) for parts in zip(*((r.rare, r.ordinary) for r in reads), strict=True))
    return Read(rare, ordinary)


def together(parts: Sequence[Split]) -> Split:
    """The labelled examples of all parts."""
    return Split(torch.cat([part.x for part in parts]), torch.cat([_labels(part) for part in parts]))


def _rare_tests(data: Dataset, pool: Pool) -> Split:
    """The examples of rare classes in the outlier sets: no model and no classifier has seen them."""
    sets = [data.outliers[name] for name in sorted(data.outliers) if data.outliers[name].y is not None]
    found = [part.take(torch.isin(_labels(part), torch.tensor(pool.rare))) for part in sets]
    if not any(map(len, found)):
        raise Unsupported(f"{data.name} has no outlier set of its pool's rare classes to test on.")
    return together(found)


def _right(net: torch.nn.Module, split: Split) -> Tensor:
    """1 where the most probable class is the label, else 0: (n,) float64."""
    with torch.no_grad():
        read = torch.cat([net(part).argmax(1) for part in torch.split(split.x, EXTRACTION)])
    return (read == _labels(split)).double()


def _labels(split: Split) -> Tensor:
    assert split.y is not None
    return split.y
