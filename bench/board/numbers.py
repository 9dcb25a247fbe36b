"""Numbers of the stores: means with their intervals, orders, and what a reader sees of them. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import pandas as pd

from genbench.report import formatting
from genbench.report.data import RunData
from genbench.report.output import read_run
from genbench.runs.folder import RunFolder
from genbench.stats.estimates import ROUNDING
from genbench.stats.intervals import mean_interval


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds. `half`: half of its 95 % interval, None under 3 seeds; `values`: one a seed; `error`: the
    sampling standard error of one fitted model, 0 where it is not known."""

    value: float
    half: float | None
    values: tuple[float, ...]
    error: float = 0.0

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.value - (self.half or 0.0)

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.value + (self.half or 0.0)

    @property
    def spread(self) -> float | None:
        """The standard deviation over seeds, None under 3 seeds."""
        return stdev(self.values) if len(self.values) > 2 else None

    def text(self, factor: float = 1.0, places: int | None = None) -> str:
        """`2.83 ± 0.10`; with one or two seeds the mean and their number; without a spread the value of every seed."""
        value, half = self.value * factor, None if self.half is None else self.half * factor
        digits = formatting.decimals(value, half) if places is None else places
        if half is None:
            return f"{formatting.text(value, digits)} ({len(self.values)} seed{'s' * (len(self.values) > 1)})"
        if max(self.values) - min(self.values) <= ROUNDING * max(map(abs, self.values)):
            return f"{formatting.text(value, digits)} (every seed)"
        return f"{formatting.text(value, digits)} ± {formatting.text(half, digits)}"


def mean_of(values: Sequence[float], error: float = 0.0) -> Mean:
    """The mean of values of different seeds with its interval."""
    interval = mean_interval(values)
    return Mean(fmean(values), None if interval is None else interval.half, tuple(values), error)


def difference(a: Mean, b: Mean) -> tuple[float, float]:
    """a - b, and half of its interval: the root of the sum of squares of theirs, of which an unknown one counts 0."""
    return a.value - b.value, math.hypot(a.half or 0.0, b.half or 0.0)


def table_of(folder: Path, suite: str) -> pd.DataFrame | None:
    """The tidy table of a suite (a profile is part of its name) in a folder of results; None where it was not run."""
    data = data_of(folder, suite)
    return None if data is None else data.table


def data_of(folder: Path, suite: str) -> RunData | None:
    """All that a report reads of a suite; None where it was not run."""
    if not (folder / "genbench.db").exists():
        return None
    with RunFolder.find(str(folder)).open() as store:
        plans = [plan for plan in store.plans() if plan.suite == suite]
        return read_run(store, plans[-1].id, root=folder) if plans else None


def means(table: pd.DataFrame, metric: str, **where: object) -> dict[str, Mean]:
    """By label the mean over seeds of a metric, of rows that have these values in these columns."""
    part = table[(table["metric"] == metric) & (table["status"] == "ok") & table["value"].notna()]
    for column, value in where.items():
        part = part[part[column].fillna("") == value]
    found = {}
    for label, rows in part.drop_duplicates(["label", "seed"]).groupby("label", sort=False):
        half = (rows["ci_high"] - rows["ci_low"]) / 2 / 1.96
        error = float(half.mean()) if half.notna().all() else 0.0
        found[str(label)] = mean_of([float(v) for v in rows["value"]], error)
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """How an order was kept: of the pairs that both sources set apart, how many stand alike."""

    alike: int
    pairs: int
    turned: tuple[tuple[str, str], ...]
    total: int

    @property
    def text(self) -> str:
        """`4 of 4 pairs alike, 6 more undecided`."""
        left = self.total - self.pairs
        return f"{self.alike} of {self.pairs} pairs alike" + (f", {left} more undecided" if left else "")

    @property
    def agrees(self) -> bool | None:
        """Whether four pairs of five stand alike; None where no pair is set apart."""
        return None if not self.pairs else self.alike >= 0.8 * self.pairs


def order(published: Mapping[str, tuple[float, float]], ours: Mapping[str, Mean]) -> Order:
    """Published means with their spread against ours: pairs whose intervals overlap in either, or that have under 3
    seeds, are left out."""
    alike, pairs, turned = 0, 0, []
    names = [name for name in published if name in ours]
    for a, b in combinations(names, 2):
        (x, dx), (y, dy) = published[a], published[b]
        one, other = ours[a], ours[b]
        apart = one.high < other.low or other.high < one.low
        if abs(x - y) <= dx + dy or not apart or None in (one.half, other.half):
            continue
        pairs += 1
        same = (x < y) == (one.value < other.value)
        alike += same
        turned += [] if same else [(a, b)]
    return Order(alike, pairs, tuple(turned), math.comb(len(names), 2))


def geometric_mean(values: Iterable[float]) -> float:
    """exp of the mean logarithm of positive values."""
    return math.exp(fmean(math.log(value) for value in values))


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: bool = False) -> list[str]:
    """A table in Markdown, numbers to the right; `words`: its cells are sentences."""
    lines = [f"| {' | '.join(heads)} |", "|---|" + ("---|" if words else "---:|") * (len(heads) - 1)]
    return [*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)]


def percent(share: float, places: int = 1) -> str:
    """A share as per cent."""
    return f"{100 * share:.{places}f} %"
