"""Whether metrics agree on the order of the rows: Kendall's τ within an evaluation, and between headlines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report import glossary, ranking
from genbench.report.types import OVERVIEW, Cell, Column, Leaderboard, RowKey
from genbench.stats import blocks
from genbench.stats.blocks import Agreement

MOST_METRICS = 12
"""Of more metrics the first are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTable:
    """The metrics of one evaluation (or the headlines of all) against each other; `taus`: None where under 5 rows have
    both on every dataset that has both."""

    title: str
    names: tuple[str, ...]
    taus: tuple[tuple[Agreement | None, ...], ...]


def agreements(boards: Sequence[Leaderboard]) -> list[AgreementTable]:
    """First the headlines, then each evaluation, where at least two of their ranked metrics can be compared."""
    tables = []
    for name in dict.fromkeys(board.evaluation for board in boards):
        found = _table(name, [board for board in boards if board.evaluation == name])
        if found is not None:
            tables.append(found)
    return tables


def _table(name: str, boards: Sequence[Leaderboard]) -> AgreementTable | None:
    titles: dict[str, str] = {}
    losses: dict[str, dict[str, dict[RowKey, float]]] = {}
    for board in boards:
        for metric, column in _firsts(board).items():
            titles.setdefault(metric, _words(metric) if board.is_overview else column.title)
            losses.setdefault(metric, {})[board.dataset] = _losses(board, column)
    chosen = list(losses)[:MOST_METRICS]
    taus: dict[tuple[str, str], Agreement | None] = {}
    for a, b in itertools.combinations(chosen, 2):
        taus[a, b] = taus[b, a] = _agreement(losses[a], losses[b])
    if not any(taus.values()):
        return None
    return AgreementTable(
        title="Headlines of the evaluations" if name == OVERVIEW else _words(name),
        names=tuple(titles[metric] for metric in chosen),
        taus=tuple(tuple(taus.get((a, b)) for b in chosen) for a in chosen),
    )


def _words(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _firsts(board: Leaderboard) -> dict[str, Column]:
    """By metric (in the overview by evaluation) the first column in which there is a better and a worse."""
    firsts: dict[str, Column] = {}
    for column in board.columns:
        if glossary.evaluation(column.evaluation).ranked and column.sense.loss(0.0) is not None:
            firsts.setdefault(column.evaluation if board.is_overview else column.metric, column)
    return firsts


def _losses(board: Leaderboard, column: Column) -> dict[RowKey, float]:
    """The mean losses of the models that are complete and comparable."""
    cells = {(row.label, row.score): row.cells.get(column.key) for row in board.rows}
    found = {key: _loss(cell, column) for key, cell in cells.items() if cell is not None}
    return {key: loss for key, loss in found.items() if loss is not None}


def _loss(cell: Cell, column: Column) -> float | None:
    return ranking.mean_loss(cell, column) if cell.comparable and not cell.missing else None


def _agreement(a: Mapping[str, Mapping[RowKey, float]], b: Mapping[str, Mapping[RowKey, float]]) -> Agreement | None:
    shared = [dataset for dataset in a if dataset in b]
    rows = set.intersection(*(set(part[d]) for part in (a, b) for d in shared)) if shared else set()
    if not rows:
        return None
    order = sorted(rows)
    return blocks.agreement(*(np.array([[part[d][row] for row in order] for d in shared]) for part in (a, b)))
