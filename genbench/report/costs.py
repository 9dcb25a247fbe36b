"""What each row cost: seconds of training and parameters from the fits, times of sampling from timed evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from genbench.core.values import Direction, Status
from genbench.report import glossary
from genbench.report.data import Measured, RunData
from genbench.report.types import Column, Leaderboard

Fit = Mapping[Any, Any]
"""A row of the fits' table: the fields of `FitRecord`."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One row on one dataset: `seconds` of training (the median over seeds, a seed's share of its stack), `parameters`
    and `operations` of training; None where nothing is trained or known."""

    seconds: float | None = None
    parameters: float | None = None
    operations: float | None = None


@dataclass(frozen=True, slots=True)
class CostAxis:
    """One kind of cost, of each label that has it; lower is better. `about`: which number of many, `median`."""

    title: str
    unit: str
    values: Mapping[str, float]
    about: str = ""


def costs(data: RunData, found: Sequence[Measured]) -> dict[str, dict[str, Cost]]:
    """By dataset and label. A row knows its fits; of a table without them, the model's stand for it."""
    if data.fits.empty:
        return {}
    good: list[Fit] = data.fits[data.fits["status"] == Status.OK].to_dict("records")
    by_key = {str(fit["key"]): fit for fit in good}
    by_model: dict[tuple[str, str], list[Fit]] = {}
    for fit in good:
        by_model.setdefault((str(fit["model"]), str(fit["dataset"])), []).append(fit)
    rows: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for one in found:
        if not one.is_control:
            rows.setdefault((one.dataset, one.label), (one.model, set()))[1].add(one.fit)
    made: dict[str, dict[str, Cost]] = {}
    for (dataset, label), (model, keys) in rows.items():
        own = [by_key[key] for key in keys if key in by_key] or by_model.get((model, dataset), [])
        if own:
            made.setdefault(dataset, {})[label] = _cost(own)
    return made


def _cost(fits: Sequence[Fit]) -> Cost:
    def middle(name: str) -> float | None:
        known = [float(fit[name]) for fit in fits if fit.get(name)]
        positive = [value for value in known if value > 0]
        return median(positive) if positive else None

    return Cost(middle("seconds"), middle("parameters"), middle("flops"))


def axes(spent: Mapping[str, Cost], boards: Sequence[Leaderboard], limit: int = 3) -> list[CostAxis]:
    """Seconds of training, then what timed evaluations measure of which less is better (times before sizes), then
    parameters; each where at least two models have it, at most `limit`."""
    seconds = {label: cost.seconds for label, cost in spent.items() if cost.seconds}
    sizes = {label: cost.parameters for label, cost in spent.items() if cost.parameters}
    timed = sorted((_measured(board, c) for board in boards for c in _lower(board)), key=lambda a: a.unit not in TIMES)
    found = [CostAxis("training", "s", seconds), *timed[:1], CostAxis("parameters", "", sizes), *timed[1:]]
    return [axis for axis in found if len(axis.values) > 1][:limit]


TIMES = ("s", "ms")
PERCENTILES = {"p50": "median"}
"""What a percentile is called."""


def _lower(board: Leaderboard) -> list[Column]:
    """The first column of each metric of a timed evaluation where less is better."""
    if not glossary.evaluation(board.evaluation).timed:
        return []
    firsts = {c.metric: c for c in reversed(board.columns) if c.sense.direction is Direction.LOWER}
    return [c for c in board.columns if firsts.get(c.metric) is c and c.unit]


def _measured(board: Leaderboard, column: Column) -> CostAxis:
    cells = {row.label: row.cells.get(column.key) for row in board.rows}
    values = {label: cell.mean for label, cell in cells.items() if cell is not None and cell.mean}
    return CostAxis(column.title, column.unit, values, PERCENTILES.get(column.target, column.target))


def front(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The labels that no other beats in both cost and loss (lower is better in both), the cheapest first."""
    kept: list[str] = []
    best = float("inf")
    for label, (_, loss) in sorted(points.items(), key=lambda item: item[1]):
        if loss < best:
            kept.append(label)
            best = loss
    return kept
