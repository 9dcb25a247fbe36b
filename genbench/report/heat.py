"""The grid of models and evaluations: how far each has come from floor to ceiling, the number in the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from genbench.report import formatting
from genbench.report.cells import FOLDED, KEPT
from genbench.report.tables import source
from genbench.report.types import Cell, Column, LeaderboardRow
from genbench.report.view import DatasetView, View


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """A headline on a dataset whose numbers can be placed between floor and ceiling."""

    dataset: str
    anchor: str
    column: Column
    source: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One model: for each column its cell (None: not asked for), the mean over all columns, misses counted 0, and how
    long a seed trains, the median over datasets (empty where it was not trained)."""

    row: LeaderboardRow
    cells: Sequence[Cell | None]
    mean: float
    training: str = ""


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """`left_out`: titles of headlines that have no floor or ceiling, or none that can be told apart. `trained_on`: how
    many datasets the times of training are the median of."""

    columns: Sequence[HeatColumn]
    rows: Sequence[HeatRow]
    left_out: Sequence[str]
    total: int
    trained_on: int

    @property
    def with_training(self) -> bool:
        """Whether any model was trained."""
        return any(row.training for row in self.rows)

    @property
    def groups(self) -> list[tuple[str, str, int]]:
        """(dataset, its anchor, how many columns), in order."""
        found: dict[tuple[str, str], int] = {}
        for c in self.columns:
            key = (c.dataset, c.anchor.partition("/")[0])
            found[key] = found.get(key, 0) + 1
        return [(name, anchor, n) for (name, anchor), n in found.items()]


def heat_grid(view: View) -> HeatGrid:
    """Every headline that has scores, of every model; the best on average first."""
    columns: list[HeatColumn] = []
    left_out: dict[str, None] = {}
    for dataset in view.datasets:
        for column in dataset.overview.columns:
            if _is_scored(dataset, column):
                anchor, of = dataset.anchor_of(column.evaluation), source(dataset.overview, column)
                columns.append(HeatColumn(dataset.name, anchor, column, of))
            else:
                left_out[column.title] = None
    by_dataset = {d.name: {row.label: row for row in d.overview.rows} for d in view.datasets}
    rows = []
    for label, row in view.rows.items():
        if not row.is_control:
            own = [by_dataset[c.dataset].get(label) for c in columns]
            cells = [r.cells.get(c.column.key) if r else None for r, c in zip(own, columns, strict=True)]
            mean = fmean([_score(cell) for cell in cells]) if cells else 0.0
            rows.append(HeatRow(row, cells, mean, _training(view, label)))
    shown = {c.column.title for c in columns}
    kept = len(rows) if len(rows) <= FOLDED else KEPT
    trained_on = sum(any(cost.seconds for cost in d.costs.values()) for d in view.datasets)
    best = sorted(rows, key=lambda r: -r.mean)[:kept]
    return HeatGrid(columns, best, [title for title in left_out if title not in shown], len(rows), trained_on)


def _training(view: View, label: str) -> str:
    spent = [cost.seconds for d in view.datasets if (cost := d.costs.get(label)) is not None and cost.seconds]
    return formatting.duration(median(spent)) if spent else ""


def score_text(score: float) -> str:
    """Two decimals; `< 0` for what is worse than the floor; a model just under the ceiling is not rounded to it."""
    if score < 0:
        return "< 0"
    return f"{min(score, 0.99) if score < 1 else score:.2f}"


def _is_scored(dataset: DatasetView, column: Column) -> bool:
    cells = [row.cells.get(column.key) for row in dataset.overview.rows]
    return any(cell is not None and cell.score is not None and cell.score_clear for cell in cells)


def _score(cell: Cell | None) -> float:
    """Between floor (0, also of what is missing or worse) and ceiling (1)."""
    return min(1.0, max(0.0, cell.score)) if cell is not None and cell.score is not None else 0.0
