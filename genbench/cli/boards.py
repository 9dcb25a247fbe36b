"""The leaderboard in a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.report.board import Board, BoardRow, Column
from genbench.report.boards import leaderboards
from genbench.report.files import RunFolder


def print_boards(run: RunFolder) -> None:
    """The overview of each dataset: models first, best on top, the controls apart."""
    for board in leaderboards(run.data()):
        if board.is_overview:
            console.out.print(_table(board))
            for note in board.notes:
                console.out.print(Text(note, style="dim"), soft_wrap=True)
            for warning in board.warnings:
                console.out.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
            console.out.print()


def _table(board: Board) -> Table:
    table = Table(title=board.title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("place", justify="right")
    table.add_column("", no_wrap=True)
    for column in board.columns:
        table.add_column(_heading(column), justify="right")
    for row in board.rows:
        table.add_row(*_cells(row, board))
    table.add_section()
    for row in board.controls:
        table.add_row(*_cells(row, board), style="dim")
    return table


def _heading(column: Column) -> Text:
    return Text.assemble(
        f"{column.title} {column.sense.arrow}", ("\n" + (column.encoder or column.target), "dim not bold")
    )


def _cells(row: BoardRow, board: Board) -> list[Text]:
    first = row.cells.get(board.columns[0].key) if board.columns else None
    place = "" if first is None or first.place is None else f"{first.place}{'=' if first.shared else ''}"
    found = [Text(place), Text.assemble(row.label, *((f" {flag}", "bold red") for flag in row.flags))]
    for column in board.columns:
        cell = row.cells.get(column.key)
        text = Text("–" if cell is None else cell.plain)
        if cell is not None and cell.flags:
            text.append(" !", style="bold red")
        found.append(text)
    return found
