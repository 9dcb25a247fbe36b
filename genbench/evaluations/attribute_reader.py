"""Reading attributes of samples: a classifier trained on balanced real data, and what it is known to mix up.

An attribute is the class, a factor by its name, or several of these crossed (`tone*pose`). Made once for each dataset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.data.splits import stratified
from genbench.evaluations.context import RunContext
from genbench.evaluations.small_classifier import Examples, Training, train_classifiers
from genbench.metrics.balance import Attributes
from genbench.protocols.dataset import Dataset, Split
from genbench.protocols.encoder import Classifier

CLASS, CROSSED = "class", "*"

MOST = 1_000
"""Examples of each value that a classifier of an attribute is trained on; rarer ones are repeated."""

HELD_SHARE = 5
"""One real example in so many is kept to measure its confusion, where reference and balanced set cannot serve."""

STEPS = 2_000
"""Of the small classifier, which reads points and tables."""

Read = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeReader:
    """`read`: examples -> values (n,) int64, named by `values`. `confusion`: P(read | true) (K, K) and `accuracy`, on
    real data that it was not trained on; `shares` (K,): of the training part."""

    attribute: str
    values: tuple[str, ...]
    read: Read
    confusion: Tensor
    accuracy: float
    shares: Tensor

    def attributes(self, x: Tensor) -> Attributes:
        """What it sees in samples (m, *shape)."""
        read = self.read(x)
        return Attributes(read=read, confusion=self.confusion, data=self.shares, accuracy=self.accuracy)


def attributes_of(data: Dataset) -> tuple[str, ...]:
    """Those that matter where none are named: the dataset's own and all of them crossed, else the class."""
    own = data.attributes
    return (*own, CROSSED.join(own)) if len(own) > 1 else own or (CLASS,)


def reader(context: RunContext, data: Dataset, attribute: str) -> AttributeReader:
    """The reader of an attribute of a dataset. Raises `Unsupported` where there is no such attribute, or too little."""
    return context.once(("reader", data.fingerprint, attribute), lambda: _made(context, data, attribute))


def _made(context: RunContext, data: Dataset, attribute: str) -> AttributeReader:
    parts = attribute.split(CROSSED)
    names = [value_names(data, part) for part in parts]
    counts = [len(of_part) for of_part in names]
    pool, held = _sources(context, data, parts)
    reads = [_classifier(context, data, part, pool, held) for part in parts]

    def read(x: Tensor) -> Tensor:
        return crossed([one(x) for one in reads], counts)

    k = math.prod(counts)
    true, seen = crossed([values(data, held, part) for part in parts], counts), read(held.x)
    confusion = torch.bincount(true * k + seen, minlength=k * k).view(k, k).double()
    lacking = int((confusion.sum(1) == 0).sum())
    if lacking:
        raise Unsupported(f"{lacking} of {k} values of {attribute} have no real example to try the classifier on")
    train = crossed([values(data, data.train, part) for part in parts], counts)
    return AttributeReader(
        attribute=attribute,
        values=tuple(" ".join(combination) for combination in _combinations(names)),
        read=read,
        confusion=confusion / confusion.sum(1, keepdim=True),
        accuracy=float((true == seen).double().mean()),
        shares=torch.bincount(train, minlength=k).double() / len(train),
    )


def values(data: Dataset, split: Split, attribute: str) -> Tensor:
    """The values (n,) int64 of a class or factor in a split."""
    if attribute == CLASS:
        if split.y is None:
            raise Unsupported(f"{data.name} has no labels, so class is none of its attributes")
        return split.y
    if split.factors is None or attribute not in data.factor_names:
        known = ", ".join((CLASS, *data.factor_names))
        raise Unsupported(f"{data.name} has no attribute {attribute!r}: it has {known}")
    return split.factors[:, data.factor_names.index(attribute)].round().long()


def value_names(data: Dataset, attribute: str) -> tuple[str, ...]:
    """The names of an attribute's values; numbers where a factor's have none."""
    train = values(data, data.train, attribute)
    is_class = data.train.y is not None and torch.equal(train, data.train.y)
    if is_class:
        return data.classes or tuple(map(str, range(data.spec.classes)))
    if int(train.min()) < 0:
        raise Unsupported(f"the factor {attribute} of {data.name} has values under 0, so they are no kinds")
    return tuple(f"{attribute} {k}" for k in range(int(train.max()) + 1))


def crossed(values: Sequence[Tensor], counts: Sequence[int]) -> Tensor:
    """Several values (n,) as one number each, the last one fastest."""
    found = torch.zeros_like(values[0])
    for one, count in zip(values, counts, strict=True):
        found = found * count + one
    return found


def _combinations(names: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for of_part in names:
        found = [(*before, name) for before in found for name in of_part]
    return found


def _sources(context: RunContext, data: Dataset, parts: Sequence[str]) -> tuple[Split, Split]:
    """Real data to train on and to measure with: the dataset's balanced twin; else its training part with what was held
    back of it, and the reference, or a fifth of the former where the reference does not hold every value."""
    if data.balanced:
        twin = context.dataset(data.balanced)
        return twin.train, twin.reference
    pool = data.train if data.held_back is None else data.train.joined(data.held_back)
    if all(holds_all(values(data, data.reference, part), len(value_names(data, part))) for part in parts):
        return pool, data.reference
    y = values(data, pool, parts[0])
    cut = len(pool) // HELD_SHARE
    kept, held = stratified(y, (len(pool) - cut, cut), "attributes", data.fingerprint)
    return pool.take(kept), pool.take(held)


def holds_all(y: Tensor, count: int) -> bool:
    """Whether each of `count` values is there."""
    return bool(torch.isin(torch.arange(count), y).all())


def _classifier(context: RunContext, data: Dataset, attribute: str, pool: Split, held: Split) -> Read:
    """A classifier of one attribute, trained on as many examples of each value."""
    k = len(value_names(data, attribute))
    rows = balanced_rows(values(data, pool, attribute), k, data.fingerprint, attribute)
    train = Split(pool.x[rows], values(data, pool, attribute)[rows])
    assert train.y is not None
    if not data.spec.is_image:
        examples, training = Examples(x=train.x, y=train.y), Training(classes=k, steps=STEPS, classifiers=1)
        small = train_classifiers(examples, training, "attributes", data.fingerprint, attribute)
        return lambda x: small.read(x)[0]
    task = replace(
        data,
        name=f"{data.name} by {attribute}",
        spec=replace(data.spec, classes=k),
        train=train,
        val=train.take(slice(0, 0)),
        reference=Split(held.x, values(data, held, attribute)),
        held_back=None,
        classes=value_names(data, attribute),
    )
    network = cast(Classifier, context.encoder("in-domain", task))
    return lambda x: network.probabilities(x).argmax(1).cpu()


def balanced_rows(y: Tensor, count: int, *identity: str) -> Tensor:
    """Row numbers with each of `count` values equally often: all rows of the most frequent one (at most 1,000), rarer
    ones repeated. Raises `Unsupported` where one has no row."""
    own = [(y == k).nonzero()[:, 0] for k in range(count)]
    if not min(map(len, own)):
        raise Unsupported("some attribute value has no real example to learn it from")
    each = min(MOST, max(map(len, own)))
    generator = seeds.generator("balanced", *identity)
    picked = []
    for rows in own:
        order = rows[torch.randperm(len(rows), generator=generator)]
        picked.append(order.repeat(-(-each // len(order)))[:each])
    return torch.cat(picked)
