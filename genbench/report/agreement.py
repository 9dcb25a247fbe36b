"""Whether metrics agree on the order of the rows: Kendall's τ within an evaluation, and between headlines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report import glossary, ranking
from genbench.report.types import OVERVIEW, Column, Leaderboard, RowKey
from genbench.stats import blocks
from genbench.stats.blocks import Agreement

MOST_METRICS = 12
"""Of more metrics the first are compared."""


Losses = Mapping[RowKey, tuple[float, str]]
"""By row its mean loss, and the label whose numbers they are."""


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
    losses: dict[str, dict[str, Losses]] = {}
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


def _losses(board: Leaderboard, column: Column) -> Losses:
    """The models that are complete and comparable: their mean losses, and of which row they show the numbers."""
    found = {}
    for row in board.rows:
        cell = row.cells.get(column.key)
        loss = None if cell is None or not cell.comparable or cell.missing else ranking.mean_loss(cell, column)
        if cell is not None and loss is not None:
            found[row.label, row.score] = loss, cell.twin or row.label
    return found


def _agreement(a: Mapping[str, Losses], b: Mapping[str, Losses]) -> Agreement | None:
    """Over the rows that have both on every dataset that has both; of rows with the same numbers in both one counts."""
    shared = [dataset for dataset in a if dataset in b]
    rows = set.intersection(*(set(part[d]) for part in (a, b) for d in shared)) if shared else set()
    whose = {tuple(part[d][row][1] for part in (a, b) for d in shared) + row[1:]: row for row in sorted(rows)[::-1]}
    if not whose:
        return None
    order = sorted(whose.values())
    return blocks.agreement(*(np.array([[part[d][row][0] for row in order] for d in shared]) for part in (a, b)))
