"""The leaderboard in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.report.data import RunData
from genbench.report.families import Family, families
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import OverDatasets, over_datasets
from genbench.report.types import Column, Leaderboard, LeaderboardRow

WIDTHS = 30, 24
"""Columns of the terminal that names take, and each number with its place and interval."""


def print_leaderboards(data: RunData) -> None:
    """The overview of each dataset: models first, best on top, the controls apart. Intervals where there is space."""
    boards = leaderboards(data)
    for board in boards:
        if not board.is_overview:
            continue
        console.out.print(_table(board))
        for other in boards:
            if other.dataset == board.dataset and other.not_measured:
                why = f"{other.title}: not measured here: {' '.join(other.not_measured)}"
                console.out.print(Text(why, style="dim"), soft_wrap=True)
        for line in _legend(board):
            console.out.print(Text(line, style="dim"))
        if any(cell.flags for row in (*board.rows, *board.controls) for cell in row.cells.values()):
            console.out.print(Text("!  worse than the floor, or below chance; the report says which", style="dim"))
        for row in (*board.rows, *board.controls):
            if row.remarks:
                style = "red" if row.flags else "dim"
                console.out.print(Text(f"{row.label}: {', '.join(row.remarks)}", style=style), soft_wrap=True)
        for note in board.notes:
            console.out.print(Text(note, style="dim"), soft_wrap=True)
        for warning in board.warnings:
            console.out.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
        console.out.print()
    for family in families(data, boards):
        _print_family(family)
    for found in over_datasets(boards):
        _print_over(found)


def _print_family(found: Family) -> None:
    """The rows' means over the sets of a family; the sets themselves are above."""
    table = Table(title=found.caption, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in found.columns[:3]:
        table.add_column(head, justify="left" if head == "model" else "right", overflow="fold")
    for row in found.rows:
        table.add_row(*map(Text, found.texts(row)[:3]), style="dim" if row.is_control else "")
    console.out.print(table)
    console.out.print(Text(found.note, style="dim"), soft_wrap=True)
    console.out.print()


def _print_over(found: OverDatasets) -> None:
    """The rows over several datasets, the leading group bold."""
    table = Table(title=found.caption, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in found.heads:
        table.add_column(head, justify="left" if head == "model" else "right", overflow="fold")
    for row in found.rows:
        table.add_row(*map(Text, row.texts(with_score=found.has_scores)), style="bold" if row.leads else "")
    if found.rows:
        console.out.print(table)
    for note in found.said:
        console.out.print(Text(note if found.rows else f"{found.caption}: {note}", style="dim"), soft_wrap=True)
    console.out.print()


def _legend(board: Leaderboard) -> list[str]:
    """What the table's signs mean, those that it has."""
    cells = [row.cells.get(column.key) for row in (*board.rows, *board.controls) for column in board.columns]
    ranges = [cell.place_range for cell in cells if cell is not None and "–" in cell.place_range]
    absent = any(cell is None or cell.plain == "–" for cell in cells)
    return [
        *([f"{ranges[0]}  a place between these: the seeds do not separate the rows further"] if ranges else []),
        *(["–    not measured: the model cannot do it; the report has the reason"] if absent else []),
    ]


def _table(board: Leaderboard) -> Table:
    table = Table(title=board.title, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    placed = [c.key for c in board.columns if any(row.cells[c.key].place for row in board.rows if c.key in row.cells)]
    for column in board.columns:
        if column.key in placed:
            table.add_column(Text("place", "dim not bold"), justify="right", no_wrap=True)
        table.add_column(_heading(column), justify="right", overflow="fold")
    names, each = WIDTHS
    is_wide = console.out.width >= names + each * len(board.columns)
    for row in board.rows:
        table.add_row(*_cells(row, board, placed, is_wide=is_wide))
    table.add_section()
    for row in board.controls:
        table.add_row(*_cells(row, board, placed, is_wide=is_wide), style="dim")
    return table


def _heading(column: Column) -> Text:
    about = f"less {column.against}" if column.against else column.encoder or column.target
    below = ", ".join(filter(None, (about, column.scale.note, "" if about else column.unit)))
    return Text.assemble(f"{column.metric.replace('-', ' ')} {column.sense.arrow}", ("\n" + below, "dim not bold"))


def _cells(row: LeaderboardRow, board: Leaderboard, placed: Sequence[str], *, is_wide: bool) -> list[Text]:
    """The label, then each number, after the range of its place in the columns that have places."""
    found = [Text(row.label)]
    for column in board.columns:
        cell = row.cells.get(column.key)
        shown = "–" if cell is None else cell.plain if is_wide else cell.plain.replace(" ± ", "\n± ")
        text = Text(shown, no_wrap=True, style="bold" if cell is not None and cell.leads else "")
        if column.key in placed:
            found.append(Text("" if cell is None else cell.place_range, style=text.style))
        if cell is not None and cell.flags:
            text.append(" !", style="bold red")
        found.append(text)
    return found
