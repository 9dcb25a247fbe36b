"""A panel for each row: who it is, what it scored everywhere, what it cost, and why what is missing is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from genbench.report import formatting, glossary
from genbench.report.by_class import ClassTable, class_tables
from genbench.report.data import Measured
from genbench.report.failures import Failure, failures
from genbench.report.gallery import without_scheme
from genbench.report.names import isolated, plain_name
from genbench.report.types import Cell, Column, LeaderboardRow
from genbench.report.view import View
from genbench.report.wording import said

MOST_SCORES = 3_000
"""A page with more headline numbers than this lists them in its tables alone."""


@dataclass(frozen=True, slots=True)
class PanelScore:
    """One headline of a row on a dataset."""

    dataset: str
    anchor: str
    column: Column
    cell: Cell

    @property
    def unit(self) -> str:
        """What its number is in: scale and unit, or what it is a difference from; empty without a value."""
        if self.cell.mean is None:
            return ""
        unit = " ".join(part for part in (self.column.scale.note, self.column.unit) if part)
        less = f"difference from {self.column.against}" if self.cell.difference is not None else ""
        return unit or less


@dataclass(frozen=True, slots=True)
class Panel:
    """`facts`: what the card says, the options and the cost, in the page's language, by what that is; `scores` is empty
    on a page with very many."""

    row: LeaderboardRow
    anchor: str
    title: str
    facts: Mapping[str, Markup]
    scores: Sequence[PanelScore]
    failures: Sequence[Failure]
    by_class: Sequence[ClassTable]


def panels(view: View) -> list[Panel]:
    """A panel for each label: models first, then controls."""
    columns = sum(len(d.overview.columns) for d in view.datasets)
    is_small = columns * len(view.rows) <= MOST_SCORES
    why = _failures(view)
    of_classes = class_tables(view.found)
    return [
        Panel(
            row=row,
            anchor=view.model_anchors[label],
            title=plain_name(label, row.model),
            facts={name: text for name, text in _facts(view, row) if text},
            scores=tuple(_scores(view, label)) if is_small else (),
            failures=why.get(label, ()),
            by_class=of_classes.get(label, ()),
        )
        for label, row in view.rows.items()
    ]


def _facts(view: View, row: LeaderboardRow) -> Iterator[tuple[str, Markup]]:
    card, words = glossary.model(row.model), view.words

    def sentences(*found: str) -> Markup:
        return Markup(" ").join(said(without_scheme(text), words) for text in found if text)

    if card is not None:
        yield "what it is", sentences(card.summary)
        yield "paper", sentences(card.paper)
        yield "objective", sentences(card.objective)
        yield "weak at", sentences(card.weaknesses)
        yield "not as in its paper", sentences(*card.deviations)
    options = _options(view, row)
    yield "options", isolated(options) if options else Markup("")
    for dataset in view.datasets:
        cost = dataset.costs.get(row.label)
        if cost is not None and cost.seconds:
            spent = words.number(formatting.duration(cost.seconds))
            size = words.counted(f"{cost.parameters:,.0f} parameters") if cost.parameters else ""
            yield f"trained on {dataset.name}", isolated(", ".join(filter(None, (spent, size))))


def _options(view: View, row: LeaderboardRow) -> str:
    """The options of its fits where they are recorded, each once."""
    fits = view.data.fits
    if fits.empty or "options" not in fits:
        return ""
    own = fits[fits["model"] == row.model]["options"]
    said = [", ".join(f"{k} = {v}" for k, v in o.items()) for o in own if isinstance(o, Mapping) and o]
    return "; ".join(dict.fromkeys(said))


def _scores(view: View, label: str) -> Iterator[PanelScore]:
    for dataset in view.datasets:
        for row in dataset.overview.all_rows:
            for column in dataset.overview.columns if row.label == label else ():
                cell = row.cells.get(column.key)
                if cell is not None and (cell.mean is not None or cell.failed):
                    yield PanelScore(dataset.name, dataset.anchor_of(column.evaluation), column, cell)


def _failures(view: View) -> dict[str, list[Failure]]:
    """By label, what of its own has no value."""
    rows: dict[str, list[Measured]] = {}
    for one in view.found:
        if not one.ok:
            rows.setdefault(one.label, []).append(one)
    return {label: failures(own) for label, own in rows.items()}
