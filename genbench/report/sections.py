"""The parts of a page, in their order: each a template and a function that makes what the template prints.

A part of your own is a record more in `SECTIONS` and a template in `templates/sections/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genbench.core.values import Status
from genbench.protocols.metric import Metric
from genbench.report import figures, gallery, glossary
from genbench.report.agreement import agreements
from genbench.report.cells import FOLDED
from genbench.report.failures import failures
from genbench.report.heat import heat_grid
from genbench.report.over_datasets import over_datasets
from genbench.report.panels import panels
from genbench.report.provenance import changes, commands, dataset_facts, encoder_facts, training_costs
from genbench.report.scatter import cost_plot
from genbench.report.tables import ShownTable, one_line, table
from genbench.report.tuning import option_rows
from genbench.report.types import Column, Leaderboard
from genbench.report.verdict import verdicts
from genbench.report.view import DatasetView, View

Content = Mapping[str, Any]

OTHER_SEEDS = 1_000_000
"""Characters of a page for pictures of further seeds, shared by its datasets."""


@dataclass(frozen=True, slots=True)
class Section:
    """`name`: its template, `templates/sections/NAME.html.j2`. `content`: what that prints, None where there is nothing
    to say."""

    name: str
    content: Callable[[View], Content | None]


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """All of one dataset, ready to be written. `lines`: the result of each table in one line."""

    view: DatasetView
    title: str
    facts: tuple[str, ...]
    overview: ShownTable
    tables: Sequence[ShownTable]
    lines: Mapping[str, str]
    plot: str | None
    galleries: Sequence[gallery.Gallery]
    curves: Sequence[gallery.Curve]


def first_screen(view: View) -> Content | None:
    """The verdict, the grid and the cost of the first dataset."""
    if not view.datasets:
        return None
    plots = [(d, plot) for d in view.datasets if (plot := cost_plot(d, view.words)) is not None]
    akin, alone = verdicts(view)
    return {"families": akin, "verdicts": alone, "grid": heat_grid(view), "costs": plots[:1]}


def dataset_parts(view: View) -> Content | None:
    """Every dataset: its tables, pictures and curves."""
    return {
        "parts": [_part(view, d) for d in view.datasets],
        "plots": {d.name: cost_plot(d, view.words) for d in view.datasets},
    }


def _part(view: View, dataset: DatasetView) -> DatasetPart:
    overview = dataset.overview
    return DatasetPart(
        view=dataset,
        title=str(dataset.known.get("title") or ""),
        facts=(*dataset_facts(dataset.known), *encoder_facts(view.provenance, dataset.name)),
        overview=table(view, dataset, overview),
        tables=tuple(table(view, dataset, board, overview.notes) for board in dataset.boards),
        lines={board.evaluation: one_line(board, view.words) for board in dataset.boards},
        plot=figures.interval_plot(overview, view.words) if len(overview.rows) <= FOLDED else None,
        galleries=gallery.galleries(view.data, dataset.boards, room=OTHER_SEEDS // len(view.datasets)),
        curves=gallery.curves(view.data, dataset.name, view.words),
    )


def over_all_datasets(view: View) -> Content | None:
    """The families of sets, each evaluation over its datasets, and whether metrics agree."""
    akin, over, agreed = view.families, over_datasets(view.boards), agreements(view.boards)
    return {"families": akin, "over": over, "agreements": agreed} if akin or over or agreed else None


def models(view: View) -> Content | None:
    """A panel for each row."""
    return {"panels": panels(view)} if view.rows else None


def what_failed(view: View) -> Content | None:
    """What has no value, and what the plan left out."""
    without_value = failures(view.found)
    if not without_value and not view.data.notes:
        return None
    return {
        "failures": [f for f in without_value if f.status != Status.UNSUPPORTED],
        "unsupported": [f for f in without_value if f.status == Status.UNSUPPORTED],
        "notes": view.data.notes,
    }


def where_from(view: View) -> Content | None:
    """Commands, versions, hardware, costs, options, datasets, encoders."""
    return {
        "commands": commands(view.data),
        "changes": changes(view.data),
        "provenance": view.provenance,
        "costs": training_costs(view.data),
        "options": option_rows(view.provenance.get("suite", {})),
    }


def what_it_means(view: View) -> Content | None:
    """Each metric that the page shows, once."""
    return {"metrics": glossary_of(view.boards)}


def glossary_of(boards: Sequence[Leaderboard]) -> list[tuple[Column, Metric | None]]:
    """Each metric that the page shows, once, with its declaration."""
    firsts: dict[str, Column] = {}
    for column in (c for b in boards if not b.is_overview for c in b.columns):
        firsts.setdefault(column.metric, column)
    return [(column, glossary.metric(name)) for name, column in firsts.items()]


SECTIONS = (
    Section("verdict", first_screen),
    Section("datasets", dataset_parts),
    Section("over-datasets", over_all_datasets),
    Section("models", models),
    Section("failures", what_failed),
    Section("provenance", where_from),
    Section("glossary", what_it_means),
)
