"""The page: one HTML file that opens anywhere. Everything is inside it; it points nowhere."""

from __future__ import annotations

import base64
import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jinja2

import genbench
from genbench.core import paths
from genbench.core.records import RunRecord
from genbench.core.values import Status
from genbench.protocols.metric import MetricSpec
from genbench.report import figures, gallery, glossary, numbers
from genbench.report.board import Board, Cell, Column
from genbench.report.boards import all_boards, headlines
from genbench.report.data import Entry, RunData, entries
from genbench.report.export import to_csv
from genbench.report.judge import BELOW_CHANCE, UNDER_FLOOR
from genbench.report.memory import MARK, MEMORISES
from genbench.report.troubles import troubles
from genbench.report.tuned import option_rows

LARGEST_CSV = 1_000_000
"""A table of more characters than this travels compressed."""


@dataclass(frozen=True, slots=True)
class Table:
    """A board ready to be written.

    For each column `pads` (by row) the unseen padding of its numbers, `rooms` the width of its intervals. `common`:
    what all columns have in common, said once. `undecided`: the columns in which all models share the first place.
    `spans`: over how many columns a metric's heading goes, from its first one (0 for the others). `notes`: what the
    overview did not say already.
    """

    board: Board
    pads: Mapping[str, Mapping[int, str]]
    rooms: Mapping[str, int]
    common: tuple[str, ...]
    undecided: frozenset[str]
    spans: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def grouped(self) -> bool:
        """Whether a heading spans several columns."""
        return any(span > 1 for span in self.spans.values())


@dataclass(frozen=True, slots=True)
class Section:
    """All of one dataset."""

    name: str
    anchor: str
    title: str
    facts: tuple[str, ...]
    overview: Table
    tables: tuple[Table, ...]
    plot: str | None
    plots: Mapping[str, str | None]
    galleries: Sequence[gallery.Gallery]
    curves: Sequence[gallery.Curve]


def render(data: RunData) -> str:
    """The report as one self-contained HTML page: a pure function of what a run left behind."""
    found = entries(data.table)
    boards = all_boards(found, headlines(data))
    provenance = origins(data.runs)
    said = troubles(found)
    page = environment().get_template("report.html.j2").render(
        title=data.runs[-1].suite if data.runs else "report",
        summary=provenance.get("suite", {}).get("summary", ""),
        facts=facts(data, found),
        sections=sections(data, boards, provenance),
        failures=[t for t in said if t.status != Status.UNSUPPORTED],
        unsupported=[t for t in said if t.status == Status.UNSUPPORTED],
        metrics=glossary_of(boards),
        commands=commands(data.runs),
        changes=changes(data.runs),
        provenance=provenance,
        options=option_rows(provenance.get("suite", {})),
        csv=csv_uri(data),
        version=genbench.__version__,
    )  # fmt: skip
    return page.strip() + "\n"


def origins(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The provenance of the last run, with the datasets and encoders of all."""
    merged: dict[str, Any] = {"versions": {}, "hardware": {}, "datasets": {}, "encoders": {}}
    for run in runs:
        for name, value in run.provenance.items():
            merged[name] = merged[name] | value if name in ("datasets", "encoders") else value
    return merged


def commands(runs: Sequence[RunRecord]) -> list[tuple[str, str]]:
    """Each command with when it was last given, the oldest first."""
    last = {run.command: run.started for run in runs}
    return list(last.items())


def changes(runs: Sequence[RunRecord]) -> list[str]:
    """What was different in earlier runs: numbers of this page may come from them."""
    told: dict[str, None] = {}
    for run in runs[:-1]:
        for part in ("versions", "hardware"):
            now, then = runs[-1].provenance.get(part, {}), run.provenance.get(part, {})
            told |= {f"{name} {value}": None for name, value in then.items() if now.get(name) != value}
    return list(told)


def environment() -> jinja2.Environment:
    """Templates with everything escaped that is not markup of our own."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.folder("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"tooltip": tooltip, "plain": gallery.without_scheme, "seeds": seeds, "duration": numbers.duration}
    made.globals |= {
        "BELOW_CHANCE": BELOW_CHANCE,
        "UNDER_FLOOR": UNDER_FLOOR,
        "MARK": MARK,
        "MEMORISES": MEMORISES,
    }
    return made


def sections(data: RunData, boards: Sequence[Board], provenance: Mapping[str, Any]) -> list[Section]:
    """A section for each dataset."""
    found: list[Section] = []
    for overview in (b for b in boards if b.is_overview):
        own = [b for b in boards if b.dataset == overview.dataset and not b.is_overview]
        known = provenance.get("datasets", {}).get(overview.dataset, {})
        found.append(
            Section(
                name=overview.dataset,
                anchor=f"data-{len(found)}",
                title=known.get("title") or "",
                facts=dataset_facts(known),
                overview=table(overview),
                tables=tuple(table(b, overview.notes) for b in own),
                plot=figures.interval_plot(overview),
                plots={b.evaluation: figures.interval_plot(b) for b in own},
                galleries=gallery.galleries(data, own),
                curves=gallery.curves(data, overview.dataset),
            )
        )
    return found


def table(board: Board, said: Sequence[str] = ()) -> Table:
    """The board with what its numbers need to be aligned, less the notes that were said before."""
    pads: dict[str, dict[int, str]] = {}
    rooms: dict[str, int] = {}
    for column in board.columns:
        cells = [row.cells.get(column.key) for row in board.all_rows]
        shown = {i: cell.text for i, cell in enumerate(cells) if cell is not None and cell.mean is not None}
        pads[column.key] = dict(zip(shown, numbers.pads(list(shown.values())), strict=True))
        halves = [len(cell.half_text) for cell in cells if cell is not None and cell.half_text]
        rooms[column.key] = max(halves, default=-2) + 2
    undecided = frozenset(filter(partial(_is_undecided, board), pads))
    notes = tuple(note for note in board.notes if note not in said)
    return Table(board, pads, rooms, _common(board), undecided, _spans(board), notes)


def _spans(board: Board) -> dict[str, int]:
    sizes = Counter(c.metric for c in board.columns)
    firsts = {c.metric: c.key for c in reversed(board.columns)}
    if board.is_overview:
        return {c.key: 1 for c in board.columns}
    return {c.key: sizes[c.metric] if firsts[c.metric] == c.key else 0 for c in board.columns}


def _common(board: Board) -> tuple[str, ...]:
    """The details that every one of several columns has."""
    if len(board.columns) < 2 or board.is_overview:
        return ()
    return tuple(part for part in board.columns[0].details if all(part in c.details for c in board.columns))


def _is_undecided(board: Board, key: str) -> bool:
    places = [row.cells[key].place for row in board.rows if key in row.cells]
    return {place for place in places if place is not None} == {1}


def tooltip(cell: Cell, column: Column) -> str:
    """All that is known of a cell, in a few lines."""
    factor = column.scale.factor
    lines = []
    if cell.values:
        lines.append("seeds: " + ", ".join(f"{v / factor:.4g}" for v in cell.values.values()))
    if cell.half is not None:
        lines.append("± is the 95 % interval of the mean over seeds")
    if cell.constant:
        lines.append("the same on every seed")
    if cell.sample is not None:
        low, high = (v / factor for v in cell.sample)
        lines.append(f"95 % interval over samples: {low:.4g} to {high:.4g}")
    if cell.place is not None:
        lines.append(f"place: between {cell.place} and {cell.last_place} with 95 % confidence")
    if cell.score is not None:
        lines.append(f"{cell.score:.2f} of the way from floor to ceiling" + ("" if cell.score_clear else " (unclear)"))
    if UNDER_FLOOR in cell.flags:
        lines.append(UNDER_FLOOR)
    if not cell.comparable:
        lines.append(f"not ranked: {', '.join(p for p in cell.identity if p)}")
    lines += [f"seed {seed}: {status}" for seed, status in cell.missing.items()]
    return "\n".join([*lines, *cell.reasons])


def seeds(numbers_: Sequence[int]) -> str:
    """`seed 1`, `seeds 0, 2`, `seeds 0 to 9`."""
    if len(numbers_) == 1:
        return f"seed {numbers_[0]}"
    if len(numbers_) > 3 and numbers_[-1] - numbers_[0] == len(numbers_) - 1:
        return f"seeds {numbers_[0]} to {numbers_[-1]}"
    return "seeds " + ", ".join(map(str, numbers_))


def facts(data: RunData, found: Sequence[Entry]) -> list[str]:
    """What the run was, in numbers."""
    models = {e.label for e in found if not e.is_control}
    controls = {e.label for e in found if e.is_control}
    bad = [e for e in found if not e.ok and e.status != Status.UNSUPPORTED]
    failed = len({(e.label, e.dataset, e.seed, e.evaluation) for e in bad})
    told = [
        count(len(models), "model"),
        count(len(controls), "control"),
        count(len({e.dataset for e in found}), "dataset"),
        count(len({e.seed for e in found}), "seed"),
        count(sum(e.ok for e in found), "measurement"),
    ]
    told += [f"{count(failed, 'job')} failed" if failed else "nothing failed"]
    return [*told, str(data.runs[-1].started)[:10]] if data.runs else told


def count(number: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dataset_facts(known: Mapping[str, Any]) -> tuple[str, ...]:
    """Sizes of the splits, and the shape."""
    told = [f"{size:,} {split}" for split, size in known.get("splits", {}).items() if size]
    shape = " × ".join(map(str, known.get("shape", ())))
    return (*told, *((f"shape {shape}",) if shape else ()))


def glossary_of(boards: Sequence[Board]) -> list[tuple[Column, MetricSpec | None]]:
    """Each metric that the page shows, once, with its declaration."""
    firsts: dict[str, Column] = {}
    for column in (c for b in boards if not b.is_overview for c in b.columns):
        firsts.setdefault(column.metric, column)
    return [(column, glossary.metric(name)) for name, column in firsts.items()]


def csv_uri(data: RunData) -> tuple[str, str]:
    """(data URI, file name) of the tidy table, compressed where it is long."""
    text = to_csv(data)
    name = data.runs[-1].suite if data.runs else "table"
    if len(text) > LARGEST_CSV:
        packed = base64.b64encode(gzip.compress(text, mtime=0)).decode()
        return f"data:application/gzip;base64,{packed}", f"{name}.csv.gz"
    return f"data:text/csv;base64,{base64.b64encode(text).decode()}", f"{name}.csv"
