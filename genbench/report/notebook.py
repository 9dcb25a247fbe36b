"""A leaderboard in a notebook: a plain table, since a notebook has its own style and runs no script of ours."""

from __future__ import annotations

import re

from markupsafe import Markup

from genbench.core import paths
from genbench.report.names import isolated, plain_name
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow


class Drawing(str):
    """A figure of the page as SVG, with the page's colours where a notebook shows it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        style = (paths.folder("templates") / "report.css").read_text(encoding="utf-8")
        colours = re.search(r":root \{(.*?)\}", style, re.DOTALL)
        rules = "\n".join(re.findall(r"^svg.*\}$", style, re.MULTILINE))
        inside = (colours[1] if colours else "") + "background: var(--paper); overflow-x: auto; padding: 8px;\n" + rules
        return f'<div class="genbench-figure"><style>.genbench-figure {{{inside}}}</style>{self}</div>'


def board_html(board: Leaderboard) -> Markup:
    """The board as an HTML table: `12.3 ± 1.1` with the place before it, the leading group bold, controls below."""
    head = Markup("").join(_head(c) for c in board.columns)
    rows = [_row(row, board) for row in board.rows]
    controls = [_row(row, board) for row in board.controls]
    width = len(board.columns) + 1
    divider = Markup('<tr><th colspan="{}" style="text-align:left"><em>controls</em></th></tr>').format(width)
    notes = Markup("").join(Markup("<p><small>{}</small></p>").format(note) for note in (*board.warnings, *board.notes))
    body = Markup("").join([*rows, *([divider, *controls] if controls else [])])
    return Markup(
        "<table><caption>{}</caption><thead><tr><th>model</th>{}</tr></thead><tbody>{}</tbody></table>{}"
    ).format(f"{board.dataset}: {'overview' if board.is_overview else board.title}", head, body, notes)


def _head(column: Column) -> Markup:
    return Markup('<th style="text-align:right">{} {}<br><small>{}</small></th>').format(
        column.title, column.sense.arrow, column.subtitle
    )


def _row(row: LeaderboardRow, board: Leaderboard) -> Markup:
    name = plain_name(row.label, row.model)
    shown = [isolated(name or row.label), *([Markup("<small>{}</small>").format(row.score)] if row.score else [])]
    shown += [Markup("<small>{}</small>").format(flag) for flag in row.flags]
    cells = Markup("").join(_cell(row.cells.get(c.key)) for c in board.columns)
    return Markup('<tr><th style="text-align:left">{}</th>{}</tr>').format(Markup(" ").join(shown), cells)


def _cell(cell: Cell | None) -> Markup:
    if cell is None:
        return Markup("<td></td>")
    form = Markup("<b>{}</b>") if cell.leads else Markup("{}")
    place = Markup("<small>{}.</small> ").format(cell.place_range) if cell.place else Markup("")
    flags = Markup("").join(Markup("<br><small>{}</small>").format(flag) for flag in cell.flags)
    return Markup('<td style="text-align:right">{}{}{}</td>').format(place, form.format(cell.plain), flags)
