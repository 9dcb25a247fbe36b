"""A leaderboard ready to be written: its headings, the drawing of its columns, its rows, its result in one line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from genbench.report import cells, formatting, glossary
from genbench.report.language import Language
from genbench.report.ranking import mean_loss
from genbench.report.types import Column, Flag, Leaderboard
from genbench.report.verdict import leaders
from genbench.report.view import DatasetView, View


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A leaderboard ready to be written.

    `common`: what all columns have in common, said once. `spans`: over how many columns a metric's heading goes, from
    its first one (0 for the others). `notes`: what the overview did not say already. `sources`: by column, the rows of
    the embedded table that it is made of, as JSON for the script. `bodies`: its rows, `rules`: its columns' style.
    `folded`: how many rows are folded away; `with_cost`: whether the seconds of training stand at the end.
    """

    board: Leaderboard
    id: str
    anchor: str
    common: tuple[str, ...]
    spans: Mapping[str, int]
    notes: tuple[str, ...]
    sources: Mapping[str, str]
    axes: Mapping[str, str]
    bodies: Markup
    rules: Markup
    folded: int
    with_cost: bool

    @property
    def grouped(self) -> bool:
        """Whether a heading spans several columns."""
        return any(span > 1 for span in self.spans.values())

    @property
    def with_scores(self) -> bool:
        """Whether rows are told apart by an outlier score."""
        return any(row.score for row in self.board.all_rows)


def table(view: View, dataset: DatasetView, board: Leaderboard, said: Sequence[str] = ()) -> ShownTable:
    """The board as it is written, less the notes that were said before."""
    layouts = [cells.layout(board, column) for column in board.columns]
    name = f"t-{dataset.anchor}-{board.evaluation}".replace(".", "-").replace("+", "-")
    with_scores = any(row.score for row in board.all_rows)
    cost = _cost_cells(dataset, view.words) if board.is_overview else {}
    hidden = max(0, len(board.rows) - cells.KEPT) if len(board.all_rows) > cells.FOLDED else 0
    return ShownTable(
        board=board,
        id=name,
        anchor=dataset.anchor_of(board.evaluation),
        common=_common(board),
        spans=_spans(board),
        notes=tuple(note for note in board.notes if note not in said),
        sources={c.key: source(board, c) for c in board.columns},
        axes={c.key: how.drawn for c, how in zip(board.columns, layouts, strict=True) if hidden and not c.against},
        bodies=cells.bodies(board, layouts, view.words, view.model_anchors, cost),
        rules=Markup(cells.rules(name, layouts, 2 + with_scores)),
        folded=hidden,
        with_cost=bool(cost),
    )


def _cost_cells(dataset: DatasetView, words: Language) -> dict[str, list[str]]:
    """The seconds of training of each row that has been trained."""
    found = {}
    for label, cost in dataset.costs.items():
        if cost.seconds:
            text = formatting.text(cost.seconds, formatting.decimals(cost.seconds, None))
            found[label] = [f"<td>{words.number(text)}"]
    return found


def source(board: Leaderboard, column: Column) -> str:
    """Which rows of the embedded table a column is made of: dataset, evaluation, metric, targets, encoder, split; its
    scale. Of a mean over targets all of them are named."""
    targets = list(column.over) or [column.target]
    return json.dumps(
        [board.dataset, column.evaluation, column.metric, targets, column.encoder, column.split, column.scale.factor],
        ensure_ascii=False,
    )


def one_line(board: Leaderboard, words: Language) -> Markup:
    """Who leads in the table's headline, or that nothing is ranked."""
    if board.not_measured:
        return Markup(words("not measured"))
    column = board.column(board.headline)
    record = glossary.evaluation(board.evaluation)
    rows = [(row, row.cells[column.key]) for row in board.rows if column.key in row.cells]
    measured = [(row, cell) for row, cell in rows if cell.mean is not None and cell.comparable]
    if not record.ranked:
        flagged = sum(Flag.MEMORISES in row.flags for row in board.rows)
        said = words("{n} of {total} models flagged", n=flagged, total=len(board.rows))
        return Markup("{}").format(said if record.copying is not None else words("nothing is ranked"))
    if not measured or mean_loss(measured[0][1], column) is None:
        return Markup(words("no model has a value"))
    told = leaders(measured, column, words, once=record.once_a_row)
    on = f" ({column.target})" if column.target else ""
    return Markup("{} {}{}: {}").format(words(column.title), column.sense.arrow, on, told)


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
