"""The cells of a leaderboard as markup: place, number, interval, and a dot with its whisker on the column's axis.

Written as strings, since a large store has tens of thousands of them; every text of others' making is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from genbench.core.values import Direction
from genbench.report import figures, glossary
from genbench.report.figures import Axis, fit_axis
from genbench.report.identity import unlike_column
from genbench.report.language import Language
from genbench.report.names import plain_name
from genbench.report.ranking import is_undecided, known_answer, span
from genbench.report.types import Cell, Column, Flag, Leaderboard, LeaderboardRow

FIGURE, POINT = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"
"""Spaces as wide as a digit and as a decimal point: they align numbers without markup."""

FOLDED, KEPT = 60, 25
"""Tables of more rows than this show the first of them until a reader asks for all, and are drawn by the script."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a column is drawn. `decimals`: to align at; `width`: letters of the widest interval; `axis`: percent of the
    cell's width, better to the right, None where nothing is to be drawn; `floor`, `ceiling`: where they stand on it;
    `undecided`: all models share the first place."""

    decimals: int = 0
    width: int = 0
    axis: Axis | None = None
    floor: float | None = None
    ceiling: float | None = None
    undecided: bool = False

    @property
    def drawn(self) -> str:
        """The axis for the script, which draws long tables: `low,high,is log,left,right`."""
        a = self.axis
        return "" if a is None else f"{a.low:.6g},{a.high:.6g},{int(a.is_log)},{a.left:g},{a.right:g}"


def layout(board: Leaderboard, column: Column) -> Layout:
    """The column's layout from all its cells."""
    cells = [row.cells[column.key] for row in board.all_rows if column.key in row.cells]
    shown = [cell for cell in cells if cell.mean is not None]
    models = [row.cells[column.key] for row in board.rows if column.key in row.cells]
    halves = [len(cell.half_text) + 2 for cell in shown if cell.half_text]
    bounds = dict(figures.reference_lines(board, column)) | _known_bounds(column)
    axis = _axis([cell for cell in models if cell.mean is not None], list(bounds.values()), column)
    ends = {name: axis(value) for name, value in bounds.items() if axis is not None}
    return Layout(
        decimals=max((_decimals(cell.text) for cell in shown), default=0),
        width=max(halves, default=0),
        axis=axis,
        floor=ends.get("floor"),
        ceiling=ends.get("ceiling"),
        undecided=is_undecided([cell for cell in models if cell.place]),
    )


def _known_bounds(column: Column) -> dict[str, float]:
    record = glossary.evaluation(column.evaluation)
    found = {}
    for name, wanted in (("floor", record.floor), ("ceiling", record.ceiling)):
        for bound in wanted:
            cell = known_answer(bound, column)
            if cell is not None and cell.mean is not None:
                found[name] = cell.mean
    return found


def _axis(cells: Sequence[Cell], bounds: Sequence[float], column: Column) -> Axis | None:
    if len(cells) < 2:
        return None
    sides = (94.0, 6.0) if column.sense.direction is Direction.LOWER else (6.0, 94.0)
    ends = [end for cell in cells for end in span(cell)]
    return fit_axis([cell.mean or 0.0 for cell in cells], *sides, ends=ends, marks=bounds)


def _decimals(text: str) -> int:
    """Digits behind the point of a number without an exponent."""
    return len(text.partition("e")[0].partition(".")[2])


def rules(table: str, layouts: Sequence[Layout], first: int) -> str:
    """The style of a table's columns, the first of which is child `first`: floor, ceiling, width of intervals."""
    found = []
    for i, one in enumerate(layouts):
        ends = [f"--{k}:{v:.0f}" for k, v in (("f", one.floor), ("c", one.ceiling)) if v is not None]
        if ends:
            found.append(f"#{table} td:nth-child({first + i}){{{';'.join(ends)}}}")
        if one.width:
            found.append(f"#{table} td:nth-child({first + i}) i{{width:{one.width + 1}ch}}")
    return "\n".join(found)


def body_cell(
    cell: Cell | None, column: Column, how: Layout, words: Language, *, drawn: bool = True, folded: bool = False
) -> str:
    """One `<td>`, whose end HTML lets one leave out. `drawn`: with its dot and whisker; `folded`: in a row that is
    hidden at first, whose number the script aligns when it is asked for."""
    if cell is None:
        return "<td class=n>·"
    if cell.mean is None:
        said = f"<em>{escape(words(cell.plain))}</em>" if cell.failed else escape(cell.plain)
        return f"<td class=n>{said}"
    kinds = [
        name
        for name, is_it in (
            ("q", cell.missing or not cell.comparable),
            ("bad", Flag.BELOW_CHANCE in cell.flags),
            ("u", Flag.UNDER_FLOOR in cell.flags),
        )
        if is_it
    ]
    kind = f' class="{" ".join(kinds)}"' if len(kinds) > 1 else f" class={kinds[0]}" if kinds else ""
    note = f' data-s="{escape(cell.note)}"' if cell.note else ""
    why = "" if cell.comparable else f' data-why="{escape(words(unlike_column(cell, column)))}"'
    is_drawn = drawn or bool(column.against)  # the script has the difference alone, which is no place on the axis
    style = f" style={drawing(cell, how.axis)}" if is_drawn and how.axis is not None else ""
    return (
        f"<td{kind}{note}{why}{style}>{_place(cell, how)}{_number(cell, how, words, folded=folded)}{_tags(cell, words)}"
    )


def drawing(cell: Cell, axis: Axis) -> str:
    """Where the dot (`x`) and the whisker's ends (`a`, `b`) stand, in percent."""
    low, high = span(cell)
    x, ends = axis(cell.mean or 0.0), sorted((axis(low), axis(high)))
    return f"--x:{x:.0f}" + (f";--a:{ends[0]:.0f};--b:{ends[1]:.0f}" if ends[1] - ends[0] > 1 else "")


def _place(cell: Cell, how: Layout) -> str:
    if not cell.place:
        return "" if cell.comparable else "<b class=x>≠</b>"
    kind = " class=f" if cell.leads else " class=o" if how.undecided else ""
    return f"<b{kind}>{cell.place_range}</b>"


def _number(cell: Cell, how: Layout, words: Language, *, folded: bool) -> str:
    digits = _decimals(cell.text)
    pad = "" if folded else (POINT if how.decimals and not digits else "") + FIGURE * (how.decimals - digits)
    half = ""
    if how.width:
        half = f"<i>±{words.number(cell.half_text)}</i>" if cell.half_text else "<i></i>"
    return f"{words.number(cell.text)}{pad}{half}"


QUIET = (Flag.UNDER_FLOOR, Flag.COPIES)
"""Said elsewhere, or of one number alone: a verdict on copying takes all tests of a row."""


def _tags(cell: Cell, words: Language) -> str:
    said = [words("{n} of {total} seeds", n=cell.n, total=cell.total)] if cell.missing else []
    said += [words(flag) for flag in cell.flags if flag == Flag.COPIES]
    tags = "".join(f'<span class="tag">{escape(text)}</span>' for text in said)
    tags += "".join(f'<span class="tag red">{escape(words(f))}</span>' for f in cell.flags if f not in QUIET)
    return tags + (f"<span class=by>{escape(words('by {score}', score=words(cell.note)))}</span>" if cell.note else "")


def row_head(row: LeaderboardRow, anchor: str, headline: Cell | None, words: Language, *, brief: bool) -> str:
    """The `<th>` with the row's name: in plain words with the id in grey where it has them. `brief`: the name alone."""
    title = plain_name(row.label, row.model)
    shown = f"<bdi>{escape(words(title) if title else row.label)}</bdi>"
    flags = [f'<span class="tag red">{escape(words(flag))}</span>' for flag in row.flags]
    if row.verdict and not brief:
        kind = "tag" if row.flags or not row.verdict.startswith("no ") else "calm"
        flags.append(f'<span class="{kind}">{escape(words(row.verdict))}</span>')
    if headline is not None and Flag.UNDER_FLOOR in headline.flags and not brief:
        flags.append(f'<span class="tag">{escape(words(Flag.UNDER_FLOOR))}</span>')
    grey = (
        "" if brief else "".join(f" <small><bdi>{escape(words(text))}</bdi></small>" for text in _besides(row, title))
    )
    link = shown if brief else f'<a href="#{escape(anchor)}">{shown}</a>'
    scope = "" if brief else " scope=row"  # which a browser gives to the first cell of a row by itself
    return f"<th{scope}>{link}{grey}{''.join(flags)}</th>"


def _besides(row: LeaderboardRow, title: str) -> list[str]:
    """What stands in grey beside the name: the id, or family and sampler where the name does not say them."""
    if row.is_control:
        return [row.label] if title else []
    family = [row.family] if row.family not in ("", row.label) else []
    is_named = row.label.endswith("+" + row.sampler)
    return family + ([row.sampler] if row.sampler not in ("", "prior") and not is_named else [])


def row_open(row: LeaderboardRow, *, folded: bool) -> str:
    """The `<tr>`, with what filters ask for."""
    score = f' data-s="{escape(row.score)}"' if row.score else ""
    cannot = "" if any(cell.mean is not None or cell.failed for cell in row.cells.values()) else " data-none"
    more = " class=more" if folded else ""
    return f'<tr data-m="{escape(row.label)}"{score}{cannot}{more}>'


def bodies(
    board: Leaderboard,
    layouts: Sequence[Layout],
    words: Language,
    anchors: Mapping[str, str],
    extra: Mapping[str, Sequence[str]],
) -> Markup:
    """The table's `<tbody>`s: models, then controls. `extra`: further `<td>`s of a label, at the end of its row."""
    with_scores = any(row.score for row in board.all_rows)
    width = 1 + with_scores + len(board.columns) + max(map(len, extra.values()), default=0)
    is_long = len(board.all_rows) > FOLDED
    found = []
    for kind, rows in (("models", board.rows), ("controls", board.controls)):
        lines = [f"<tbody class={kind}>"]
        if kind == "controls":
            said = escape(words("controls: known answers, never ranked"))
            lines.append(f'<tr class="divider"><th scope="rowgroup" colspan="{width}">{said}</th></tr>')
        for i, row in enumerate(rows):
            is_folded = is_long and kind == "models" and i >= KEPT
            parts = [
                row_open(row, folded=is_folded),
                row_head(row, anchors.get(row.label, ""), row.cells.get(board.headline), words, brief=is_folded),
            ]
            parts += [f"<td class=s><bdi>{escape(row.score)}</bdi>"] if with_scores else []
            cells = zip(board.columns, layouts, strict=True)
            parts += [
                body_cell(row.cells.get(c.key), c, how, words, drawn=not is_long, folded=is_folded) for c, how in cells
            ]
            parts += extra.get(row.label, ["<td class=n>·"] * max(map(len, extra.values()), default=0))
            lines.append("".join([*parts, "</tr>"]))
        found += [*lines, "</tbody>"] if rows else []
    return Markup("\n".join(found))
