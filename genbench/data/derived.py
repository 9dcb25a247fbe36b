"""Sets made of another: `SET-without-CLASS`, `SET-only-CLASS`, `SET@N`, `SET@longtail` and `SET@val`, each a dataset of
its own."""

from __future__ import annotations

from dataclasses import replace

import torch

from genbench.core import seeds
from genbench.core.errors import DataError, nearest
from genbench.data.outliers import procedural
from genbench.data.splits import Parts, shuffled, stratified
from genbench.protocols.dataset import Dataset, DataSpec, Split

VALIDATION = "@val"
"""Ends the name of a dataset as a tuner may see it."""

LONG_TAIL = "longtail"
RATIO = 20
"""The rarest class of `SET@longtail` has one example where the most frequent has so many."""

LEAST_RARE = 2
"""Examples that the rarest class keeps, however few there are."""

VALIDATION_SHARE = 5
"""One training example in so many is held out, of each class alike, where a dataset has no `val`."""

LEAST_VALIDATION = 10


def slug(name: str) -> str:
    """A class name as it stands in a derived set's name: lower case, hyphens."""
    return "-".join(name.lower().replace("/", " ").replace("_", " ").split())


def without_class(base: Dataset, name: str) -> Dataset:
    """`base` less one class, its labels numbered anew. The class's reference examples are the outlier set `class-NAME`.

    The exact density of a toy is dropped: it is not that of what is left.
    """
    out = _class_number(base, name)
    left = [k for k in range(base.spec.classes) if k != out]
    made = _of_classes(base, left, f"{base.name}-without-{slug(base.classes[out])}")
    outlier = f"class-{slug(base.classes[out])}"
    outliers = _rows(base.reference, [out], None)
    near = frozenset({outlier})
    return replace(made, outliers={outlier: outliers, **made.outliers}, near=near, family=f"{base.name}-without-*")


def only_class(base: Dataset, name: str) -> Dataset:
    """One class of `base`, without labels. All the others' reference examples are the outlier set `other-classes`,
    which is compared whole (Ruff et al. 2018)."""
    kept = _class_number(base, name)
    others = [k for k in range(base.spec.classes) if k != kept]
    made = _of_classes(base, [kept], f"{base.name}-only-{slug(base.classes[kept])}")
    outliers = _rows(base.reference, others, None)
    others_alone = frozenset({"other-classes"})
    return replace(
        made,
        outliers={"other-classes": outliers, **made.outliers},
        near=others_alone,
        whole=others_alone,
        family=f"{base.name}-only-*",
    )


def validation(base: Dataset) -> Dataset:
    """`base` as a tuner may see it: `val` in the place of reference and ceiling, which are out of reach.

    Where `base` has no `val`, a fifth of its training examples is held out for it. Nothing of the test is left: neither
    its outlier sets nor the exact density of a toy. The one outlier set, `shuffled`, is `val` with each of its values
    moved to another example: the right marginals, and nothing of how values depend on each other.
    """
    train, val = base.train, base.val
    if not len(val):
        cut = len(train) // VALIDATION_SHARE
        kept, held = stratified(train.y, (len(train) - cut, cut), "validation", base.fingerprint, n=len(train))
        train, val = base.train.take(kept), base.train.take(held)
    if len(val) < LEAST_VALIDATION:
        raise DataError(f"{base.name} has {len(base.train)} training examples: too few to hold out a part for tuning.")
    if base.bernoulli and not len(base.val):
        val = replace(val, x=torch.bernoulli(val.x, generator=seeds.generator("binarise", base.fingerprint)))
    return replace(
        base,
        name=f"{base.name}{VALIDATION}",
        family=f"{base.family}{VALIDATION}" if base.family else "",
        train=train,
        val=val,
        reference=val,
        ceiling=val,
        outliers={"shuffled": Split(_shuffled(val.x, base.fingerprint))},
        near=frozenset(),
        whole=frozenset(),
        density=None,
        pool=None,
        title=f"{base.title}, validation part",
    )


def few(base: Dataset, count: int) -> Dataset:
    """`base` with `count` of its training examples, of each class its share; the others are `held_back`."""
    total = len(base.train)
    if not max(1, base.spec.classes) <= count < total:
        least = f"{base.spec.classes} classes and " if base.spec.classes else ""
        raise DataError(
            f"{base.name} has {least}{total} training examples: {base.name}@{count} cannot be made of them."
        )
    kept, rest = stratified(base.train.y, (count, total - count), "few", base.fingerprint, n=total)
    return _with_less(base, str(count), kept, rest, f"{count:,} training examples")


def long_tail(base: Dataset) -> Dataset:
    """`base` whose training part has exponentially fewer examples of each class in the order of their numbers, 20 of
    the first for one of the last (Cui et al. 2019, arXiv:1901.05555); the others are `held_back`."""
    y, names = base.train.y, base.classes or tuple(map(str, range(base.spec.classes)))
    if y is None or base.spec.classes < 2:
        raise DataError(f"{base.name} has no classes, so there is no long tail of it.")
    most = int(torch.bincount(y, minlength=base.spec.classes).min())
    least = max(LEAST_RARE, most / RATIO)
    if most <= least:
        raise DataError(f"{base.name} has a class of {most} training examples: too few for a long tail.")
    steps = torch.arange(base.spec.classes, dtype=torch.float64) / (base.spec.classes - 1)
    counts = (most * (least / most) ** steps).round().long()
    order = torch.from_numpy(shuffled(len(y), "longtail", base.fingerprint))
    rank = torch.empty(len(y), dtype=torch.int64)
    for k in range(base.spec.classes):
        rows = order[y[order] == k]
        rank[rows] = torch.arange(len(rows))
    taken = rank[order] < counts[y[order]]
    words = f"long tail 1:{counts[0] / counts[-1]:.3g}, rarest {names[-1]}"
    return _with_less(base, LONG_TAIL, order[taken], order[~taken], words)


def _with_less(base: Dataset, word: str, kept: torch.Tensor, rest: torch.Tensor, title: str) -> Dataset:
    back = base.train.take(rest)
    if base.held_back is not None:
        back = back.joined(base.held_back)
    return replace(
        base,
        name=f"{base.name}@{word}",
        family=f"{base.family}@{word}" if base.family else "",
        train=base.train.take(kept),
        held_back=back,
        title=f"{base.title}, {title}",
    )


def _shuffled(x: torch.Tensor, fingerprint: str) -> torch.Tensor:
    flat = x.flatten(1)
    order = torch.rand(flat.shape, generator=seeds.generator("shuffled", fingerprint)).argsort(0)
    return flat.gather(0, order).view_as(x)


def _of_classes(base: Dataset, classes: list[int], name: str) -> Dataset:
    labels = torch.full((base.spec.classes,), -1)
    labels[classes] = torch.arange(len(classes))
    several = len(classes) > 1
    splits = (base.train, base.val, base.reference, base.ceiling)
    parts = Parts(*(_rows(split, classes, labels if several else None) for split in splits))
    spec = DataSpec(base.spec.shape, base.spec.value_range, len(classes) if several else 0)
    return replace(
        base,
        name=name,
        spec=spec,
        train=parts.train,
        val=parts.val,
        reference=parts.reference,
        ceiling=parts.ceiling,
        outliers=procedural(spec, parts.reference.x, name),
        density=None,
        pool=None,
        classes=tuple(base.classes[k] for k in classes) if several else (),
        title=f"{base.title}, {name.removeprefix(base.name + '-').replace('-', ' ', 1)}",
    )


def _rows(split: Split, classes: list[int], labels: torch.Tensor | None) -> Split:
    """The rows of these classes, with their new labels where `labels` (old -> new) are given."""
    if split.y is None:
        return split
    taken = split.take(torch.isin(split.y, torch.tensor(classes)))
    return Split(taken.x, None if labels is None or taken.y is None else labels[taken.y], taken.factors)


def _class_number(base: Dataset, name: str) -> int:
    if base.train.y is None or not base.classes:
        raise DataError(f"{base.name} has no classes, so none can be left out of it or kept alone.")
    slugs = [slug(c) for c in base.classes]
    if slug(name) not in slugs:
        near = nearest(slug(name), slugs)
        hint = f"did you mean {near!r}? " if near else ""
        raise DataError(f"{base.name} has no class {name!r}: {hint}Its classes are {', '.join(slugs)}.")
    return slugs.index(slug(name))
