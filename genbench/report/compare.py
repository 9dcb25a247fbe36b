"""Two tables, A before and B after: differences paired by seed, with intervals, and what got worse."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from genbench.report import glossary
from genbench.report.data import Measured, read_rows
from genbench.report.identity import difference, identity_of
from genbench.stats.comparisons import compare_paired, holm
from genbench.stats.intervals import LEAST

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


def compare(a: pd.DataFrame, b: pd.DataFrame, *, alpha: float = 0.05) -> list[Change]:
    """All measurements of A and B, paired by label, dataset, seed, evaluation, metric and target.

    A difference over at least 3 common seeds is tested by the paired t test with Holm's correction over all tests.
    Over fewer seeds only intervals over samples speak: worse or better where A's and B's have no point in common on
    any seed (never for times, whose quartiles are no such intervals). Numbers of unlike identity are not compared.
    """
    before, after = _Index(read_rows(a)), _Index(read_rows(b))
    found = [_change(key, before.group(key), after.group(key)) for key in dict.fromkeys([*before.good, *after.good])]
    tested = [i for i, change in enumerate(found) if change.p is not None]
    adjusted = holm([found[i].p or 0.0 for i in tested])
    for i, p in zip(tested, adjusted, strict=True):
        found[i] = dataclasses.replace(found[i], p=p, verdict=_verdict(found[i], p, alpha))
    return found


Group = dict[int, Measured]
Key = tuple[str, ...]


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


def _change(key: Key, before: Group, after: Group) -> Change:
    names = dict(zip(KEYS, key, strict=True))
    change = Change(verdict=Verdict.UNCLEAR, **names)  # type: ignore[arg-type]
    if not before or not after:
        return dataclasses.replace(change, verdict=Verdict.GONE if before else Verdict.NEW)
    common = [s for s in sorted(before) if s in after]
    lost = [after[s] for s in common if before[s].ok and not after[s].ok]
    if lost:
        reason = f"seed {lost[0].seed}: {lost[0].status}: {lost[0].reason}"
        return dataclasses.replace(change, verdict=Verdict.BROKEN, reason=reason)
    good = [s for s in common if before[s].ok and after[s].ok]
    if good:
        return _measured(change, [before[s] for s in good], [after[s] for s in good])
    mended = any(after[s].ok for s in common)
    return dataclasses.replace(
        change,
        verdict=Verdict.MENDED if mended else Verdict.UNCLEAR,
        reason="no value before" if mended else "no common seeds",
    )


def _measured(change: Change, before: Sequence[Measured], after: Sequence[Measured]) -> Change:
    first, second = [[e.value or 0.0 for e in part] for part in (before, after)]
    result = compare_paired(first, second)
    change = dataclasses.replace(
        change,
        a=sum(first) / len(first),
        b=sum(second) / len(second),
        difference=result.difference,
        low=result.interval.low if result.interval else None,
        high=result.interval.high if result.interval else None,
        seeds=len(first),
        direction=after[0].direction,
    )
    differences = (difference(identity_of(x), identity_of(y)) for x, y in zip(before, after, strict=True))
    unlike = next(filter(None, differences), "")
    if unlike:
        return dataclasses.replace(change, verdict=Verdict.UNLIKE, reason=unlike)
    if first == second:
        return dataclasses.replace(change, verdict=Verdict.SAME)
    if result.p is not None:
        return dataclasses.replace(change, p=result.p)
    verdict = _by_samples(before, after)
    counted = f"{len(first)} common seed{'s' * (len(first) != 1)}"
    return dataclasses.replace(change, verdict=verdict, reason=f"{counted}: an interval over seeds needs {LEAST}")


def _by_samples(before: Sequence[Measured], after: Sequence[Measured]) -> Verdict:
    """The verdict of intervals over samples, where each seed has them and they agree."""
    if glossary.evaluation(before[0].evaluation).timed:
        return Verdict.UNCLEAR
    verdicts = {_apart(x, y) for x, y in zip(before, after, strict=True)}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.UNCLEAR


def _apart(x: Measured, y: Measured) -> Verdict:
    ends = (x.ci_low, x.ci_high, y.ci_low, y.ci_high)
    if any(end is None for end in ends):
        return Verdict.UNCLEAR
    low, high, other_low, other_high = (end or 0.0 for end in ends)
    if low <= other_high and other_low <= high:
        return Verdict.UNCLEAR
    return _direction_of((y.value or 0.0), (x.value or 0.0), x.metric, x.direction)


def _verdict(change: Change, p: float, alpha: float) -> Verdict:
    if p > alpha or change.a is None or change.b is None:
        return Verdict.UNCLEAR
    return _direction_of(change.b, change.a, change.metric, change.direction)


def _direction_of(after: float, before: float, metric: str, direction: str) -> Verdict:
    sense = glossary.sense(metric, direction)
    new, old = sense.loss(after), sense.loss(before)
    if new is None or old is None or new == old:
        return Verdict.UNCLEAR
    return Verdict.WORSE if new > old else Verdict.BETTER


def frame(changes: Sequence[Change]) -> pd.DataFrame:
    """The changes as a table, one row each."""
    columns = [f.name for f in dataclasses.fields(Change)]
    return pd.DataFrame([dataclasses.asdict(c) for c in changes], columns=columns)
