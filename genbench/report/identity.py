"""Which numbers may stand in one ranking: what each depends on, whether two agree, and how they differ in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from genbench.report import formatting, glossary
from genbench.report.data import Measured
from genbench.report.types import Cell, Column, Identity

OF_TIMED = ("device", "metric_version")
OF_OTHERS = ("n", "m", "kind", "likelihood", "metric_version", "encoder", "encoder_fingerprint", "budget")


def identity_of(measured: Measured, *, timed: bool | None = None) -> Identity:
    """What this number depends on; controls are not trained, so that theirs has no budget. `timed`: whether its
    evaluation's numbers depend on the machine, where that was asked already."""
    return _identity(
        measured.n,
        measured.m,
        measured.kind,
        measured.likelihood,
        measured.metric_version,
        measured.encoder,
        measured.encoder_fingerprint,
        "" if measured.is_control else budget_of(measured),
        measured.device,
        glossary.evaluation(measured.evaluation).timed if timed is None else timed,
    )


def budget_of(measured: Measured) -> str:
    """What its training was given, in words; empty where that is nothing or not known."""
    return _budget(measured.budget or 0, measured.budget_unit)


_budget = cache(formatting.budget)


@cache
def _identity(*fields: Any) -> Identity:
    """One record for equal identities, which are few: most comparisons are then of a record with itself."""
    return Identity(**dict(zip(Identity.__slots__, fields, strict=True)))


def _unlike(a: Identity, b: Identity) -> tuple[str, ...]:
    """The fields that must agree and do not.

    Times depend on the device and the version; their n is a number of timer rounds. All else depends on everything but
    the device. What has no budget goes with any.
    """
    fields = [name for name in (OF_TIMED if a.timed else OF_OTHERS) if getattr(a, name) != getattr(b, name)]
    return tuple(name for name in fields if name != "budget" or (a.budget and b.budget))


def comparable(a: Identity, b: Identity) -> bool:
    """Whether two numbers of one column may be ranked together."""
    return a is b or not _unlike(a, b)


def difference(a: Identity, b: Identity) -> str:
    """How two identities differ: `n = 449 against n = 100`; empty where they are comparable."""
    fields = _unlike(a, b)
    if not fields:
        return ""
    return " against ".join(", ".join(_words(side, fields)) or "nothing said" for side in (a, b))


def _words(one: Identity, fields: Iterable[str]) -> list[str]:
    """These fields in words, those that say something."""
    said = {
        "n": "" if one.n is None else f"n = {one.n:,}",
        "m": "" if one.m is None else f"m = {one.m:,}",
        "metric_version": "" if one.metric_version is None else f"version {one.metric_version}",
        "encoder": "" if one.encoder_fingerprint else one.encoder,
        "encoder_fingerprint": one.encoder_fingerprint and f"{one.encoder} {one.encoder_fingerprint}",
    }
    return [text for name in fields if (text := said.get(name, str(getattr(one, name))))]


def distinct(found: Iterable[Identity]) -> tuple[Identity, ...]:
    """The first of each set of identities that are comparable."""
    kept: list[Identity] = []
    for one in found:
        if not kept or (one is not kept[-1] and not any(comparable(one, other) for other in kept)):
            kept.append(one)
    if len(kept) < 2:
        return tuple(kept)
    return tuple(sorted(kept, key=lambda one: ", ".join(_words(one, OF_TIMED if one.timed else OF_OTHERS))))


def agree(ours: Sequence[Identity], theirs: Sequence[Identity]) -> bool:
    """Whether the identities of a cell's seeds are those of another's."""
    return len(ours) == len(theirs) and all(map(comparable, ours, theirs))


def most_common(cells: Sequence[Cell]) -> tuple[Identity, ...]:
    """The identities that most of these cells have; what has no budget goes with any, and so does not count."""
    bound = [c for c in cells if any(one.timed or one.budget for one in c.identities)] or cells
    counts = Counter(c.identities for c in bound)
    return max(counts, key=lambda ours: sum(n for theirs, n in counts.items() if agree(ours, theirs)))


def unlike_column(cell: Cell, column: Column) -> str:
    """Why a cell is not comparable with its column, in words; the difference of the first pair that has one."""
    if not cell.identities or not column.identities:
        return "its targets are not all comparable"
    if len(cell.identities) > 1:
        return f"its seeds differ, {difference(*cell.identities[:2])}"
    return next(filter(None, (difference(cell.identities[0], other) for other in column.identities)), "")
