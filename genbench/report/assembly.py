"""From the cells of a table's columns to a leaderboard: ranked, in order, with the notes that a reader needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from genbench.report import aggregate, glossary, ranking
from genbench.report.data import Measured
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow, RowKey
from genbench.stats.intervals import LEAST

Grid = dict[str, dict[RowKey, Cell]]
"""Cells by column key and row."""


def ranked(column: Column, made: Mapping[RowKey, Cell], rows: Mapping[RowKey, Measured]) -> dict[RowKey, Cell]:
    """The column's cells with texts, places (models only), normalised scores and flags."""
    texts = {key: aggregate.write(cell, column) for key, cell in made.items()}
    models = {key: cell for key, cell in texts.items() if not rows[key].is_control}
    placed = texts | ranking.give_places(models, column)
    scored = ranking.give_scores(placed, rows, column)
    return {key: ranking.flag_below_chance(cell, column) for key, cell in scored.items()}


def assemble(board: Leaderboard, rows: Mapping[RowKey, Measured], grid: Grid) -> Leaderboard:
    """The board with its rows, models and controls apart, each best first by the headline."""
    headline = grid.get(board.headline, {})
    column = board.column(board.headline) if board.columns else None
    models = ranking.best_first([k for k in rows if not rows[k].is_control], headline, column)
    shown = [k for k in rows if rows[k].is_control and any(has_content(grid[c.key].get(k)) for c in board.columns)]
    controls = ranking.best_first(shown, headline, column)
    return replace(
        board,
        rows=tuple(_row(key, rows[key], board.columns, grid) for key in models),
        controls=tuple(_row(key, rows[key], board.columns, grid) for key in controls),
        notes=_notes(board, grid, rows),
    )


def has_content(cell: Cell | None) -> bool:
    """Whether a control has a value or a failure here; one that this is not made for is left out."""
    return cell is not None and (cell.mean is not None or bool(cell.failed))


def _row(key: RowKey, one: Measured, columns: Sequence[Column], grid: Grid) -> LeaderboardRow:
    found = {c.key: grid[c.key][key] for c in columns if key in grid[c.key]}
    return LeaderboardRow(
        label=key[0], model=one.model, family=one.family, sampler=one.sampler, score=key[1], cells=found
    )


def _notes(board: Leaderboard, grid: Grid, rows: Mapping[RowKey, Measured]) -> tuple[str, ...]:
    """What a reader must know of this table: what is not ranked, and why."""
    models = {k for k, e in rows.items() if not e.is_control}
    cells = [(c, grid[c.key][k]) for c in board.columns for k in grid[c.key] if k in models]
    is_ranked = glossary.evaluation(board.evaluation).ranked
    notes = []
    if not is_ranked:
        notes.append("Nothing is ranked here: each number is read against the ceiling row, and more is not better.")
    if cells and not any(cell.place for _, cell in cells) and is_ranked:
        notes.append("No places: they need 3 seeds of at least 2 complete rows. Rows are in order of value.")
    if any(0 < cell.n < LEAST for _, cell in cells):
        notes.append("Means over fewer than 3 seeds have no ±.")
    if any(cell.failed and cell.n for _, cell in cells):
        notes.append(
            "Rows with failed seeds show the mean of the seeds that ended well, are marked, and have no place."
        )
    blind = [c.title for c in board.columns if any(not cell.score_clear for cell in grid[c.key].values())]
    if blind:
        notes.append(f"No bar where floor and ceiling cannot be told apart on this dataset: {', '.join(blind)}.")
    unlike = sorted({c.title for c, cell in cells if not cell.comparable})
    if unlike:
        notes.append(
            "Numbers marked ≠ differ from their column in n, kind, likelihood, version, encoder or device and are not "
            f"ranked ({', '.join(unlike)})."
        )
    return tuple(notes)
