"""Datasets of one family (each class left out or alone, a collection of tables): every set, and the mean over them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from genbench.report import aggregate, formatting, glossary, ranking
from genbench.report.data import RunData
from genbench.report.overview import mean_interval_of, over_targets
from genbench.report.types import Cell, Column, Leaderboard, LeaderboardRow, RowKey
from genbench.stats.intervals import Interval, mean_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """A row on every set of a family. `cells`: one a set, None where it was not measured there; `mean`: over the sets,
    seed by seed, with its interval over seeds; `over_sets`: the interval of that mean as if the sets were drawn from
    many, None for fewer than 3."""

    label: str
    score: str
    is_control: bool
    cells: tuple[Cell | None, ...]
    mean: Cell
    over_sets: Interval | None

    @property
    def name(self) -> str:
        """`ae · reconstruction`."""
        return f"{self.label} · {self.score}" if self.score else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The headline of an evaluation on the sets of a family, hard targets alone where a set has such. `name`:
    `digits-without-*`; `datasets`: the sets, `heads`: what their names have in the place of the star. `rows`: models,
    then controls, each best first by the mean."""

    name: str
    evaluation: str
    column: Column
    datasets: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[FamilyRow, ...]

    @property
    def leaders(self) -> list[FamilyRow]:
        """The models whose mean is of all sets and seeds, and better than floor and chance: the best first, each by the
        best of its scores."""
        floors = glossary.evaluation(self.evaluation).floor
        bars = [self._loss(row) for row in self.rows if row.label in floors and row.mean.mean is not None]
        found: dict[str, FamilyRow] = {}
        for row in self.rows:
            whole = row.mean.mean is not None and row.mean.comparable and not row.mean.missing
            better = ranking.may_lead(row.mean, self.column) and all(self._loss(row) < bar for bar in bars)
            if whole and better and not row.is_control:
                found.setdefault(row.label, row)
        return list(found.values())

    def _loss(self, row: FamilyRow) -> float:
        loss = ranking.mean_loss(row.mean, self.column)
        return math.inf if loss is None else loss

    @property
    def title(self) -> str:
        """`Outlier detection`."""
        return self.evaluation.replace("-", " ").capitalize()

    @property
    def caption(self) -> str:
        """`Outlier detection on 10 sets digits-without-*: AUROC ↑`."""
        return (
            f"{self.title} on {len(self.datasets)} sets {self.name}: {self.column.title} {self.column.sense.arrow}"
        ).strip()

    @property
    def columns(self) -> tuple[str, ...]:
        """What stands above `texts`."""
        return ("model", "mean", "over sets", *self.heads)

    def texts(self, row: FamilyRow) -> tuple[str, ...]:
        """Name, mean with its interval, interval over sets, and the value on each set."""
        sets = ("" if c is None else c.text or c.plain for c in row.cells)
        return (row.name, self.mean(row), self.between(row), *sets)

    def mean(self, row: FamilyRow) -> str:
        """`0.91 ± 0.01` over seeds; of a row that is the same on every seed `0.91 [0.90 to 0.92]` over samples."""
        cell = row.mean
        if not cell.constant or cell.sample is None:
            return cell.plain
        return f"{cell.text} [{self._ends(*cell.sample)}]"

    def between(self, row: FamilyRow) -> str:
        """`0.85 to 0.96`, empty without an interval."""
        return "" if row.over_sets is None else self._ends(row.over_sets.low, row.over_sets.high)

    def _ends(self, low: float, high: float) -> str:
        factor = self.column.scale.factor
        places = formatting.decimals(low / factor, (high - low) / 2 / factor)
        return " to ".join(formatting.text(end / factor, places) for end in (low, high))

    @property
    def note(self) -> str:
        """How the intervals are read."""
        return (
            "± is over seeds, on these very sets; in brackets over samples, where all seeds are the same. The interval "
            "over sets (Student's t of the sets' means) says what the mean over all sets of this kind may be, if these "
            "are a fair draw of them."
        )


def families(data: RunData, boards: Sequence[Leaderboard]) -> list[Family]:
    """Each family of which two sets or more were measured, for each of its evaluations that is ranked."""
    facts = data.content.get("datasets", {})
    members: dict[tuple[str, str], list[Leaderboard]] = {}
    for board in (b for b in boards if not b.is_overview and not b.not_measured):
        family = facts.get(board.dataset, {}).get("family", "")
        if family and glossary.evaluation(board.evaluation).ranked:
            members.setdefault((family, board.evaluation), []).append(board)
    near = {name: frozenset(known.get("near", ())) for name, known in facts.items()}
    return [_family(name, evaluation, of, near) for (name, evaluation), of in members.items() if len(of) > 1]


def _family(name: str, evaluation: str, boards: Sequence[Leaderboard], near: Mapping[str, Collection[str]]) -> Family:
    parts = [_headline(board, near.get(board.dataset, ())) for board in boards]
    keys = {(row.label, row.score): row for board in boards for row in board.all_rows}
    head = boards[0].column(boards[0].headline)
    found = {key: [cells.get(key) for cells in parts] for key in keys}
    means = {key: _mean(cells, [b.dataset for b in boards]) for key, cells in found.items()}
    column = aggregate.scaled(replace(head, target="", counts=False), list(means.values()))
    rows = {key: _row(keys[key], cells, means[key], column) for key, cells in found.items()}
    before, _, after = name.partition("*")
    ordered = ranking.best_first([key for key in rows if any(rows[key].cells)], means, column)
    return Family(
        name=name,
        evaluation=evaluation,
        column=column,
        datasets=tuple(b.dataset for b in boards),
        heads=tuple(b.dataset.removeprefix(before).removesuffix(after) for b in boards),
        rows=tuple(rows[key] for is_control in (False, True) for key in ordered if rows[key].is_control == is_control),
    )


def _headline(board: Leaderboard, near: Collection[str]) -> dict[RowKey, Cell]:
    """By row the headline on the hard targets (on all, where none is), their mean where there are several."""
    head = board.column(board.headline)
    same = [c for c in board.columns if (c.metric, c.encoder, c.split) == (head.metric, head.encoder, head.split)]
    hard = [c for c in same if c.target in near] or same
    return {(row.label, row.score): _on(row, hard) for row in board.all_rows if any(c.key in row.cells for c in hard)}


def _on(row: LeaderboardRow, columns: Sequence[Column]) -> Cell:
    return row.cells[columns[0].key] if len(columns) == 1 else over_targets(row, columns)


def _mean(cells: Sequence[Cell | None], datasets: Sequence[str]) -> Cell:
    """The mean over the sets, seed by seed; a seed that lacks a set has no value. The sets share ordinary data, so that
    the interval over samples is as wide as theirs in the mean."""
    parts = [Cell() if cell is None else cell for cell in cells]
    seeds = sorted({seed for cell in parts for seed in (*cell.values, *cell.missing)})
    whole = [seed for seed in seeds if all(seed in cell.values for cell in parts)]
    lacking = {name: cell for name, cell in zip(datasets, parts, strict=True) if len(cell.values) < len(seeds)}
    statuses = {s: next((c.missing[s] for c in parts if s in c.missing), "unsupported") for s in seeds}
    return aggregate.summarise(
        Cell(
            values={seed: fmean(cell.values[seed] for cell in parts) for seed in whole},
            missing={seed: status for seed, status in statuses.items() if seed not in whole},
            reasons=tuple(
                f"no value on {name}: {' '.join(cell.reasons)}".strip(": ") for name, cell in lacking.items()
            ),
            sample=mean_interval_of([cell.sample for cell in parts]),
            comparable=all(cell.comparable for cell in parts),
        )
    )


def _row(row: LeaderboardRow, cells: Sequence[Cell | None], mean: Cell, column: Column) -> FamilyRow:
    means = [cell.mean for cell in cells if cell is not None and cell.mean is not None]
    return FamilyRow(
        label=row.label,
        score=row.score,
        is_control=row.is_control,
        cells=tuple(None if cell is None else aggregate.write(cell, column) for cell in cells),
        mean=aggregate.write(mean, column),
        over_sets=_within(mean_interval(means), column) if mean.mean is not None else None,
    )


def _within(interval: Interval | None, column: Column) -> Interval | None:
    """The interval, cut at the ends of the metric's range."""
    spec = glossary.metric(column.metric)
    if interval is None or spec is None:
        return interval
    return replace(interval, low=max(interval.low, spec.low), high=min(interval.high, spec.high))
