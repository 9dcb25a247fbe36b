"""The overview of a dataset: the headline of each evaluation side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.report import aggregate, glossary, ranking
from genbench.report.assembly import Grid, assemble, has_content, ranked
from genbench.report.data import Measured
from genbench.report.types import OVERVIEW, Cell, Column, Leaderboard, LeaderboardRow, RowKey


def overview_board(
    dataset: str,
    found: Mapping[str, Sequence[Measured]],
    boards: Sequence[Leaderboard],
    *,
    near: Collection[str] = (),
) -> Leaderboard:
    """The headline of each evaluation side by side: its mean over targets where the evaluation's record says so, and of
    rows with several scores the first that the model gives (an order that is fixed before any outlier is seen). `near`:
    the dataset's hard targets; where a record means those, the mean of the others stands beside them."""
    rows: dict[RowKey, Measured] = {}
    for measured in (e for part in found.values() for e in part):
        rows.setdefault((measured.label, ""), measured)
    columns: list[Column] = []
    grid: Grid = {}
    for board in boards:
        firsts: dict[str, str] = {}
        for label, score in aggregate.row_keys(found[board.evaluation]):
            firsts.setdefault(label, score)
        for column, cells in _headline_columns(board, firsts, rows, near):
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


def _headline_columns(
    board: Leaderboard, firsts: Mapping[str, str], rows: Mapping[RowKey, Measured], near: Collection[str]
) -> list[tuple[Column, dict[RowKey, Cell]]]:
    """The headline column of a board, or those of its means over targets, and the cells of each label's first score."""
    head = board.column(board.headline)
    same = [c for c in board.columns if (c.metric, c.encoder, c.split) == (head.metric, head.encoder, head.split)]
    chosen = {row.label: row for row in board.all_rows if row.score == firsts[row.label]}
    rule = glossary.evaluation(board.evaluation).over_targets
    made: list[tuple[Column, dict[RowKey, Cell]]] = []
    if len(same) > 1 and rule:
        for name, part in _groups(same, near if rule == "near" else ()):
            means = {(label, ""): over_targets(row, part) for label, row in chosen.items()}
            named, over = _named(name, part), tuple(c.target for c in part)
            mean = replace(head, key=f"{head.key}|{name or 'mean'}", target=named, over=over, identities=())
            column = aggregate.scaled(mean, list(means.values()))
            made.append((column, ranked(column, means, rows)))
    else:
        cells = {(label, ""): row.cells[head.key] for label, row in chosen.items() if head.key in row.cells}
        if firsts and any(firsts.values()):
            cells = ranked(head, {key: _unranked(cell) for key, cell in cells.items()}, rows)
        made.append((head, cells))
    return [(c, {key: replace(cell, note=firsts[key[0]]) for key, cell in cells.items()}) for c, cells in made]


def _groups(columns: Sequence[Column], near: Collection[str]) -> list[tuple[str, list[Column]]]:
    """Hard targets and the others, each by its name; all of them without one where either are none."""
    hard = [c for c in columns if c.target in near]
    far = [c for c in columns if c.target not in near]
    return [("near", hard), ("far", far)] if hard and far else [("", list(columns))]


def _named(group: str, columns: Sequence[Column]) -> str:
    """What a mean over these columns' targets is called."""
    if len(columns) == 1:
        return columns[0].target
    return f"mean of {len(columns)} {group} sets" if group else f"mean of {len(columns)} sets"


def _unranked(cell: Cell) -> Cell:
    return replace(cell, place=None, last_place=None, leads=False, score=None, scores={}, flags=())


def over_targets(row: LeaderboardRow, columns: Sequence[Column]) -> Cell:
    """A row's mean over targets, seed by seed; a seed that lacks a target has no value.

    The targets are compared with the same ordinary data, so that their errors may go together: the sample interval is
    as wide as theirs are in the mean, not narrower by the root of their number.
    """
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
            sample=mean_interval_of([cell.sample for cell in parts]),
        )
    )


def _mean_error(cells: Sequence[Cell], columns: Sequence[Column]) -> float | None:
    """The sampling error of a mean over targets, as if those of the targets were one: they share the ordinary data."""
    pairs = zip(cells, columns, strict=True)
    errors = [ranking.tested_row(cell, ranking.tested(column)).error for cell, column in pairs if cell.values]
    return fmean(errors) if errors else None


def mean_interval_of(parts: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    """The mean of both ends, None where a part has no interval."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return fmean(low for low, _ in known), fmean(high for _, high in known)
