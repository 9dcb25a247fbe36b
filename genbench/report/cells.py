"""From the entries of one evaluation on one dataset to columns, rows and cells; nothing is judged here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.report import glossary, numbers
from genbench.report.board import Cell, Column, RowKey
from genbench.report.data import Entry
from genbench.stats.intervals import LEAST, mean_interval

ROUNDING = 1e-9
"""Values that differ by less, relatively, are the same: rows in another order round differently."""


def column_key(entry: Entry) -> str:
    """What makes a column: metric, target, encoder and split."""
    return "|".join((entry.metric, entry.target, entry.encoder, entry.split))


def find_columns(found: Sequence[Entry]) -> list[Column]:
    """The columns that these entries fill, metric by metric in the order of the first row that measured them.

    A metric that no row could give here is no column (a job that failed names all that its evaluation knows); where
    there is no value at all, every metric is one.
    """
    metrics = list(dict.fromkeys(e.metric for e in found))
    order = list(dict.fromkeys(column_key(e) for e in found))
    filled = {column_key(e): e for e in reversed(found) if e.ok} or {column_key(e): e for e in reversed(found)}
    firsts = sorted(filled.values(), key=lambda e: (metrics.index(e.metric), order.index(column_key(e))))
    return [_column(e) for e in firsts]


def _column(entry: Entry) -> Column:
    spec = glossary.metric(entry.metric)
    return Column(
        key=column_key(entry),
        evaluation=entry.evaluation,
        metric=entry.metric,
        target=entry.target,
        encoder=entry.encoder,
        split=entry.split,
        title=glossary.title(entry.metric, entry.encoder),
        sense=glossary.sense(entry.metric, entry.direction),
        unit=spec.unit if spec else "",
    )


def identity(entry: Entry) -> tuple[str, ...]:
    """What must agree for two numbers of one column to be ranked together.

    Speeds depend on the device, and their n is a number of timer rounds; all else depends on n, m, kind, metric
    version, budget and, where there are such, on the likelihood and the very encoder.
    """
    version = "" if entry.metric_version is None else f"version {entry.metric_version}"
    if entry.evaluation == "speed":
        return (entry.device, version)
    sizes = tuple(f"{name} = {size:,}" for name, size in (("n", entry.n), ("m", entry.m)) if size is not None)
    ruler = entry.encoder_fingerprint and f"{entry.encoder} {entry.encoder_fingerprint}"
    return (*sizes, entry.kind, entry.likelihood, version, ruler, _trained_on(entry))


def _trained_on(entry: Entry) -> str:
    """The budget of a model; controls are not trained, so theirs does not matter."""
    return "" if entry.is_control or not entry.budget else f"{entry.budget:,} images"


def row_keys(found: Iterable[Entry]) -> dict[RowKey, Entry]:
    """The rows and an entry of each, in the order of the table; a label with scores has one row for each score."""
    rows: dict[RowKey, Entry] = {}
    for entry in found:
        rows.setdefault((entry.label, entry.score), entry)
    scored = {label for label, score in rows if score}
    return {key: entry for key, entry in rows.items() if key[1] or key[0] not in scored}


def make_cell(entries_of_row: Sequence[Entry], column: Column) -> Cell | None:
    """The row's cell in this column, None where the row has nothing to say of the metric.

    An entry without a value may lack target and encoder: it then speaks of every column of its metric.
    """
    about = [e for e in entries_of_row if e.metric == column.metric]
    good = {e.seed: e for e in about if e.ok and column_key(e) == column.key}
    bad = {e.seed: e for e in about if not e.ok and e.seed not in good and e.target in ("", column.target)}
    if not good and not bad:
        return None
    values = {seed: e.value for seed, e in sorted(good.items()) if e.value is not None}
    remarks = dict.fromkeys(e.reason for e in bad.values() if e.reason)
    identities = {identity(e) for e in good.values()}
    return summarise(
        Cell(
            values=values,
            missing={seed: e.status for seed, e in sorted(bad.items())},
            reasons=tuple(remarks),
            sample=_sample_interval(list(good.values())),
            identity=next(iter(identities)) if len(identities) == 1 else tuple(sorted({*sum(identities, ())})),
        )
    )


def summarise(cell: Cell) -> Cell:
    """The cell with mean and interval over its seeds."""
    found = list(cell.values.values())
    if not found:
        return cell
    constant = len(found) > 1 and max(found) - min(found) <= ROUNDING * max(map(abs, found))
    interval = None if constant or len(found) < LEAST else mean_interval(found)
    return replace(
        cell,
        mean=found[0] if constant else fmean(found),
        half=interval.half if interval else None,
        constant=constant,
    )


def _sample_interval(good: Sequence[Entry]) -> tuple[float, float] | None:
    pairs = [(e.ci_low, e.ci_high) for e in good if e.ci_low is not None and e.ci_high is not None]
    if not pairs or len(pairs) < len(good):
        return None
    return fmean(low for low, _ in pairs), fmean(high for _, high in pairs)


def finish_column(column: Column, cells: Sequence[Cell]) -> Column:
    """The column with its scale and with the identity that most of its rows share."""
    with_values = [c for c in cells if c.mean is not None]
    if not with_values:
        return column
    trained = [c for c in with_values if c.identity[-1]]  # controls have no budget and go with any
    common = Counter(c.identity for c in trained or with_values).most_common(1)[0][0]
    scale = numbers.scale_for(column.metric, [c.mean for c in with_values if c.mean is not None])
    counts = scale.factor == 1 and all(v.is_integer() for c in with_values for v in c.values.values())
    return replace(column, scale=scale, identity=common, about=_about(common, column), counts=counts)


def _about(common: tuple[str, ...], column: Column) -> str:
    if column.evaluation == "speed":
        return common[0]
    told = [part.replace(" ", "\N{NO-BREAK SPACE}") for part in common if part.startswith("n =")]
    told += [part for part in common if part in ("bound", "estimate")]
    split = f"against {column.split}" if column.split not in ("", "reference") else ""
    return ", ".join([*told, *([split] if split else [])])


def write(cell: Cell, column: Column) -> Cell:
    """The cell with its texts, and whether its identity is the column's."""
    if cell.mean is None:
        return cell
    mean, half = cell.mean / column.scale.factor, None if cell.half is None else cell.half / column.scale.factor
    places = numbers.decimals(mean, half)
    places = 0 if column.counts and half is None else places
    return replace(
        cell,
        text=numbers.text(mean, places),
        half_text="" if half is None else numbers.text(half, places),
        comparable=_alike(cell.identity, column.identity),
    )


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether numbers of these identities may be ranked together; what has no budget goes with any."""
    return one[:-1] == other[:-1] and (one[-1] == other[-1] or not one[-1] or not other[-1])
