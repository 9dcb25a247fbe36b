"""From the table rows of one evaluation on one dataset to columns, rows and cells; nothing is judged here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.core.values import Kind
from genbench.report import formatting, glossary, identity
from genbench.report.data import Measured
from genbench.report.types import Cell, Column, Identity, RowKey
from genbench.stats.estimates import ROUNDING
from genbench.stats.intervals import LEAST, mean_interval


def column_key(measured: Measured) -> str:
    """What makes a column: metric, target, encoder and split."""
    return "|".join((measured.metric, measured.target, measured.encoder, measured.split))


def find_columns(found: Sequence[Measured]) -> list[Column]:
    """The columns that these table rows fill, metric by metric in the order of the first row that measured them.

    A metric that no row could give here is no column (a job that failed names all that its evaluation knows); where
    there is no value at all, every metric is one.
    """
    metrics = list(dict.fromkeys(e.metric for e in found))
    firsts_of: dict[str, Measured] = {}
    filled: dict[str, Measured] = {}
    for e in found:
        key = column_key(e)
        firsts_of.setdefault(key, e)
        if e.ok:
            filled.setdefault(key, e)
    order, filled = list(firsts_of), filled or firsts_of
    firsts = sorted(filled.values(), key=lambda e: (metrics.index(e.metric), order.index(column_key(e))))
    return [_column(e) for e in firsts]


def _column(measured: Measured) -> Column:
    spec = glossary.metric(measured.metric)
    is_ranked = glossary.evaluation(measured.evaluation).ranked
    return Column(
        key=column_key(measured),
        evaluation=measured.evaluation,
        metric=measured.metric,
        target=measured.target,
        encoder=measured.encoder,
        split=measured.split,
        title=glossary.title(measured.metric, measured.encoder),
        sense=glossary.sense(measured.metric, measured.direction) if is_ranked else glossary.Sense(None),
        unit=spec.unit if spec else "",
    )


def row_keys(found: Iterable[Measured]) -> dict[RowKey, Measured]:
    """The rows and a measured value of each, in the table's order; a label with scores has one row for each score."""
    rows: dict[RowKey, Measured] = {}
    for measured in found:
        rows.setdefault((measured.label, measured.score), measured)
    scored = {label for label, score in rows if score}
    return {key: measured for key, measured in rows.items() if key[1] or key[0] not in scored}


def find_twins(by_label: Mapping[str, Sequence[Measured]], rows: Iterable[RowKey]) -> dict[RowKey, str]:
    """By row, the label that first shows the same fits with the same numbers in all of an evaluation.

    `ae` and `ae+gmm10` are one where nothing is sampled. Where the table has no fits, the model stands for them. The
    same up to rounding: a GPU's convolutions add in any order.
    """
    firsts: dict[object, list[tuple[str, list[float]]]] = {}
    found = {}
    for label, score in rows:
        own = {(column_key(e), e.seed): e for e in by_label[label] if e.ok and e.score == score}
        if own:
            fits = frozenset((e.seed, e.fit or e.model) for e in own.values())
            numbers = [own[key].value or 0.0 for key in sorted(own)]
            like = firsts.setdefault((score, fits, frozenset(own)), [])
            first = next((name for name, other in like if _same(numbers, other)), None)
            if first is None:
                like.append((label, numbers))
            found[label, score] = first or label
    return found


TWINS = 1e-6
"""Numbers of one fit that differ by less, relatively, are the same."""


def _same(numbers: Sequence[float], others: Sequence[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=TWINS) for a, b in zip(numbers, others, strict=True))


def make_cell(about: Sequence[Measured], column: Column, twin: str = "") -> Cell | None:
    """A row's cell in this column from what it says of the column's metric, None where that is nothing.

    One without a value may lack target and encoder: it then speaks of every column of its metric.
    """
    timed = glossary.evaluation(column.evaluation).timed
    good: dict[int, Measured] = {}
    bad: dict[int, Measured] = {}
    for e in about:
        if e.ok:
            if column_key(e) == column.key:
                good[e.seed] = e
        elif e.target in ("", column.target):
            bad[e.seed] = e
    bad = {seed: e for seed, e in bad.items() if seed not in good}
    if not good and not bad:
        return None
    values = {seed: e.value for seed, e in sorted(good.items()) if e.value is not None}
    remarks = dict.fromkeys(e.reason for e in bad.values() if e.reason)
    return summarise(
        Cell(
            values=values,
            missing={seed: e.status for seed, e in sorted(bad.items())},
            reasons=tuple(remarks),
            sample=_sample_interval(list(good.values())),
            identities=identity.distinct(identity.identity_of(e, timed=timed) for e in good.values()),
            twin=twin,
            details=_agreed([e.details for e in good.values()]),
        )
    )


def _agreed(found: Sequence[Mapping[str, float | int | str]]) -> dict[str, float | int | str]:
    """What all of these say alike."""
    first = found[0] if found else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in found)}


def summarise(cell: Cell) -> Cell:
    """The cell with mean and interval over its seeds."""
    found = list(cell.values.values())
    if not found:
        return cell
    constant = len(found) > 1 and max(found) - min(found) <= ROUNDING * max(map(abs, found))
    interval = None if constant or len(found) < LEAST else mean_interval(found)
    return cell.but(
        mean=found[0] if constant else fmean(found),
        half=interval.half if interval else None,
        constant=constant,
    )


def _sample_interval(good: Sequence[Measured]) -> tuple[float, float] | None:
    if good and good[0].ci_low is None:
        return None
    pairs = [(e.ci_low, e.ci_high) for e in good if e.ci_low is not None and e.ci_high is not None]
    if not pairs or len(pairs) < len(good):
        return None
    return fmean(low for low, _ in pairs), fmean(high for _, high in pairs)


def scaled(column: Column, cells: Sequence[Cell]) -> Column:
    """The column with the scale of its values."""
    with_values = [c for c in cells if c.mean is not None]
    if not with_values:
        return column
    spec = glossary.metric(column.metric)
    means = [c.mean for c in with_values if c.mean is not None]
    scale = formatting.scale_for(means, declared=spec.scale if spec else 1.0)
    whole = all(v.is_integer() for c in with_values for v in c.values.values())
    return replace(column, scale=scale, counts=scale.factor == 1 and whole)


def identified(column: Column, cells: Sequence[Cell]) -> Column:
    """The column with the identities that most of its rows share."""
    with_values = [c for c in cells if c.mean is not None]
    if not with_values:
        return column
    common = identity.most_common(with_values)
    return replace(column, identities=common, about=_about(common, column))


def _about(common: Sequence[Identity], column: Column) -> tuple[str, ...]:
    if any(one.timed for one in common):
        return (common[0].device,)
    sizes = dict.fromkeys(f"n = {one.n:,}".replace(" ", "\N{NO-BREAK SPACE}") for one in common if one.n is not None)
    kinds = sorted({one.kind for one in common} & {Kind.BOUND, Kind.ESTIMATE})
    split = [f"against {column.split}"] if column.split not in ("", "reference") else []
    return (*sizes, *kinds, *split)


def compared(cell: Cell, column: Column) -> Cell:
    """The cell, and whether its identities are the column's."""
    if cell.mean is None or identity.agree(cell.identities, column.identities):
        return cell
    return cell.but(comparable=False)


def write(cell: Cell, column: Column) -> Cell:
    """The cell with its texts in the column's scale."""
    if cell.mean is None:
        return cell
    shown = cell.mean if cell.difference is None else cell.difference
    mean, half = shown / column.scale.factor, None if cell.half is None else cell.half / column.scale.factor
    places = formatting.decimals(mean, half)
    places = 0 if column.counts and half is None else places
    write = formatting.text if cell.difference is None else formatting.signed
    return cell.but(text=write(mean, places), half_text="" if half is None else formatting.text(half, places))
