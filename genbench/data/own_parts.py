"""From the rows of a file of your own to splits: which part each row is of, its class, whether it is an outlier, and
what a reader must be told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from genbench.core.errors import DataError, nearest
from genbench.data.derived import slug
from genbench.data.splits import Parts, rows_in_four, rows_with_test, without_shared
from genbench.data.storage import Hold
from genbench.protocols.dataset import Split

FEW = 50
"""Of fewer reference examples it is said that they are few."""

NAMED = 10
"""Classes that a line names with their counts, and files that it names."""

PART_NAMES = {"train": "train", "training": "train", "test": "test", "testing": "test"} | dict.fromkeys(
    ("val", "valid", "validation", "dev"), "val"
)
"""What a folder is called that is a part, in any case."""

Classes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """Row numbers of train, val, reference and ceiling; the labels `y` of all rows (-1: an outlier) and their classes;
    the rows of each outlier set; `words` for the reader."""

    rows: Sequence[Tensor]
    y: Tensor | None
    classes: Classes
    outliers: Mapping[str, Tensor] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def numbered(labels: np.ndarray | None, place: object) -> tuple[Tensor | None, Classes]:
    """Labels of any kind -> numbers in the order of their names (as numbers, where all are), and the names; none where
    all are the same. Raises `DataError` where one is missing."""
    if labels is None:
        return None, ()
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        missing = int((~np.isfinite(labels)).sum())
        raise DataError(f"{place} has {missing} labels that are NaN or infinite: name them, or take those rows out.")
    names, numbers = np.unique(labels, return_inverse=True)
    order = np.argsort(_as_numbers(names), kind="stable")
    if len(names) < 2:
        return None, ()
    return torch.from_numpy(np.argsort(order)[numbers].astype(np.int64)), tuple(str(names[k]) for k in order)


def _as_numbers(names: np.ndarray) -> np.ndarray:
    """What words are sorted by: 2 before 10 where all are numbers, else as they stand."""
    if names.dtype.kind != "U":
        return np.arange(len(names))
    try:
        return names.astype(np.float64)
    except ValueError:
        return np.arange(len(names))


def cut(
    y: Tensor | None, classes: Classes, n: int, place: object, *, parts: Sequence[str] = (), outlier: str | None = None
) -> Cut:
    """The rows of each split. `parts`: of each row `train`, `val` or `test`, where those are official; `outlier`: the
    names of classes, with commas between, that are no part of the data but its outlier sets."""
    y, classes, outliers = _set_aside(y, classes, place, outlier)
    usual = torch.ones(n, dtype=torch.bool)
    for aside in outliers.values():
        usual[aside] = False
    left = usual.nonzero()[:, 0]
    if not parts:
        rows = [left[part] for part in rows_in_four(None if y is None else y[left], len(left), "own")]
        return Cut(rows, y, classes, outliers)
    named = np.asarray(parts)
    of = {part: left[torch.from_numpy(named == part)[left]] for part in ("train", "val", "test")}
    if not len(of["train"]):
        raise DataError(f"{place} has official parts, but none of its examples is for training.")
    if not len(of["test"]):  # the part that was held out is what is left to compare with
        train, _, reference, ceiling = rows_with_test(of["train"], of["val"], "own")
        return Cut([train, train[:0], reference, ceiling], y, classes, outliers, ("val is the reference",))
    train, _, reference, ceiling = rows_with_test(of["train"], of["test"], "own")
    return Cut([train, of["val"], reference, ceiling], y, classes, outliers)


def _set_aside(
    y: Tensor | None, classes: Classes, place: object, outlier: str | None
) -> tuple[Tensor | None, Classes, dict[str, Tensor]]:
    """Labels and classes less those that are outliers, and the rows of these."""
    if outlier is None:
        return y, classes, {}
    if y is None:
        raise DataError(f"{place} has no classes, so none can be ?outlier=: name its labels by ?label= first.")
    slugs = [slug(name) for name in classes]
    found = {}
    for name in filter(None, (part.strip() for part in outlier.split(","))):
        if slug(name) not in slugs:
            near = nearest(slug(name), slugs)
            hint = f"did you mean {near!r}? " if near else ""
            raise DataError(f"{place} has no class {name!r} to be ?outlier=: {hint}It has {', '.join(classes)}.")
        found[slugs.index(slug(name))] = f"class-{slug(name)}"
    left = [k for k in range(len(classes)) if k not in found]
    if not left or not found:
        raise DataError(
            f"{place}: ?outlier={outlier} leaves {len(left)} of {len(classes)} classes: name some, not all."
        )
    new = torch.full((len(classes),), -1)
    new[left] = torch.arange(len(left))
    rows = {name: (y == k).nonzero()[:, 0] for k, name in found.items()}
    return (new[y], tuple(classes[k] for k in left), rows) if len(left) > 1 else (None, (), rows)


def parts_of(folders: Sequence[str], place: object) -> tuple[list[str], list[str]]:
    """Of each image's folder the official part (empty where there are none) and the class.

    `train/cat` and `cat/train` are parts above or below classes, whatever their case. Raises `DataError` where other
    folders lie beside them.
    """
    paths = [[part for part in folder.split("/") if part != "."] for folder in folders]
    while all(len(path) > 1 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]  # one folder that holds all others says nothing
    for at in (0, -1):
        words = [path[at].lower() if path else "" for path in paths]
        known = {PART_NAMES[word] for word in words if word in PART_NAMES}
        if "train" not in known or len(known) < 2:
            continue
        others = sorted(
            {path[at] if path else "." for path, word in zip(paths, words, strict=True) if word not in PART_NAMES}
        )
        if others:
            raise DataError(
                f"{place} has folders that are parts ({', '.join(sorted(known))}) and others beside them "
                f"({', '.join(others[:NAMED])}): move those into a part, or rename the parts if they are classes."
            )
        rest = [path[1:] if at == 0 else path[:-1] for path in paths]
        return [PART_NAMES[word] for word in words], ["/".join(path) or "." for path in rest]
    return [], ["/".join(path) or "." for path in paths]


def distinct(parts: Parts, place: object, holds: Sequence[Hold] = ()) -> tuple[Parts, tuple[str, ...]]:
    """No example of one split in another, and in words how many were dropped and what is too small for its numbers.

    Raises `DataError` for sets that are too small to split.
    """
    (val, reference, ceiling), dropped = without_shared(parts.train, *parts[1:], holds=holds)
    if not (len(parts.train) and len(reference) and len(ceiling)):
        raise DataError(f"{place} has too few different examples for its splits (train, reference, ceiling).")
    words = []
    if dropped:
        total = sum(map(len, parts))
        words.append(f"{dropped} of {total} examples were dropped, because an earlier split holds the same.")
    parts = parts._replace(val=val, reference=reference, ceiling=ceiling)
    return parts, (*words, *_thin(parts))


def _thin(parts: Parts) -> Iterator[str]:
    """What of the reference is too small for the numbers that stand on it."""
    n = len(parts.reference)
    if n < FEW:
        yield f"the reference holds {n} examples: no number of so few says much, a classifier's accuracy neither."
    if parts.train.y is not None and parts.reference.y is not None:
        absent = sorted(set(parts.train.y.tolist()) - set(parts.reference.y.tolist()))
        if absent:
            names = ", ".join(map(str, absent))
            yield f"the reference holds no example of class {names}: nothing is measured of it."


def counted(y: Tensor | None, classes: Classes) -> str:
    """`classes a 3, b 4`, or how many there are and how large, or that there are none."""
    if y is None:
        return "no labels"
    counts = torch.bincount(y[y >= 0], minlength=len(classes)).tolist()
    if len(classes) <= NAMED:
        return "classes " + ", ".join(f"{name} {count}" for name, count in zip(classes, counts, strict=True))
    return f"{len(classes)} classes of {min(counts)} to {max(counts)}"


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def taken(whole: Split, rows: Sequence[Tensor]) -> Parts:
    """The four splits of these rows."""
    return Parts(*(whole.take(part) for part in rows))


def unlabelled(split: Split) -> Split:
    """The same without labels, as outliers are."""
    return replace(split, y=None)
