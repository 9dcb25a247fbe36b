"""The overview of a dataset: the headline of each evaluation side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.report import aggregate, glossary, ranking
from genbench.report.assembly import Grid, assemble, has_content, ranked
from genbench.report.data import Measured
from genbench.report.types import OVERVIEW, Cell, Column, Leaderboard, LeaderboardRow, RowKey


def overview_board(dataset: str, found: Mapping[str, Sequence[Measured]], boards: Sequence[Leaderboard]) -> Leaderboard:
    """The headline of each evaluation side by side: its mean over targets where the evaluation's record says so, and of
    rows with several scores the first that the model gives (an order that is fixed before any outlier is seen)."""
    rows: dict[RowKey, Measured] = {}
    for measured in (e for part in found.values() for e in part):
        rows.setdefault((measured.label, ""), measured)
    columns: list[Column] = []
    grid: Grid = {}
    for board in boards:
        firsts: dict[str, str] = {}
        for label, score in aggregate.row_keys(found[board.evaluation]):
            firsts.setdefault(label, score)
        column, cells = _headline_cells(board, firsts, rows)
        if any(has_content(cell) for cell in cells.values()) or (board is boards[-1] and not columns):
            columns.append(column)
            grid[column.key] = cells
    overview = Leaderboard(
        dataset=dataset,
        evaluation=OVERVIEW,
        title=dataset,
        headline=columns[0].key,
        columns=tuple(columns),
        rows=(),
        controls=(),
    )
    return assemble(overview, rows, grid)


def _headline_cells(
    board: Leaderboard, firsts: Mapping[str, str], rows: Mapping[RowKey, Measured]
) -> tuple[Column, dict[RowKey, Cell]]:
    """The headline column of a board and the cells of each label's first score."""
    head = board.column(board.headline)
    same = [c for c in board.columns if (c.metric, c.encoder, c.split) == (head.metric, head.encoder, head.split)]
    chosen = {row.label: row for row in board.all_rows if row.score == firsts[row.label]}
    if len(same) > 1 and glossary.evaluation(board.evaluation).over_targets:
        made = {(label, ""): _over_targets(row, same) for label, row in chosen.items()}
        mean = replace(head, key=f"{head.key}|mean", target=f"mean of {len(same)} sets", identities=())
        column = aggregate.scaled(mean, list(made.values()))
        cells = ranked(column, made, rows)
    else:
        column = head
        cells = {(label, ""): row.cells[head.key] for label, row in chosen.items() if head.key in row.cells}
        if firsts and any(firsts.values()):
            cells = ranked(column, {key: _unranked(cell) for key, cell in cells.items()}, rows)
    return column, {key: replace(cell, note=firsts[key[0]]) for key, cell in cells.items()}


def _unranked(cell: Cell) -> Cell:
    return replace(cell, place=None, last_place=None, leads=False, score=None, flags=())


def _over_targets(row: LeaderboardRow, columns: Sequence[Column]) -> Cell:
    """A row's mean over targets, seed by seed; a seed that lacks a target has no value."""
    parts = [row.cells.get(c.key, Cell()) for c in columns]
    seeds = sorted({s for cell in parts for s in (*cell.values, *cell.missing)})
    whole = [s for s in seeds if all(s in cell.values for cell in parts)]
    twins = {cell.twin for cell in parts}
    statuses = {s: next((c.missing[s] for c in parts if s in c.missing), "failed") for s in seeds if s not in whole}
    return aggregate.summarise(
        Cell(
            values={s: fmean(cell.values[s] for cell in parts) for s in whole},
            missing=statuses,
            reasons=tuple(dict.fromkeys(r for cell in parts for r in cell.reasons)),
            error=_mean_error(parts, columns),
            comparable=all(cell.comparable for cell in parts),
            twin=twins.pop() if len(twins) == 1 else "",
        )
    )


def _mean_error(cells: Sequence[Cell], columns: Sequence[Column]) -> float | None:
    """The sampling error of a mean over targets, as if those of the targets were one: they share the ordinary data."""
    pairs = zip(cells, columns, strict=True)
    errors = [ranking.tested_row(cell, ranking.tested(column)).error for cell, column in pairs if cell.values]
    return fmean(errors) if errors else None
