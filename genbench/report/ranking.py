"""Ranking cells: ranges of places, scores between floor and ceiling, values worse than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from genbench.core.values import Direction
from genbench.report import glossary
from genbench.report.data import Measured
from genbench.report.types import Cell, Column, Flag, RowKey
from genbench.report.uncertainty import HALF_95, Tested
from genbench.stats.estimates import Row
from genbench.stats.intervals import LEAST, moments
from genbench.stats.ranks import leading_group, simultaneous_ranks

EXACT = "exact"
"""The ceiling of an evaluation whose best answer is the end of the metric's range."""

CHANCE = "chance"
"""The floor of an evaluation whose worst honest answer is what a blind score gives."""


def standard_error(cell: Cell) -> float | None:
    """Of the mean: the spread over seeds and the sampling error of one fitted model together, None where neither is
    known. Seeds share the reference, so that the sampling error does not shrink with their number."""
    parts = []
    if cell.n >= LEAST:
        _, variance = moments(list(cell.values.values()))
        parts.append(math.sqrt(variance / cell.n))
    if cell.sample is not None:
        parts.append((cell.sample[1] - cell.sample[0]) / 2 / HALF_95)
    elif cell.error:
        parts.append(cell.error)
    return math.hypot(*parts) if parts else None


def give_places(cells: Mapping[RowKey, Cell], column: Column) -> dict[RowKey, Cell]:
    """The models' cells with the ranges of their places. Ranked are rows that are complete, have at least 3 seeds and
    the column's identity; one and the same fit is one row. A row that is no better than the floor or than chance never
    leads (`ranks.leading_group`)."""
    groups: dict[object, list[RowKey]] = {}
    for key, cell in cells.items():
        if _is_ranked(cell, column):
            groups.setdefault((cell.twin, key[1]) if cell.twin else key, []).append(key)
    firsts = [cells[keys[0]] for keys in groups.values()]
    if len(firsts) < 2:
        return dict(cells)
    how = tested(column)
    ranks = simultaneous_ranks(
        [tested_row(cell, how) for cell in firsts], how.scale, is_higher_better=how.is_higher_better
    )
    group = leading_group([mean_loss(cell, column) or 0.0 for cell in firsts], ranks)
    placed = dict(cells)
    for keys, rank, is_first in zip(groups.values(), ranks, group, strict=True):
        if rank is not None:
            leads = is_first and may_lead(cells[keys[0]], column)
            placed |= {key: cells[key].but(place=rank.low, last_place=rank.high, leads=leads) for key in keys}
    return placed


def is_undecided(placed: Sequence[Cell]) -> bool:
    """Whether several rows have a place and all share the first."""
    return len(placed) > 1 and {cell.place for cell in placed} == {1}


def may_lead(cell: Cell, column: Column) -> bool:
    """Whether the mean is better than the floor's (where it can be told from the ceiling) and than chance."""
    if {Flag.UNDER_FLOOR, Flag.BELOW_CHANCE} & set(cell.flags) or (cell.score_clear and (cell.score or 0) < 0):
        return False
    spec = glossary.metric(column.metric)
    chance = None if spec is None or spec.chance is None else column.sense.loss(spec.chance)
    loss = None if cell.mean is None else column.sense.loss(cell.mean)
    return chance is None or loss is None or loss < chance


def tested(column: Column) -> Tested:
    """How the column's numbers are tested."""
    return Tested(metric=column.metric, evaluation=column.evaluation, sense=column.sense, counts=column.counts)


def tested_row(cell: Cell, how: Tested) -> Row:
    """What the tests know of a cell that has a value."""
    sizes = [size for one in cell.identities for size in (one.n, one.m)]
    row = how.row(list(cell.values.values()), cell.sample, sizes)
    return row if cell.error is None else replace(row, error=cell.error)


def _is_ranked(cell: Cell, column: Column) -> bool:
    return (
        cell.mean is not None
        and not cell.missing
        and cell.comparable
        and glossary.evaluation(column.evaluation).ranked
        and column.sense.loss(cell.mean) is not None
    )


def give_scores(cells: Mapping[RowKey, Cell], rows: Mapping[RowKey, Measured], column: Column) -> dict[RowKey, Cell]:
    """The cells with (value − floor) / (ceiling − floor); models under the floor are flagged."""
    record = glossary.evaluation(column.evaluation)
    if not record.ranked or column.sense.direction not in (Direction.LOWER, Direction.HIGHER):
        return dict(cells)
    by_model = {rows[key].model: c for key, c in cells.items() if c.mean is not None and c.comparable}
    floor = _bound(record.floor, column, by_model)
    ceiling = _bound(record.ceiling, column, by_model)
    scale = None if floor is None or ceiling is None else _scale(floor, ceiling, column)
    if floor is None or ceiling is None or scale is None:
        return dict(cells)
    clear, (start, width) = not overlap(floor, ceiling), scale
    scored = {}
    for key, cell in cells.items():
        if cell.mean is None or not cell.comparable:
            scored[key] = cell
            continue
        score = (cell.mean - start) / width
        scores = {seed: (value - start) / width for seed, value in cell.values.items()}
        under = score < 0 and clear and not (overlap(cell, floor) or rows[key].is_control or CHANCE in record.floor)
        flags = (*cell.flags, Flag.UNDER_FLOOR) if under else cell.flags
        scored[key] = cell.but(score=score, scores=scores, score_clear=clear, flags=flags)
    return scored


def _scale(floor: Cell, ceiling: Cell, column: Column) -> tuple[float, float] | None:
    """(the floor's mean, what the ceiling's is more); None where the floor is no worse, as on an inverted metric."""
    if floor.mean is None or ceiling.mean is None:
        return None
    least, best = column.sense.loss(floor.mean), column.sense.loss(ceiling.mean)
    is_below = least is not None and best is not None and least > best
    return (floor.mean, ceiling.mean - floor.mean) if is_below else None


def give_differences(
    cells: Mapping[RowKey, Cell], rows: Mapping[RowKey, Measured], column: Column
) -> dict[RowKey, Cell]:
    """The cells with their difference from the ceiling row, where the evaluation's numbers are read so; the ceiling row
    shows what it is."""
    record = glossary.evaluation(column.evaluation)
    by_model = {rows[key].model: c for key, c in cells.items() if c.mean is not None and c.comparable}
    top = _bound(record.ceiling, column, by_model) if record.against else None
    if top is None or top.mean is None:
        return dict(cells)
    return {
        key: c.but(difference=c.mean - top.mean) if c.mean is not None and c is not top and c.comparable else c
        for key, c in cells.items()
    }


def _bound(names: Sequence[str], column: Column, by_model: Mapping[str, Cell]) -> Cell | None:
    """The first of these controls that is there; `EXACT` is there where the metric's range ends in a number."""
    found = (known_answer(name, column) or by_model.get(name) for name in names)
    return next((cell for cell in found if cell is not None), None)


def known_answer(name: str, column: Column) -> Cell | None:
    """The cell of a bound that no row is needed for: `exact` and `chance`, where the metric has them."""
    spec = glossary.metric(column.metric)
    if spec is None or name not in (EXACT, CHANCE):
        return None
    best = spec.low if column.sense.direction is Direction.LOWER else spec.high
    value = spec.chance if name == CHANCE else best
    return Cell(mean=value, constant=True) if value is not None and math.isfinite(value) else None


def overlap(a: Cell, b: Cell) -> bool:
    """Whether the intervals of two rows have a point in common."""
    (low, high), (other_low, other_high) = span(a), span(b)
    return low <= other_high and other_low <= high


def span(cell: Cell) -> tuple[float, float]:
    """The row's interval: over seeds where there is one, else over samples, else the point itself."""
    if cell.mean is None:
        raise ValueError("a cell without a value has no interval")
    if cell.half is not None:
        return cell.mean - cell.half, cell.mean + cell.half
    return cell.sample or (cell.mean, cell.mean)


def flag_below_chance(cell: Cell, column: Column) -> Cell:
    """A value that is worse than the metric's chance level by more than 2 standard errors: flagged, never flipped."""
    spec = glossary.metric(column.metric)
    if spec is None or spec.chance is None or cell.mean is None:
        return cell
    loss, chance = column.sense.loss(cell.mean), column.sense.loss(spec.chance)
    if loss is None or chance is None or loss <= chance + 2 * (standard_error(cell) or 0.0):
        return cell
    return cell.but(flags=(*cell.flags, Flag.BELOW_CHANCE))


def mean_loss(cell: Cell, column: Column) -> float | None:
    """The mean of the seeds' losses: of the mean itself, or of the distances to the ideal value."""
    if cell.mean is None or column.sense.direction is not Direction.NEAREST:
        return None if cell.mean is None else column.sense.loss(cell.mean)
    losses = [column.sense.loss(value) for value in cell.values.values()]
    return None if None in losses else fmean(loss for loss in losses if loss is not None)


def best_first(rows: Sequence[RowKey], cells: Mapping[RowKey, Cell], column: Column | None) -> list[RowKey]:
    """Rows by mean (shared places are no order); then those that lack seeds, of unlike identity, without a value."""

    def order(key: RowKey) -> tuple[float, ...]:
        cell = cells.get(key)
        is_ordered = column is not None and glossary.evaluation(column.evaluation).ranked
        loss = mean_loss(cell, column) if column and is_ordered and cell else None
        if cell is None or cell.mean is None:
            return (4 if cell is None or not cell.failed else 3, 0.0, 0.0)
        group = 2 if not cell.comparable else 1 if cell.missing else 0
        return (group, 0.0 if loss is None else loss, cell.place or 0)

    return sorted(rows, key=order)
