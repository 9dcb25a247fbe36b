"""Values by class: for each row and dataset a table of classes by metrics, kept out of the leaderboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genbench.report import aggregate, glossary
from genbench.report.data import Measured
from genbench.report.types import Cell, Column


@dataclass(frozen=True, slots=True)
class ClassTable:
    """What one row gave by class on one dataset: a cell for each class and column, None where there is no value."""

    dataset: str
    columns: Sequence[Column]
    rows: Mapping[str, Sequence[Cell | None]]


def split_by_class(found: Sequence[Measured]) -> tuple[list[Measured], list[Measured]]:
    """What leaderboards show, and what is of one class by a metric that gives a value for each."""
    names = {one.evaluation for one in found}
    pairs = {(name, metric) for name in names for metric in glossary.evaluation(name).by_class}
    parts: tuple[list[Measured], list[Measured]] = ([], [])
    for one in found:
        parts[(one.evaluation, one.metric) in pairs].append(one)
    return parts


def class_tables(found: Sequence[Measured]) -> dict[str, list[ClassTable]]:
    """The tables of each label, dataset by dataset."""
    groups: dict[tuple[str, str], list[Measured]] = {}
    for one in split_by_class(found)[1]:
        if one.ok:
            groups.setdefault((one.label, one.dataset), []).append(one)
    tables: dict[str, list[ClassTable]] = {}
    for (label, dataset), own in groups.items():
        tables.setdefault(label, []).append(_table(dataset, own))
    return tables


def _table(dataset: str, found: Sequence[Measured]) -> ClassTable:
    """Columns by metric and encoder, rows by class, the numbers of a column on one scale."""
    made: dict[str, list[Measured]] = {}
    for one in found:
        made.setdefault(f"{one.evaluation}|{one.metric}|{one.encoder}", []).append(one)
    classes = sorted({one.target for one in found}, key=_by_number)
    columns, cells = [], []
    for own in made.values():
        first = aggregate.find_columns(own)[0]
        by_target = {target: [one for one in own if one.target == target] for target in classes}
        raw = {target: _cell(group) for target, group in by_target.items() if group}
        column = aggregate.scaled(first, list(raw.values()))
        columns.append(column)
        cells.append({target: aggregate.write(cell, column) for target, cell in raw.items()})
    return ClassTable(dataset, columns, {name: [one.get(name) for one in cells] for name in classes})


def _cell(group: Sequence[Measured]) -> Cell:
    """Mean and interval over the seeds of one class."""
    return aggregate.summarise(Cell(values={one.seed: one.value for one in group if one.value is not None}))


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (10**9, name)
