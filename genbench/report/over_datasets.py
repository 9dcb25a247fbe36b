"""One evaluation over several datasets, each a block: mean ranks, win rates, middle scores, who beats whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genbench.report import formatting, glossary, ranking
from genbench.report.types import Cell, Column, Flag, Leaderboard
from genbench.stats import blocks
from genbench.stats.blocks import Block, CriticalDifference, Share
from genbench.stats.intervals import LEAST, Interval
from genbench.stats.ranks import Rank, leading_group

MOST_PAIRED = 25
"""Rows of which each pair is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its 95 % interval, None where the seeds are too few for one."""

    value: float
    interval: Interval | None = None

    @property
    def shown(self) -> str:
        """`1.67`."""
        return formatting.text(self.value, 2)

    @property
    def between(self) -> str:
        """`1.33 to 2.00`, empty without an interval."""
        ends = (self.interval.low, self.interval.high) if self.interval else ()
        return " to ".join(formatting.text(end, 2) for end in ends)

    @property
    def text(self) -> str:
        """`1.67 (1.33 to 2.00)`."""
        return f"{self.shown} ({self.between})" if self.interval else self.shown

    @property
    def is_sure(self) -> bool:
        """Of a share: whether its interval leaves out one half."""
        return self.interval is not None and not self.interval.low <= 0.5 <= self.interval.high


Beats = tuple[tuple[Estimate | None, ...], ...]
"""By row, by other row, P(a run of the row beats one of the other); None on the diagonal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A row over all datasets. `place`: its range, None under 3 seeds; `rank`: the rank, from 1, that a run
    of it has on average on a dataset; `wins`: how often it is better than a run of another row, in [0, 1]; `score`: the
    interquartile mean, over datasets and seeds, of its scores (0 the floor, 1 the ceiling), None where a dataset has no
    such scores. `leads`: it is in the leading group."""

    label: str
    place: Rank | None
    rank: Estimate
    wins: Estimate
    score: Estimate | None = None
    leads: bool = False

    def texts(self, *, with_score: bool) -> tuple[str, ...]:
        """Place, label and numbers with their intervals, in the order of `OverDatasets.heads`."""
        numbers = (self.rank, self.wins, *((self.score,) if with_score else ()))
        return (self.place_range, self.label, *("" if one is None else one.text for one in numbers))

    @property
    def place_range(self) -> str:
        """`2`, or `2–5`; empty without a place."""
        if self.place is None:
            return ""
        return f"{self.place.low}" + (f"–{self.place.high}" if self.place.high > self.place.low else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverDatasets:
    """The headline of an evaluation over its datasets.

    `metrics`: by dataset, what was compared. `rows`: those that are complete on every dataset, best first; `beats`: for
    each row and each other in the same order P(a run of the row beats a run of the other), None on the diagonal.
    `critical`: only over 5 datasets or more. `left_out`: a sentence for each row that lacks something.
    """

    evaluation: str
    title: str
    metrics: Mapping[str, str]
    rows: tuple[Standing, ...]
    beats: Beats
    critical: CriticalDifference | None
    left_out: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        """What stands above the columns of `Standing.texts`."""
        return ("place", "model", "mean rank", "wins", *(("middle score",) if self.has_scores else ()))

    @property
    def caption(self) -> str:
        """`Over 3 datasets: sample quality (digits: Fréchet distance ↓; ...)`."""
        what = "; ".join(f"{dataset}: {metric}" for dataset, metric in self.metrics.items())
        return f"Over {len(self.metrics)} datasets: {self.title.lower()} ({what})"

    @property
    def said(self) -> tuple[str, ...]:
        """The notes, and which rows are left out."""
        out = (
            f"Left out, {len(self.left_out)} of {len(self.left_out) + len(self.rows)} rows: {'; '.join(self.left_out)}."
        )
        return (*self.notes, *((out,) if self.left_out else ()))

    @property
    def has_scores(self) -> bool:
        """Whether any row has a score between floor and ceiling on every dataset."""
        return any(row.score for row in self.rows)


Part = tuple[Leaderboard, Column]
"""The overview of a dataset and an evaluation's headline in it."""


def over_datasets(boards: Sequence[Leaderboard]) -> list[OverDatasets]:
    """Each ranked evaluation that has its headline on two datasets or more, for two rows or more."""
    parts: dict[str, list[Part]] = {}
    for board in (b for b in boards if b.is_overview):
        firsts: dict[str, Column] = {}
        for column in board.columns:
            firsts.setdefault(column.evaluation, column)
        for name, column in firsts.items():
            if glossary.evaluation(name).ranked and column.sense.loss(0.0) is not None:
                parts.setdefault(name, []).append((board, column))
    found = []
    for name, of in parts.items():
        able = [part for part in of if _measured([part])]
        if len(able) > 1 and len(_measured(able)) > 1:
            there = {board.dataset for board, _ in able}
            found.append(_summary(name, able, [board.dataset for board, _ in of if board.dataset not in there]))
    return found


def _measured(parts: Sequence[Part]) -> set[str]:
    """The rows that have a value on any dataset."""
    rows = [(row.label, row.cells.get(column.key)) for board, column in parts for row in board.rows]
    return {label for label, cell in rows if cell is not None and cell.values}


def _summary(name: str, parts: Sequence[Part], empty: Sequence[str]) -> OverDatasets:
    labels = list(dict.fromkeys(row.label for board, _ in parts for row in board.rows))
    cells = {label: [board.cells(column.key).get(label) for board, column in parts] for label in labels}
    lacking = {label: _lacks(of, parts) for label, of in cells.items()}
    twins = {label: twin for label, of in cells.items() if (twin := _twin(label, of)) and not lacking[label]}
    whole = [label for label in labels if not lacking[label] and label not in twins]
    table = [[cell for cell in cells[label] if cell is not None] for label in whole]
    standings, beats, critical = _compared(whole, table, parts) if len(whole) > 1 else ((), (), None)
    never = [label for label in labels if all(cell is None or not cell.values for cell in cells[label])]
    sentences = [f"{label}: {why}" for label, why in lacking.items() if why and label not in never]
    return OverDatasets(
        evaluation=name,
        title=name.replace("-", " ").capitalize(),
        metrics={board.dataset: f"{column.title} {column.sense.arrow}" for board, column in parts},
        rows=standings,
        beats=beats,
        critical=critical,
        left_out=tuple(sentences),
        notes=(*_without(empty), *_notes(standings, table, twins, len(parts))),
    )


def _lacks(cells: Sequence[Cell | None], parts: Sequence[Part]) -> str:
    """What a row lacks to be complete on every dataset, in words; empty where it is."""
    found = []
    for cell, (board, _) in zip(cells, parts, strict=True):
        if cell is None or cell.mean is None:
            status = "" if cell is None or not cell.missing else f" ({next(iter(cell.missing.values()))})"
            found.append(f"no value on {board.dataset}{status}")
        elif cell.missing:
            found.append(f"{cell.n} of {cell.total} seeds on {board.dataset}")
        elif not cell.comparable:
            found.append(f"not comparable on {board.dataset}")
    return ", ".join(found)


def _twin(label: str, cells: Sequence[Cell | None]) -> str:
    """The other label that is the same fit with the same numbers on every dataset, empty where none is."""
    names = {"" if cell is None else cell.twin for cell in cells}
    return names.pop() if len(names) == 1 and not names & {"", label} else ""


def _compared(
    labels: Sequence[str], table: Sequence[Sequence[Cell]], parts: Sequence[Part]
) -> tuple[tuple[Standing, ...], Beats, CriticalDifference | None]:
    """The complete rows, best first by their mean rank, how they beat each other, and the critical difference."""
    made = [_block(column, [row[i] for row in table]) for i, (_, column) in enumerate(parts)]
    fought = blocks.duels(made)
    order = np.argsort(fought.mean_ranks, kind="stable").tolist()
    places: Sequence[Rank | None] = blocks.simultaneous_places(made) or [None] * len(labels)
    group = leading_group(fought.mean_ranks.tolist(), places)
    standings = []
    for i in order:
        wins, place, count = _estimate(fought.wins(i)), places[i], len(labels)
        rank = Estimate(value=float(fought.mean_ranks[i]), interval=_ranks_of(wins, count))
        score = _score(table[i])
        leads = group[i] and _may_lead(table[i], score)
        standings.append(Standing(label=labels[i], place=place, rank=rank, wins=wins, score=score, leads=leads))
    paired = order[:MOST_PAIRED]
    beats = tuple(tuple(None if i == j else _estimate(fought.pair(i, j)) for j in paired) for i in paired)
    losses = np.stack([block.losses for block in made])
    return tuple(standings), beats, blocks.critical_difference(losses[:, order])


def _block(column: Column, cells: Sequence[Cell]) -> Block:
    how = ranking.tested(column)
    rows = [ranking.tested_row(cell, how) for cell in cells]
    return Block(rows=rows, scale=how.scale, is_higher_better=how.is_higher_better)


def _may_lead(cells: Sequence[Cell], score: Estimate | None) -> bool:
    """Whether it is worse than the floor or below chance nowhere, and above the floor in the middle."""
    bad = {Flag.UNDER_FLOOR, Flag.BELOW_CHANCE}
    return not any(bad & set(cell.flags) for cell in cells) and (score is None or score.value >= 0)


def _estimate(share: Share) -> Estimate:
    return Estimate(value=share.value, interval=share.interval)


def _ranks_of(wins: Estimate, count: int) -> Interval | None:
    """The interval of the mean rank, rows − (rows − 1) · wins."""
    if wins.interval is None:
        return None
    low, high = (count - (count - 1) * end for end in (wins.interval.high, wins.interval.low))
    return Interval(low, high, wins.interval.method)


def _score(cells: Sequence[Cell]) -> Estimate | None:
    """The interquartile mean of the scores, None where a dataset has none or its floor and ceiling overlap."""
    if not all(cell.scores and cell.score_clear for cell in cells):
        return None
    values = [list(cell.scores.values()) for cell in cells]
    middle = blocks.interquartile_mean([v for part in values for v in part])
    return Estimate(value=middle, interval=blocks.iqm_interval(values))


def _without(empty: Sequence[str]) -> tuple[str, ...]:
    return (f"Nothing could be measured on {', '.join(empty)}.",) if empty else ()


def _notes(
    standings: Sequence[Standing], table: Sequence[Sequence[Cell]], twins: Mapping[str, str], datasets: int
) -> tuple[str, ...]:
    """What a reader must know of these numbers."""
    if not standings:
        return ("Fewer than two rows are complete on every dataset: nothing is compared over datasets.",)
    seeds = min(cell.n for row in table for cell in row)
    notes = []
    if standings[0].place is None:
        notes.append(f"No places over the datasets: they need {LEAST} seeds.")
    elif all(row.place is not None and row.place.low == 1 for row in standings):
        notes.append(f"{seeds} seeds on {datasets} datasets can't separate these.")
    elif not any(row.leads for row in standings):
        notes.append("No row leads: the first are worse than the floor or than chance on a dataset.")
    if len(standings) > MOST_PAIRED:
        notes.append(f"Who beats whom is shown of the first {MOST_PAIRED} rows.")
    if twins:
        notes.append("The same fit with the same numbers: " + ", ".join(f"{a} as {b}" for a, b in twins.items()) + ".")
    return tuple(notes)
