"""From the cells of a table's columns to a leaderboard: ranked, in order, with the notes that a reader needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from genbench.core.values import DRAWS
from genbench.report import aggregate, glossary, ranking
from genbench.report.data import Measured
from genbench.report.types import Cell, Column, Flag, Leaderboard, LeaderboardRow, RowKey
from genbench.stats.intervals import LEAST

Grid = dict[str, dict[RowKey, Cell]]
"""Cells by column key and row."""


def ranked(column: Column, made: Mapping[RowKey, Cell], rows: Mapping[RowKey, Measured]) -> dict[RowKey, Cell]:
    """The column's cells with texts, normalised scores, flags and places (models only)."""
    texts = {key: aggregate.write(cell, column) for key, cell in made.items()}
    scored = ranking.give_scores(texts, rows, column)
    flagged = {key: ranking.flag_below_chance(cell, column) for key, cell in scored.items()}
    models = {key: cell for key, cell in flagged.items() if not rows[key].is_control}
    return flagged | ranking.give_places(models, column)


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
    flags = (Flag.DRAWS,) if any(DRAWS in cell.details for cell in found.values()) else ()
    return LeaderboardRow(
        label=key[0], model=one.model, family=one.family, sampler=one.sampler, score=key[1], cells=found, flags=flags
    )


def _notes(board: Leaderboard, grid: Grid, rows: Mapping[RowKey, Measured]) -> tuple[str, ...]:
    """What a reader must know of this table: what is not ranked, and why."""
    models = {k for k, e in rows.items() if not e.is_control}
    cells = [(c, grid[c.key][k]) for c in board.columns for k in grid[c.key] if k in models]
    is_ranked = glossary.evaluation(board.evaluation).ranked
    notes = []
    if not is_ranked:
        less = next((c.against for c in board.columns if c.against), "")
        read = f"is the difference from {less}, the ceiling row" if less else "is read against the ceiling row"
        notes.append(f"Nothing is ranked here: each number {read}, and more is not better.")
    if cells and not any(cell.place for _, cell in cells) and is_ranked:
        notes.append("No places: they need 3 seeds of at least 2 complete rows. Rows are in order of value.")
    if any(0 < cell.n < LEAST for _, cell in cells if not any(one.timed for one in cell.identities)):
        notes.append("Means over fewer than 3 seeds have no ±.")
    if any(cell.missing and cell.n for _, cell in cells):
        notes.append(
            "Rows with failed seeds, or unsupported ones, show the mean of the others, are marked, and have no place."
        )
    notes += [*_drawn_apart(grid), *_undecided(board, grid, models), *_twins(grid, models)]
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


def _drawn_apart(grid: Grid) -> list[str]:
    """Which rows do not draw from their generator, and what that makes of their numbers."""
    said: dict[str, dict[str, None]] = {}
    for cells in grid.values():
        for (label, _), cell in cells.items():
            if DRAWS in cell.details:
                said.setdefault(str(cell.details[DRAWS]), {})[label] = None
    return [f"{', '.join(labels)}: {Flag.DRAWS}: it gives {fault}." for fault, labels in said.items()]


def _undecided(board: Leaderboard, grid: Grid, models: Collection[RowKey]) -> list[str]:
    """`3 seeds can't separate these`, with the columns in which all models that have a place share the first."""
    titles: dict[int, list[str]] = {}
    for column in board.columns:
        placed = [cell for key, cell in grid[column.key].items() if key in models and cell.place]
        if ranking.is_undecided(placed):
            titles.setdefault(min(cell.n for cell in placed), []).append(
                f"{column.title} ({column.target})" if column.target else column.title
            )
    return [f"{n} seeds can't separate these: {'; '.join(dict.fromkeys(of))}." for n, of in sorted(titles.items())]


def _twins(grid: Grid, models: Collection[RowKey]) -> list[str]:
    """Which rows are one and the same fit as another."""
    groups: dict[str, dict[str, None]] = {}
    for cells in grid.values():
        for key, cell in cells.items():
            if key in models and cell.twin not in ("", key[0]):
                groups.setdefault(cell.twin, {})[key[0]] = None
    shown = [f"{', '.join(labels)} as {twin}" for twin, labels in groups.items()]
    return [f"The same fit with the same numbers, ranked as one row: {'; '.join(shown)}."] if shown else []
