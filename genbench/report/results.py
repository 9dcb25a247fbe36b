"""What a check of known answers is shown of a dataset's leaderboards: views in the words of `protocols.results`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genbench.protocols.results import Copying, Summary, Table
from genbench.report.ranking import overlap, standard_error, tested, tested_row
from genbench.report.types import Cell, Column, Leaderboard
from genbench.stats.comparisons import compare
from genbench.stats.intervals import LEAST

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class CellSummary:
    """A cell as `protocols.results.Summary`; n and m are None where the cell's seeds differ in them."""

    cell: Cell

    @property
    def mean(self) -> float | None:
        return self.cell.mean

    @property
    def error(self) -> float | None:
        return standard_error(self.cell)

    @property
    def values(self) -> Mapping[int, float]:
        return self.cell.values

    @property
    def n(self) -> int | None:
        return _only({one.n for one in self.cell.identities})

    @property
    def m(self) -> int | None:
        return _only({one.m for one in self.cell.identities})

    @property
    def comparable(self) -> bool:
        return self.cell.comparable

    @property
    def details(self) -> Mapping[str, float | int | str]:
        return self.cell.details


def _only(sizes: set[int | None]) -> int | None:
    return sizes.pop() if len(sizes) == 1 else None


@dataclass(frozen=True, slots=True)
class LeaderboardTable:
    """A leaderboard as `protocols.results.Table`; of columns with one metric and target, the first."""

    board: Leaderboard

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        return tuple(dict.fromkeys((c.metric, c.target) for c in self.board.columns))

    @property
    def models(self) -> Sequence[str]:
        return tuple(dict.fromkeys(row.label for row in self.board.rows))

    @property
    def controls(self) -> Mapping[str, str]:
        return {row.model: row.label for row in self.board.controls}

    def scores(self, label: str) -> Sequence[str]:
        return tuple(row.score for row in self.board.all_rows if row.label == label)

    def cell(self, label: str | None, metric: str, target: str = "", score: str | None = None) -> Summary | None:
        column = next((c for c in self.board.columns if (c.metric, c.target) == (metric, target)), None)
        if column is None:
            return None
        rows = [
            r for r in self.board.all_rows if r.label == label and score in (None, r.score) and column.key in r.cells
        ]
        return CellSummary(rows[0].cells[column.key]) if rows else None

    def title(self, metric: str) -> str:
        column = self._column(metric)
        return column.title if column else metric

    def better(self, one: Summary, other: Summary, metric: str, *, among: int) -> bool:
        """Better, with intervals apart, and by the test over seeds where both have enough of them."""
        column = self._column(metric)
        if column is None or one.mean is None or other.mean is None:
            return False
        gap = (column.sense.loss(one.mean) or 0.0) - (column.sense.loss(other.mean) or 0.0)
        if gap >= 0 or overlap(_cell(one), _cell(other)):
            return False
        if min(len(one.values), len(other.values)) < LEAST:
            return True
        how = tested(column)
        p = compare(tested_row(_cell(other), how), tested_row(_cell(one), how), how.scale).p
        return p < ALPHA / max(1, among)

    def _column(self, metric: str) -> Column | None:
        return next((c for c in self.board.columns if c.metric == metric), None)


def _cell(summary: Summary) -> Cell:
    """The cell behind a summary of ours; of another's, a cell of its mean."""
    return summary.cell if isinstance(summary, CellSummary) else Cell(mean=summary.mean, values=summary.values)


@dataclass(frozen=True, slots=True)
class DatasetResults:
    """A dataset's leaderboards as `protocols.results.Results`."""

    tables: Sequence[Table]
    copying: Mapping[str, Copying] = field(default_factory=dict)

    @property
    def copies(self) -> frozenset[str]:
        return frozenset(label for label, verdict in self.copying.items() if verdict.memorises)
