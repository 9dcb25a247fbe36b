"""Leaderboards: for each dataset an overview (a headline of each evaluation) and a table for each evaluation."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from genbench.report import aggregate, glossary, memorisation, ranking, sanity
from genbench.report.assembly import Grid, assemble, ranked
from genbench.report.by_class import split_by_class
from genbench.report.data import Measured, RunData, read_rows
from genbench.report.headlines import headlines
from genbench.report.overview import overview_board
from genbench.report.types import Cell, Column, Leaderboard, RowKey


def leaderboards(data: RunData, found: Sequence[Measured] | None = None) -> list[Leaderboard]:
    """The leaderboards of all datasets in the order of the table: first a dataset's overview, then its evaluations.

    `found`: the rows of `data.table`, where they were read already.
    """
    found, _ = split_by_class(read_rows(data.table) if found is None else found)
    heads = headlines(data, found)
    by_dataset: dict[str, list[Measured]] = {}
    for measured in found:
        by_dataset.setdefault(measured.dataset, []).append(measured)
    boards: list[Leaderboard] = []
    for dataset, own in by_dataset.items():
        near = data.content.get("datasets", {}).get(dataset, {}).get("near", ())
        boards += dataset_boards(dataset, own, heads[dataset], near=near)
    return boards


def dataset_boards(
    dataset: str, found: Sequence[Measured], heads: Mapping[str, str], *, near: Collection[str] = ()
) -> list[Leaderboard]:
    """The overview and the evaluations' leaderboards of one dataset; `heads`: the headline of each evaluation; `near`:
    the dataset's hard targets."""
    by_evaluation: dict[str, list[Measured]] = {}
    for measured in found:
        by_evaluation.setdefault(measured.evaluation, []).append(measured)
    boards = [evaluation_board(dataset, name, rows, heads[name], near=near) for name, rows in by_evaluation.items()]
    checked = sanity.check(boards)
    overview = replace(overview_board(dataset, by_evaluation, boards, near=near), warnings=checked.warnings)
    rows = sanity.together(checked.copying.values())
    return [memorisation.flag_copies(b, rows, checked.copying.get(b.evaluation, {})) for b in [overview, *boards]]


def evaluation_board(
    dataset: str, name: str, found: Sequence[Measured], headline: str, *, near: Collection[str] = ()
) -> Leaderboard:
    """All metrics of one evaluation on one dataset; rows are in the order of the headline, on the hardest of the `near`
    targets where it has some."""
    columns = aggregate.find_columns(found)
    if not any(e.ok for e in found):
        columns = [c for c in columns if c.metric == headline] or columns[:1]
    rows = aggregate.row_keys(found)
    by_label: dict[str, list[Measured]] = {}
    by_metric: dict[tuple[str, str], list[Measured]] = {}
    for measured in found:
        by_label.setdefault(measured.label, []).append(measured)
        by_metric.setdefault((measured.label, measured.metric), []).append(measured)
    grid: Grid = {}
    finished = []
    twins = aggregate.find_twins(by_label, rows)
    for column in columns:
        done, made = _column_cells(column, by_metric, rows, twins)
        grid[column.key] = ranked(done, made, rows)
        finished.append(done)
    first = _headline([c for c in finished if c.metric == headline] or finished, grid, near)
    return assemble(
        Leaderboard(
            dataset=dataset,
            evaluation=name,
            title=name.replace("-", " ").capitalize(),
            summary=glossary.evaluation(name).summary,
            headline=first.key,
            columns=tuple(finished),
            rows=(),
            controls=(),
        ),
        rows,
        grid,
    )


def _headline(columns: Sequence[Column], grid: Grid, near: Collection[str]) -> Column:
    """The first of the headline's columns; of several hard targets that on which the best row is worst: on an easy one
    half of the rows are perfect, and none leads."""

    def best_loss(column: Column) -> float:
        losses = (ranking.mean_loss(cell, column) for cell in grid[column.key].values())
        return min((loss for loss in losses if loss is not None), default=-math.inf)

    hard = [column for column in columns if column.target in near]
    return max(hard, key=best_loss) if hard else columns[0]


def _column_cells(
    column: Column,
    by_metric: Mapping[tuple[str, str], Sequence[Measured]],
    rows: Mapping[RowKey, Measured],
    twins: Mapping[RowKey, str],
) -> tuple[Column, dict[RowKey, Cell]]:
    """The column with its scale and identities, and its cells by row."""
    made: dict[RowKey, Cell] = {}
    for label, score in rows:
        about = by_metric.get((label, column.metric), ())
        own = [e for e in about if e.score == score or (not e.ok and not e.score)]
        cell = aggregate.make_cell(own, column, twins.get((label, score), ""))
        if cell is not None:
            made[label, score] = cell
    column = aggregate.identified(aggregate.scaled(column, list(made.values())), list(made.values()))
    cells = ranking.give_differences({k: aggregate.compared(cell, column) for k, cell in made.items()}, rows, column)
    has_differences = any(cell.difference is not None for cell in cells.values())
    against = glossary.evaluation(column.evaluation).against if has_differences else ""
    return replace(column, against=against), cells
