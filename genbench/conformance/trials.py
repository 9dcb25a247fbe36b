"""`genbench check metrics --trials`: what each fidelity, diversity and distance metric does under planted changes.

After Räisä, van Breugel & van der Schaar 2025 (ICML, arXiv 2505.22450), who find that every pair of fidelity and
diversity metrics fails many such checks. Its kinds of checks; laws, sizes and the rule of what counts are ours.

n = m = 1,000 draws of normal laws in 1, 8 and 64 dimensions. A metric has moved where the mean over draws is off that
of the unchanged case by more than 3 of its standard deviations and by more than a twentieth (of 1 for shares).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, stdev

from genbench import registry
from genbench.conformance import planted
from genbench.conformance.planted import Make
from genbench.core import seeds
from genbench.core.values import Direction, Status
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.protocols.metric import Metric

DRAWS, DIMENSIONS = 5, (1, 8, 64)
SPREADS, PART, GONE = 3.0, 0.05, 0.05
"""How many standard deviations and which part a value must be off to have moved; what a share that is gone is under."""

WORSE, SAME, NONE = "worse", "same", "none"
"""What a metric should do: get worse by its own direction, stay, or see nothing that is right."""

FIDELITY, DIVERSITY, VARIETY, REPEATS, DISTANCE = "fidelity", "diversity", "variety", "repeats", "distance"

ROLES: Mapping[str, str] = {
    **dict.fromkeys(("precision", "density", "clipped-density"), FIDELITY),
    **dict.fromkeys(("recall", "coverage", "clipped-coverage"), DIVERSITY),
    **dict.fromkeys(("vendi", "vendi-ratio", "rke"), VARIETY),
    "duplicate-rate": REPEATS,
    **dict.fromkeys(("frechet", "frechet-inf", "kid", "mmd-rbf", "cmmd", "mind", "sliced-wasserstein"), DISTANCE),
    **dict.fromkeys(("c2st", "nn-accuracy"), DISTANCE),
}
"""What each metric is for. Of `nn-accuracy` the target `all` is tried."""

TARGETS = {"nn-accuracy": "all"}


@dataclass(frozen=True, slots=True)
class Trial:
    """A planted change: both sides `before` and `after` it, and what metrics of each role should do."""

    name: str
    change: str
    before: Make
    after: Make
    expected: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a metric did in a trial in d dimensions: the means over draws, and whether it did what it should.

    `passed` is None where there is no value, `reason` says why.
    """

    metric: str
    trial: str
    d: int
    expected: str
    before: float | None = None
    after: float | None = None
    passed: bool | None = None
    reason: str = ""


ALL_SAME = dict.fromkeys((FIDELITY, DIVERSITY, VARIETY, REPEATS, DISTANCE), SAME)
BOTH_WORSE = {FIDELITY: WORSE, DIVERSITY: WORSE, VARIETY: SAME, REPEATS: SAME, DISTANCE: WORSE}

TRIALS: Sequence[Trial] = (
    Trial("dropped mode", "the samples miss one of two modes", planted.two_modes, planted.dropped,
          {FIDELITY: SAME, DIVERSITY: WORSE, VARIETY: WORSE, REPEATS: SAME, DISTANCE: WORSE}),
    Trial("invented mode", "half of the samples are where the data have nothing", planted.same_law, planted.invented,
          {FIDELITY: WORSE, DIVERSITY: SAME, REPEATS: SAME, DISTANCE: WORSE}),
    Trial("mean shift", "all samples are moved by 2 σ", planted.same_law, planted.shifted, BOTH_WORSE),
    Trial("one coordinate off", "one coordinate is moved by 6 σ: no sample is a likely one",
          planted.same_law, planted.one_off, {**BOTH_WORSE, FIDELITY: NONE, DIVERSITY: NONE}),
    Trial("heavier tail", "Student's t with 3 degrees in the place of the normal law", planted.same_law, planted.heavy,
          {FIDELITY: WORSE, DIVERSITY: SAME, REPEATS: SAME, DISTANCE: WORSE}),
    Trial("outliers in the reference", "1 % of the reference is ten times as far out; the samples stay 4 σ off",
          partial(planted.poor, outliers=False), partial(planted.poor, outliers=True), ALL_SAME),
    Trial("duplicates", "100 samples, each ten times", planted.same_law, planted.repeated,
          {FIDELITY: SAME, DIVERSITY: WORSE, VARIETY: WORSE, REPEATS: WORSE, DISTANCE: WORSE}),
    Trial("unequal n", "200 samples of the true law in the place of 1,000", planted.same_law, planted.fewer, ALL_SAME),
    Trial("growing d", "the true law in d dimensions in the place of one", planted.on_the_line, planted.same_law,
          {FIDELITY: SAME, DIVERSITY: SAME, REPEATS: SAME, DISTANCE: SAME}),
)  # fmt: skip


def run_trials(trials: Sequence[Trial] = TRIALS, dimensions: Sequence[int] = DIMENSIONS) -> list[Outcome]:
    """Every metric in every trial; the same numbers at each call."""
    known: dict[tuple[Make, int], list[dict[str, float | str]]] = {}

    def values(make: Make, d: int) -> list[dict[str, float | str]]:
        at = (make, 1 if make is planted.on_the_line else d)
        if at not in known:
            known[at] = [_measured(make, d, i) for i in range(DRAWS)]
        return known[at]

    return [
        _judged(metric, trial, d, values(trial.before, d), values(trial.after, d))
        for trial in trials
        for d in dimensions
        for metric, role in ROLES.items()
        if role in trial.expected and not (trial.before is planted.on_the_line and d == 1)
    ]


def _measured(make: Make, d: int, draw: int) -> dict[str, float | str]:
    """Each metric's value, or why it has none."""
    sides = make(d, seeds.generator("trials", d, draw))
    generator = seeds.generator("trials", "metrics", draw)
    found = feature_metrics(PointSet(sides.real), sides.generated, metrics=list(ROLES), generator=generator)
    named = {metric: f"{metric}:{TARGETS[metric]}" if metric in TARGETS else metric for metric in ROLES}
    chosen = {metric: found.get(name, found.get(metric)) for metric, name in named.items()}
    return {
        metric: value.value if value.status is Status.OK and value.value is not None else value.reason or ""
        for metric, value in chosen.items()
        if value is not None
    }


def _judged(
    metric: str,
    trial: Trial,
    d: int,
    before: Sequence[Mapping[str, float | str]],
    after: Sequence[Mapping[str, float | str]],
) -> Outcome:
    expected = trial.expected[ROLES[metric]]
    outcome = Outcome(metric=metric, trial=trial.name, d=d, expected=expected)
    one, other = ([draw[metric] for draw in draws] for draws in (before, after))
    missing = next((v for v in (*one, *other) if isinstance(v, str)), None)
    if missing is not None:
        return replace(outcome, reason=missing)
    a, b = ([v for v in side if isinstance(v, float)] for side in (one, other))
    passed = fmean(b) < GONE if expected == NONE else moved(registry.metrics.get(metric).card, a, b) == expected
    return replace(outcome, before=fmean(a), after=fmean(b), passed=passed)


def moved(metric: Metric, before: Sequence[float], after: Sequence[float]) -> str:
    """`worse`, `same` or `better`: where the values over draws went, by the metric's own direction."""
    worse = fmean(map(partial(_loss, metric), after)) - fmean(map(partial(_loss, metric), before))
    size = 1.0 if metric.high == 1.0 else abs(fmean(before))
    if abs(worse) <= max(SPREADS * stdev(before), PART * size):
        return SAME
    return WORSE if worse > 0 else "better"


def _loss(metric: Metric, value: float) -> float:
    if metric.direction is Direction.NEAREST:
        return abs(value - (metric.best or 0.0))
    return value if metric.direction is Direction.LOWER else -value
