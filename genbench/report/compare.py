"""Two tables, A before and B after: differences over common seeds, with intervals, and what got worse."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

import pandas as pd

from genbench.core.values import Direction
from genbench.report import glossary
from genbench.report.by_class import split_by_class
from genbench.report.data import Measured, read_rows
from genbench.report.identity import difference, identity_of
from genbench.report.uncertainty import Tested
from genbench.stats.comparisons import compare_pairs, holm
from genbench.stats.estimates import Row
from genbench.stats.intervals import LEAST

Key = tuple[str, ...]
Group = dict[int, Measured]
KEYS = ("label", "dataset", "evaluation", "metric", "target", "score", "encoder", "split")


class Verdict(StrEnum):
    """What became of a measurement between A and B."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNCLEAR = "unclear"
    UNLIKE = "unlike"
    BROKEN = "broken"
    MENDED = "mended"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measurement over its common seeds. `a`, `b`: means; `low`, `high`: the 95 % interval of b − a; `p` is
    adjusted by Holm over all that was tested; `reason` says why there is no verdict, or what broke."""

    label: str
    dataset: str
    evaluation: str
    metric: str
    target: str
    score: str
    encoder: str
    split: str
    a: float | None = None
    b: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    seeds: int = 0
    direction: str = ""
    verdict: Verdict = Verdict.UNCLEAR
    reason: str = ""

    @property
    def is_untested(self) -> bool:
        """Whether there is a difference, but too few common seeds for an interval or a test."""
        return self.difference not in (None, 0.0) and 0 < self.seeds < LEAST

    @property
    def is_regression(self) -> bool:
        """Whether B is surely worse, or has no value where A had one."""
        return self.verdict in (Verdict.WORSE, Verdict.BROKEN)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A change with what was measured on its common seeds, empty where there is nothing to test."""

    change: Change
    before: Sequence[Measured] = ()
    after: Sequence[Measured] = ()

    @property
    def column(self) -> Key:
        """All that are of one dataset and metric lend each other strength."""
        return tuple(str(getattr(self.change, name)) for name in KEYS if name not in ("label", "score"))


def compare(a: pd.DataFrame, b: pd.DataFrame, *, alpha: float = 0.05) -> list[Change]:
    """All measurements of A and B but those by class, matched by label, dataset, seed, evaluation, metric and target.

    A difference over at least 3 common seeds is tested as the leaderboards do it (`stats.comparisons`: not paired, on
    the metric's scale, each side's spread over seeds and sampling error) with Holm's correction over all tests; where
    the nearest value is best, the distances to it are. Values that are equal to the last digit are the same.
    Over fewer seeds only intervals over samples speak: worse or better where A's and B's have no point in common on
    any seed (never for times, whose quartiles are no such intervals). Numbers of unlike identity are not compared.
    """
    before, after = (_Index(split_by_class(read_rows(table))[0]) for table in (a, b))
    keys = dict.fromkeys([*before.good, *after.good])
    pairs = [_pair(key, before.group(key), after.group(key)) for key in keys]
    columns: dict[Key, list[int]] = {}
    for i, pair in enumerate(pairs):
        if len(pair.before) >= LEAST:
            columns.setdefault(pair.column, []).append(i)
    found = [pair.change for pair in pairs]
    for indices in columns.values():
        for i, change in zip(indices, _tested([pairs[i] for i in indices]), strict=True):
            found[i] = change
    tested = [i for i, change in enumerate(found) if change.p is not None]
    adjusted = holm([found[i].p or 0.0 for i in tested])
    for i, p in zip(tested, adjusted, strict=True):
        found[i] = dataclasses.replace(found[i], p=p, verdict=found[i].verdict if p <= alpha else Verdict.UNCLEAR)
    return found


def _tested(pairs: Sequence[_Pair]) -> list[Change]:
    """The changes of one column with intervals, p (not adjusted) and the verdict that holds where p is small; what is
    the same on every seed lends its spread and is not tested."""
    first = pairs[0]
    every = [e.value or 0.0 for pair in pairs for e in (*pair.before, *pair.after)]
    how = Tested(
        metric=first.change.metric,
        evaluation=first.change.evaluation,
        sense=glossary.sense(first.change.metric, first.change.direction),
        counts=all(value.is_integer() for value in every),
    )
    raw = dataclasses.replace(how, sense=glossary.Sense(None))
    rows, plain = ([(_row(pair.before, way), _row(pair.after, way)) for pair in pairs] for way in (how, raw))
    found = []
    for pair, on_values, on_scale in zip(pairs, compare_pairs(plain), compare_pairs(rows, how.scale), strict=True):
        if pair.change.verdict is Verdict.SAME:
            found.append(pair.change)
            continue
        interval = on_values.interval
        low, high = (interval.low, interval.high) if interval else (None, None)
        gap = on_scale.difference if not how.is_higher_better else -on_scale.difference
        verdict = _verdict(gap) if how.sense.loss(0.0) is not None else Verdict.UNCLEAR
        found.append(dataclasses.replace(pair.change, low=low, high=high, p=on_scale.p, verdict=verdict))
    return found


def _row(part: Sequence[Measured], how: Tested) -> Row:
    ends = [(e.ci_low, e.ci_high) for e in part if e.ci_low is not None and e.ci_high is not None]
    sample = None
    if len(ends) == len(part):
        sample = fmean(low for low, _ in ends), fmean(high for _, high in ends)
    return how.row([e.value or 0.0 for e in part], sample, [size for e in part for size in (e.n, e.m)])


def _verdict(gap: float) -> Verdict:
    """What a difference of losses, B less A, says."""
    return Verdict.UNCLEAR if gap == 0 else Verdict.WORSE if gap > 0 else Verdict.BETTER


class _Index:
    """The rows of a table by measurement and seed; one without a value speaks of all targets of its metric."""

    def __init__(self, found: Sequence[Measured]) -> None:
        self.good: dict[Key, Group] = {}
        self._bad: dict[Key, Group] = {}
        for one in found:
            key = tuple(str(getattr(one, name)) for name in KEYS)
            place = self.good.setdefault(key, {}) if one.ok else self._bad.setdefault(key[:4], {})
            place[one.seed] = one

    def group(self, key: Key) -> Group:
        """By seed, the measurement or the row that says why there is none."""
        return self._bad.get(key[:4], {}) | self.good.get(key, {})


def _pair(key: Key, before: Group, after: Group) -> _Pair:
    names = dict(zip(KEYS, key, strict=True))
    change = Change(verdict=Verdict.UNCLEAR, **names)  # type: ignore[arg-type]
    if not before or not after:
        return _Pair(dataclasses.replace(change, verdict=Verdict.GONE if before else Verdict.NEW))
    common = [s for s in sorted(before) if s in after]
    lost = [after[s] for s in common if before[s].ok and not after[s].ok]
    if lost:
        reason = f"seed {lost[0].seed}: {lost[0].status}: {lost[0].reason}"
        return _Pair(dataclasses.replace(change, verdict=Verdict.BROKEN, reason=reason))
    good = [s for s in common if before[s].ok and after[s].ok]
    if good:
        return _measured(change, [before[s] for s in good], [after[s] for s in good])
    mended = any(after[s].ok for s in common)
    verdict, reason = (Verdict.MENDED, "no value before") if mended else (Verdict.UNCLEAR, "no common seeds")
    return _Pair(dataclasses.replace(change, verdict=verdict, reason=reason))


def _measured(change: Change, before: Sequence[Measured], after: Sequence[Measured]) -> _Pair:
    first, second = [[e.value or 0.0 for e in part] for part in (before, after)]
    change = dataclasses.replace(
        change,
        a=fmean(first),
        b=fmean(second),
        difference=fmean(second) - fmean(first),
        seeds=len(first),
        direction=after[0].direction,
    )
    differences = (difference(identity_of(x), identity_of(y)) for x, y in zip(before, after, strict=True))
    unlike = next(filter(None, differences), "")
    if unlike:
        return _Pair(dataclasses.replace(change, verdict=Verdict.UNLIKE, reason=unlike))
    if first == second:
        return _Pair(dataclasses.replace(change, verdict=Verdict.SAME), before, after)
    if len(first) >= LEAST:
        return _Pair(change, before, after)
    counted = f"{len(first)} common seed{'s' * (len(first) != 1)}"
    reason = f"{counted}: an interval over seeds needs {LEAST}"
    return _Pair(dataclasses.replace(change, verdict=_by_samples(before, after), reason=reason))


def _by_samples(before: Sequence[Measured], after: Sequence[Measured]) -> Verdict:
    """The verdict of intervals over samples, where each seed has them and they agree."""
    if glossary.evaluation(before[0].evaluation).timed:
        return Verdict.UNCLEAR
    verdicts = {_apart(x, y) for x, y in zip(before, after, strict=True)}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.UNCLEAR


def _apart(x: Measured, y: Measured) -> Verdict:
    """The verdict of two intervals of losses that have no point in common."""
    sense = glossary.sense(x.metric, x.direction)
    old, new = _losses(x, sense), _losses(y, sense)
    if old is None or new is None or (new[0] <= old[1] and old[0] <= new[1]):
        return Verdict.UNCLEAR
    return _verdict(new[0] - old[0])


def _losses(one: Measured, sense: glossary.Sense) -> tuple[float, float] | None:
    """The interval over samples as one of losses: with 0 where the ideal value lies inside."""
    if one.ci_low is None or one.ci_high is None:
        return None
    ends = [loss for end in (one.ci_low, one.ci_high) if (loss := sense.loss(end)) is not None]
    if len(ends) < 2:
        return None
    holds_best = sense.direction is Direction.NEAREST and one.ci_low <= (sense.best or 0.0) <= one.ci_high
    return 0.0 if holds_best else min(ends), max(ends)


def frame(changes: Sequence[Change]) -> pd.DataFrame:
    """The changes as a table, one row each."""
    columns = [f.name for f in dataclasses.fields(Change)]
    return pd.DataFrame([dataclasses.asdict(c) for c in changes], columns=columns)
