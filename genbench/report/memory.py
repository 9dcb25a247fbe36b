"""Which rows copy their training data, by the rule of the metrics' specification (section 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genbench.report.board import Board, Cell
from genbench.report.judge import CEILING, standard_error

MEMORISES = "copies its training data"
MARK = "flagged as copying"
"""On a row, and on the single number that flags it."""

RULES = {"authenticity": -1, "nn-distance-ratio": -1, "train-test-gap": -1, "membership-auc": 1, "copy-rate": 1}
"""On which side of the ceiling row a metric speaks of copying."""

ERRORS = 3
"""So many standard errors away from the ceiling row is flagged."""


@dataclass(frozen=True, slots=True)
class Copying:
    """What the tests say of one row: the metrics that judged it, and those of them that flag it."""

    judged: frozenset[str]
    flagged: frozenset[str]

    @property
    def memorises(self) -> bool:
        """Flagged by `ct` and by `authenticity`; by authenticity and distances where `ct` could not be measured."""
        second = "ct" if "ct" in self.judged else "nn-distance-ratio"
        return {"authenticity", second} <= self.flagged


def copying(boards: Sequence[Board]) -> dict[str, Copying]:
    """For each label what the memorisation table of its dataset says; empty without that table or a ceiling row."""
    board = next((b for b in boards if b.evaluation == "memorisation"), None)
    if board is None:
        return {}
    ceiling = next((row.label for row in board.controls if row.model == CEILING), None)
    quality = _quality(boards)
    judged: dict[str, dict[str, bool]] = {row.label: {} for row in board.all_rows}
    for column in board.columns:
        cells = board.cells(column.key)
        for label, cell in cells.items():
            top = cells.get(ceiling) if ceiling is not None else None
            verdict = _flagged(column.metric, cell, top, _is_poor(label, ceiling, quality))
            if verdict is not None:
                judged[label][column.metric] = judged[label].get(column.metric, False) or verdict
    return {
        label: Copying(frozenset(found), frozenset(m for m, bad in found.items() if bad))
        for label, found in judged.items()
    }


def _flagged(metric: str, cell: Cell, ceiling: Cell | None, is_poor: bool) -> bool | None:
    """Whether this metric flags the row; None where it cannot tell."""
    if cell.mean is None:
        return None
    if metric == "ct":
        return cell.mean < -ERRORS
    if metric not in RULES or ceiling is None or ceiling.mean is None:
        return None
    margin = ERRORS * math.hypot(standard_error(cell) or 0.0, standard_error(ceiling) or 0.0)
    beyond = RULES[metric] * (cell.mean - ceiling.mean) > margin
    return beyond and not (metric == "train-test-gap" and is_poor)


def _quality(boards: Sequence[Board]) -> Mapping[str, Cell]:
    board = next((b for b in boards if b.evaluation == "sample-quality"), None)
    column = next((c for c in board.columns if c.metric == "frechet"), None) if board else None
    return board.cells(column.key) if board and column else {}


def _is_poor(label: str, ceiling: str | None, quality: Mapping[str, Cell]) -> bool:
    """Whether the row's `frechet` is twice the ceiling row's or more: its train-test gap then says nothing."""
    own, top = quality.get(label), quality.get(ceiling or "")
    return own is None or top is None or own.mean is None or top.mean is None or own.mean >= 2 * top.mean
