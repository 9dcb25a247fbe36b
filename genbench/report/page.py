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
from markupsafe import Markup

import genbench
from genbench.core import paths
from genbench.core.values import Status
from genbench.protocols.metric import Metric
from genbench.report import figures, formatting, gallery, glossary
from genbench.report.agreement import agreements
from genbench.report.data import RunData, read_rows
from genbench.report.export import to_csv
from genbench.report.failures import failures
from genbench.report.leaderboard import leaderboards
from genbench.report.over_datasets import OverDatasets, over_datasets
from genbench.report.provenance import changes, commands, dataset_facts, origins, run_facts, training_costs
from genbench.report.ranking import is_undecided
from genbench.report.strips import critical_strip
from genbench.report.tuning import option_rows
from genbench.report.types import Column, Flag, Leaderboard
from genbench.report.wording import seeds, sort_key, tooltip

LARGEST_CSV = 1_000_000
"""A table of more characters than this travels compressed."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A leaderboard ready to be written.

    For each column `pads` (by row) the unseen padding of its numbers, `widths` that of its intervals. `common`:
    what all columns have in common, said once. `undecided`: the columns in which all models share the first place.
    `spans`: over how many columns a metric's heading goes, from its first one (0 for the others). `notes`: what the
    overview did not say already.
    """

    board: Leaderboard
    pads: Mapping[str, Mapping[int, str]]
    widths: Mapping[str, int]
    common: tuple[str, ...]
    undecided: frozenset[str]
    spans: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def grouped(self) -> bool:
        """Whether a heading spans several columns."""
        return any(span > 1 for span in self.spans.values())


@dataclass(frozen=True, slots=True)
class DatasetSection:
    """All of one dataset."""

    name: str
    anchor: str
    title: str
    facts: tuple[str, ...]
    overview: ShownTable
    tables: tuple[ShownTable, ...]
    plot: str | None
    plots: Mapping[str, str | None]
    galleries: Sequence[gallery.Gallery]
    curves: Sequence[gallery.Curve]


def render(data: RunData) -> str:
    """The report as one self-contained HTML page: a pure function of what a run left behind."""
    found = read_rows(data.table)
    boards = leaderboards(data, found)
    provenance = origins(data)
    without_value = failures(found)
    page = environment().get_template("report.html.j2").render(
        over=over_datasets(boards),
        agreements=agreements(boards),
        title=data.suite or "report",
        summary=provenance.get("suite", {}).get("summary", ""),
        facts=run_facts(data, found),
        sections=sections(data, boards, provenance),
        failures=[f for f in without_value if f.status != Status.UNSUPPORTED],
        unsupported=[f for f in without_value if f.status == Status.UNSUPPORTED],
        notes=data.notes,
        metrics=glossary_of(boards),
        commands=commands(data),
        changes=changes(data),
        provenance=provenance,
        costs=training_costs(data),
        options=option_rows(provenance.get("suite", {})),
        csv=csv_uri(data),
        version=genbench.__version__,
    )  # fmt: skip
    return page.strip() + "\n"


def environment() -> jinja2.Environment:
    """Templates with everything escaped that is not markup of our own."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.folder("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"tooltip": tooltip, "plain": gallery.without_scheme, "seeds": seeds, "sort_key": sort_key}
    made.globals |= {"Flag": Flag, "strip": _strip}
    return made


def _strip(found: OverDatasets) -> Markup:
    return critical_strip(found.critical, [row.label for row in found.rows]) if found.critical else Markup("")


def sections(data: RunData, boards: Sequence[Leaderboard], provenance: Mapping[str, Any]) -> list[DatasetSection]:
    """A section for each dataset."""
    found: list[DatasetSection] = []
    for overview in (b for b in boards if b.is_overview):
        own = [b for b in boards if b.dataset == overview.dataset and not b.is_overview]
        known = provenance.get("datasets", {}).get(overview.dataset, {})
        found.append(
            DatasetSection(
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


def table(board: Leaderboard, said: Sequence[str] = ()) -> ShownTable:
    """The board with what its numbers need to be aligned, less the notes that were said before."""
    pads: dict[str, dict[int, str]] = {}
    widths: dict[str, int] = {}
    for column in board.columns:
        cells = [row.cells.get(column.key) for row in board.all_rows]
        shown = {i: cell.text for i, cell in enumerate(cells) if cell is not None and cell.mean is not None}
        pads[column.key] = dict(zip(shown, formatting.pads(list(shown.values())), strict=True))
        halves = [len(cell.half_text) for cell in cells if cell is not None and cell.half_text]
        widths[column.key] = max(halves, default=-2) + 2
    undecided = frozenset(filter(partial(_is_undecided, board), pads))
    notes = tuple(note for note in board.notes if note not in said)
    return ShownTable(board, pads, widths, _common(board), undecided, _spans(board), notes)


def _spans(board: Leaderboard) -> dict[str, int]:
    sizes = Counter(c.metric for c in board.columns)
    firsts = {c.metric: c.key for c in reversed(board.columns)}
    if board.is_overview:
        return {c.key: 1 for c in board.columns}
    return {c.key: sizes[c.metric] if firsts[c.metric] == c.key else 0 for c in board.columns}


def _common(board: Leaderboard) -> tuple[str, ...]:
    """The details that every one of several columns has."""
    if len(board.columns) < 2 or board.is_overview:
        return ()
    return tuple(part for part in board.columns[0].details if all(part in c.details for c in board.columns))


def _is_undecided(board: Leaderboard, key: str) -> bool:
    return is_undecided([row.cells[key] for row in board.rows if key in row.cells and row.cells[key].place])


def glossary_of(boards: Sequence[Leaderboard]) -> list[tuple[Column, Metric | None]]:
    """Each metric that the page shows, once, with its declaration."""
    firsts: dict[str, Column] = {}
    for column in (c for b in boards if not b.is_overview for c in b.columns):
        firsts.setdefault(column.metric, column)
    return [(column, glossary.metric(name)) for name, column in firsts.items()]


def csv_uri(data: RunData) -> tuple[str, str]:
    """(data URI, file name) of the tidy table, compressed where it is long."""
    text = to_csv(data)
    name = data.suite or "table"
    if len(text) > LARGEST_CSV:
        packed = base64.b64encode(gzip.compress(text, mtime=0)).decode()
        return f"data:application/gzip;base64,{packed}", f"{name}.csv.gz"
    return f"data:text/csv;base64,{base64.b64encode(text).decode()}", f"{name}.csv"
