"""The tables for other tools: tidy as CSV, Parquet and JSON, leaderboards as LaTeX and Markdown, papers as BibTeX."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from genbench.core.errors import UsageError, nearest
from genbench.core.text import without_controls
from genbench.report.aggregate import column_key
from genbench.report.bibtex import bibliography, papers
from genbench.report.csvtext import written
from genbench.report.data import RunData, read_rows
from genbench.report.families import Family, families
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import OverDatasets, over_datasets
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow


def export(data: RunData, format_: str) -> bytes:
    """The tables of a run in one of `FORMATS`; an unknown format is a `UsageError` with the nearest one."""
    if format_ not in FORMATS:
        known = [*FORMATS, *FOLDER_FORMATS]
        near = nearest(format_, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"no format is called {format_!r}: {hint}known are {', '.join(known)}.")
    return FORMATS[format_](placed(data) if format_ in TIDY else data)


def placed(data: RunData) -> RunData:
    """The run with `place`, `last_place` and `leads` of the row in its leaderboard's column in its tidy table."""
    places: dict[tuple[str, ...], Cell] = {}
    for board in (b for b in leaderboards(data) if not b.is_overview):
        for row in board.rows:
            for key, cell in row.cells.items():
                if cell.place is not None:
                    places[board.dataset, board.evaluation, row.label, row.score, key] = cell
    found = [
        places.get((e.dataset, e.evaluation, e.label, e.score, column_key(e))) if e.ok else None
        for e in read_rows(data.table)
    ]
    table = data.table.assign(
        place=pd.array([one.place if one else None for one in found], dtype="Int64"),
        last_place=pd.array([one.last_place if one else None for one in found], dtype="Int64"),
        leads=pd.array([one.leads if one else None for one in found], dtype="boolean"),
    )
    return dataclasses.replace(data, table=table)


def render_table(table: pd.DataFrame, format_: str) -> bytes:
    """`export` of a tidy table that comes alone: headlines are then the evaluations' own."""
    return export(RunData(table=table), format_)


def to_csv(data: RunData) -> bytes:
    """The tidy table, one row a value; what is not there is empty, and text that a spreadsheet would run is neutral."""
    return written(data.table).encode()


def to_json(data: RunData) -> bytes:
    """The tidy table as a list of objects; what is not there is null."""
    rows = data.table.itertuples(index=False, name=None)
    records = [dict(zip(map(str, data.table.columns), map(_plain, row), strict=True)) for row in rows]
    return (json.dumps(records, indent=1, ensure_ascii=False, default=str) + "\n").encode()


def _plain(value: Any) -> Any:
    """A cell as JSON has it, with all of its digits: what is not there, NaN and infinity are null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def to_parquet(data: RunData) -> bytes:
    """The tidy table in columns; needs pyarrow."""
    buffer = io.BytesIO()
    try:
        flat(data.table).to_parquet(buffer, index=False, engine="pyarrow", compression="zstd")
    except ImportError as error:
        raise UsageError("--format parquet needs pyarrow: pip install pyarrow, or take csv.") from error
    return buffer.getvalue()


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """The table with nested columns (such as `details`) as JSON text."""
    nested = [c for c in table.columns if table[c].map(lambda v: isinstance(v, dict | list)).any()]
    return table.assign(**{c: table[c].map(json.dumps) for c in nested})


def to_markdown(data: RunData) -> bytes:
    """The leaderboards as Markdown tables, and what the plan leaves out."""
    boards = leaderboards(data)
    parts = [board_markdown(board) for board in boards]
    parts += [_markdown_family(found) for found in families(data, boards)]
    parts += [_markdown_over(found) for found in over_datasets(boards)]
    if data.notes:
        parts.append("\n".join(["### What does not apply", "", *(f"- {note}" for note in data.notes)]))
    return "\n\n".join(parts).encode() + b"\n"


def board_markdown(board: Leaderboard) -> str:
    """One leaderboard as a Markdown table with its warnings and notes."""
    heads = ["model", *(_head(c) for c in board.columns)]
    lines = [f"### {_title(board)}", "", _markdown_row(heads), _markdown_row(["---", *("---:" for _ in board.columns)])]
    for row in board.all_rows:
        lines.append(_markdown_row([_name(row), *(_cell(row.cells.get(c.key)) for c in board.columns)]))
    return "\n".join([*lines, *(f"\n> {warning}" for warning in board.warnings), *(f"\n{n}" for n in board.notes)])


def _markdown_family(found: Family) -> str:
    lines = [f"### {found.caption}", "", _markdown_row(found.columns)]
    lines.append(_markdown_row(["---", *("---:" for _ in found.columns[1:])]))
    return "\n".join([*lines, *(_markdown_row(found.texts(row)) for row in found.rows), f"\n{found.note}"])


def _markdown_over(found: OverDatasets) -> str:
    lines = [f"### {found.caption}", "", _markdown_row(found.heads)]
    lines.append(_markdown_row(["---:" if head != "model" else "---" for head in found.heads]))
    for row in found.rows:
        place, label, *numbers = row.texts(with_score=found.has_scores)
        lines.append(_markdown_row([f"**{place}**" if row.leads else place, label, *numbers]))
    return "\n".join([*lines[: len(lines) if found.rows else 1], *(f"\n{note}" for note in found.said)])


def _markdown_row(parts: Sequence[str]) -> str:
    return "| " + " | ".join(without_controls(part).replace("|", "\\|").replace("\n", " ") for part in parts) + " |"


def to_latex(data: RunData) -> bytes:
    """The leaderboards as LaTeX tables (booktabs); the leading group is bold, ranges of places stand small beside."""
    boards = leaderboards(data)
    parts = [_latex(board) for board in boards] + [_latex_family(found) for found in families(data, boards)]
    parts += [_latex_over(found) for found in over_datasets(boards) if found.rows]
    return ("\n\n".join(parts) + "\n").encode()


def to_bibtex(data: RunData) -> bytes:
    """The papers of the models, metrics and encoders of the table, each once."""
    return bibliography(papers(data.table).values()).text.encode()


def _latex(board: Leaderboard) -> str:
    lines = [
        "\\begin{table}",
        f"\\caption{{{_escape(_title(board))}}}",
        f"\\begin{{tabular}}{{l{'r' * len(board.columns)}}}",
        "\\toprule",
        " & ".join(["model", *(_escape(_head(c)) for c in board.columns)]) + " \\\\",
        "\\midrule",
    ]
    groups = [rows for rows in (board.rows, board.controls) if rows]
    for i, rows in enumerate(groups):
        lines += ["\\midrule"] * (i > 0)
        for row in rows:
            cells = [_latex_cell(row.cells.get(c.key)) for c in board.columns]
            lines.append(" & ".join([_escape(_name(row)), *cells]) + " \\\\")
    notes = [f"\\par{{\\footnotesize {_escape(note)}}}" for note in board.notes]
    lines += ["\\bottomrule", "\\end{tabular}", *notes, "\\end{table}"]
    return "\n".join(lines)


def _latex_family(found: Family) -> str:
    lines = [
        "\\begin{table}",
        f"\\caption{{{_escape(found.caption)}}}",
        f"\\begin{{tabular}}{{l{'r' * (len(found.columns) - 1)}}}",
        "\\toprule",
        " & ".join(map(_escape, found.columns)) + " \\\\",
        "\\midrule",
        *(" & ".join(map(_escape, found.texts(row))) + " \\\\" for row in found.rows),
        "\\bottomrule",
        "\\end{tabular}",
        f"\\par{{\\footnotesize {_escape(found.note)}}}",
        "\\end{table}",
    ]
    return "\n".join(lines)


def _latex_over(found: OverDatasets) -> str:
    rows = []
    for row in found.rows:
        place, *rest = map(_escape, row.texts(with_score=found.has_scores))
        rows.append(" & ".join([f"\\textbf{{{place}}}" if row.leads else place, *rest]) + " \\\\")
    lines = [
        "\\begin{table}",
        f"\\caption{{{_escape(found.caption)}}}",
        f"\\begin{{tabular}}{{rl{'r' * (len(found.heads) - 2)}}}",
        "\\toprule",
        " & ".join(found.heads) + " \\\\",
        "\\midrule",
        *rows,
        "\\bottomrule",
        "\\end{tabular}",
        *(f"\\par{{\\footnotesize {_escape(note)}}}" for note in found.said),
        "\\end{table}",
    ]
    return "\n".join(lines)


def _latex_cell(cell: Cell | None) -> str:
    if cell is None or cell.mean is None:
        return _escape(_cell(cell))
    number = f"{cell.text} \\pm {cell.half_text}" if cell.half_text else cell.text
    number = number.replace("−", "-").replace("\N{NARROW NO-BREAK SPACE}", "\\,")
    shown = f"$\\mathbf{{{number}}}$" if cell.leads else f"${number}$"
    place = f" {{\\scriptsize {_escape(cell.place_range)}}}" if cell.place else ""
    flags = f" ({_escape(', '.join(cell.flags))})" if cell.flags else ""
    return shown + place + (f" ({cell.n} of {cell.total} seeds)" if cell.missing else "") + flags


ESCAPES = {
    "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "↓": "$\\downarrow$", "↑": "$\\uparrow$",
    "→": "$\\rightarrow$", "±": "$\\pm$", "–": "--", "−": "$-$", "×": "$\\times$", "≠": "$\\neq$",
}  # fmt: skip
ESCAPES |= {raised: f"$^{plain}$" for raised, plain in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)}


def _escape(text: str) -> str:
    return "".join(ESCAPES.get(character, character) for character in without_controls(text))


def _title(board: Leaderboard) -> str:
    return f"{board.dataset}: {'overview' if board.is_overview else board.title}"


def _head(column: Column) -> str:
    head = f"{column.title} {column.sense.arrow}".strip()
    return f"{head} ({column.subtitle})" if column.subtitle else head


def _name(row: LeaderboardRow) -> str:
    named = f"{row.label} · {row.score}" if row.score else row.label
    return f"{named} ({', '.join(row.remarks)})" if row.remarks else named


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    place = f"{cell.place_range}. " if cell.place else ""
    shown = f"**{cell.plain}**" if cell.leads else cell.plain
    return place + shown + (f" ({', '.join(cell.flags)})" if cell.flags else "")


FOLDER_FORMATS = ("mlflow", "wandb", "tensorboard", "model-card", "every-eval-ever")
"""Formats that are a folder of files: `genbench.report.folder_export` writes them."""

TIDY = frozenset({"csv", "parquet", "json"})
"""Formats that are the tidy table."""

FORMATS: dict[str, Callable[[RunData], bytes]] = {
    "csv": to_csv,
    "parquet": to_parquet,
    "json": to_json,
    "latex": to_latex,
    "markdown": to_markdown,
    "bibtex": to_bibtex,
}
