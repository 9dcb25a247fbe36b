"""What classifiers trained on different data answer on the same reference: does more data, generated or real, help?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from scipy import stats
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics.intervals import Interval, wilson
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.values import Details, value

ALONE, GENERATED, CLASSICAL, REAL = "alone", "generated", "classical", "real"
ONLY_GENERATED = "generated-only"
RARE, GENERATED_RARE = "rare", "generated-rare"
"""On rare classes: the classifier trained on real data alone, and with the rare classes filled up by generated ones."""

PLAIN, RESAMPLED = "plain", "resampled"
MINORITY, MAJORITY = "minority", "majority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """R classifiers trained on one kind of data: their right answers on the reference (R, n) and on the real training
    examples that all arms share (R, N), both bool. `m`: generated examples among what they were trained on."""

    right: Tensor
    train_right: Tensor
    m: int | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierInputs:
    """Arms by name, and why others are `absent`. `labels`: of the reference (n,); `rare`: rare classes.

    `gives`: `classifiers` (augmented data) or `resampled` (data drawn by weight).
    """

    arms: Mapping[str, Arm]
    labels: Tensor
    rare: tuple[int, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    gives: frozenset[str] = frozenset({"classifiers"})

    @property
    def sizes(self) -> Sizes:
        """Reference examples."""
        return Sizes(n=len(self.labels))

    def arm(self, name: str) -> Arm:
        """The arm of this name; raises `Unsupported` with the reason where there is none."""
        if name not in self.arms:
            raise Unsupported(self.absent.get(name, f"no classifier was trained on {name} data"))
        return self.arms[name]

    def among(self, *, rare: bool) -> Tensor:
        """Which reference examples are of rare classes, or of the others: (n,) bool."""
        if not self.rare:
            raise Unsupported("the data have no rare classes")
        return torch.isin(self.labels, torch.tensor(self.rare)) == rare


def classifier_metrics(inputs: ClassifierInputs, *, metrics: Sequence[str]) -> dict[str, Value]:
    """`cas`, `accuracy`, `train-test-accuracy-gap`, `augmentation-gain`; `resampling-accuracy`, `resampling-gain`."""
    return measured(inputs, metrics)


def cas(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy when trained on generated examples alone, and its ratio to that of the real training part."""
    generated, real = inputs.arm(ONLY_GENERATED), inputs.arms.get(ALONE)
    found = {"": _accuracy(generated)}
    if real is not None:
        found["ratio"] = _ratio(generated, real)
    return found


def accuracies(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy of each arm; that on rare classes of two, where there are such classes."""
    found = {name: _or_reason(_accuracy, inputs, name) for name in (ALONE, GENERATED, CLASSICAL, REAL)}
    if inputs.rare:
        rows = inputs.among(rare=True)
        found[RARE] = _or_reason(lambda arm: _accuracy(arm, rows), inputs, ALONE)
        found[GENERATED_RARE] = _or_reason(lambda arm: _accuracy(arm, rows), inputs, GENERATED_RARE)
    return found


def gaps(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy on the real training examples less that on the reference, of each arm; the interval is the latter's."""
    return {name: _or_reason(_gap, inputs, name) for name in (ALONE, GENERATED, CLASSICAL, REAL)}


def gains(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy of each arm less that of the real data alone, the same seeds and reference examples on both sides."""
    alone = inputs.arm(ALONE)
    found = {name: _or_reason(lambda arm: _gain(arm, alone), inputs, name) for name in (GENERATED, CLASSICAL, REAL)}
    if inputs.rare:
        rows = inputs.among(rare=True)
        found[RARE] = _or_reason(lambda arm: _gain(arm, alone, rows), inputs, GENERATED_RARE)
    return found


def resampling_accuracies(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy on the rare classes and on the others, with resampling and plain."""
    found = {}
    for prefix, name in (("", RESAMPLED), ("plain-", PLAIN)):
        for part in (MINORITY, MAJORITY):
            found[prefix + part] = _accuracy(inputs.arm(name), inputs.among(rare=part == MINORITY))
    return found


def resampling_gains(inputs: ClassifierInputs) -> dict[str, Value]:
    """Accuracy with resampling less that of plain training, the same seeds, on the rare classes and on the others; the
    interval is a little wide on few examples."""
    plain, resampled = inputs.arm(PLAIN), inputs.arm(RESAMPLED)
    return {part: _gain(resampled, plain, inputs.among(rare=part == MINORITY)) for part in (MINORITY, MAJORITY)}


def mean_interval(terms: Tensor, variance: float, *, low: float, high: float) -> Interval:
    """Of the mean of terms (R, n): R classifiers, n reference examples. `variance`: of the mean over the examples.

    To it comes the variance over classifiers, the noise of what is measured with; the degrees of freedom are
    Satterthwaite's, so that few classifiers give a wide interval.
    """
    count, n = terms.shape
    by_seed = float(terms.double().mean(1).var()) / count if count > 1 else 0.0
    total = variance + by_seed
    mean = float(terms.double().mean())
    if total == 0 or n < 2:
        return mean, mean
    free = total**2 / (variance**2 / (n - 1) + (by_seed**2 / (count - 1) if count > 1 else 0.0))
    half = float(stats.t.ppf(0.975, free)) * math.sqrt(total)
    return max(low, mean - half), min(high, mean + half)


def difference_interval(terms: Tensor) -> Interval:
    """Of the mean of paired differences (R, n) in [-1, 1]: with two more pairs, half a gain, half a loss and a tie
    (Agresti & Min 2005, doi:10.1002/sim.1781), so that no difference at all is not taken for certain."""
    d = terms.double().mean(0)
    n = len(d) + 2
    mean = float(d.sum()) / n
    variance = max(0.0, (float(d.square().sum()) + 1) / n - mean**2) / n
    return mean_interval(terms, variance, low=-1.0, high=1.0)


def accuracy_interval(right: Tensor) -> Interval:
    """Of the mean share of right answers (R, n); Wilson's where all or none are right."""
    shares = right.double().mean(0)
    mean, n = float(shares.mean()), len(shares)
    if mean in (0.0, 1.0) or n < 2:
        return wilson(mean * n, n)
    return mean_interval(right, float(shares.var()) / n, low=0.0, high=1.0)


def _or_reason(of: Callable[[Arm], Value], inputs: ClassifierInputs, name: str) -> Value:
    try:
        return of(inputs.arm(name))
    except Unsupported as reason:
        return Value.unsupported(reason)


def _right(arm: Arm, rows: Tensor | None = None) -> Tensor:
    """Right answers (R, n) as numbers, on all reference examples or on some."""
    right = arm.right.double()
    return right if rows is None else right[:, rows]


def _said(arm: Arm, found: Value, n: int) -> Value:
    return replace(found, n=n, m=arm.m, details={**arm.details, "classifiers": len(arm.right)})


def _accuracy(arm: Arm, rows: Tensor | None = None) -> Value:
    right = _right(arm, rows)
    return _said(arm, value(float(right.mean()), accuracy_interval(right)), right.shape[1])


def _ratio(generated: Arm, real: Arm) -> Value:
    """A ratio of means over the same examples, its error by the delta method."""
    g, r = _right(generated), _right(real)
    base = float(r.mean())
    if base == 0:
        raise Unsupported("the classifier trained on real data has no right answer, so there is no ratio to it")
    ratio = float(g.mean()) / base
    terms = ratio + (g - ratio * r) / base
    interval = mean_interval(terms, float(terms.mean(0).var()) / terms.shape[1], low=0.0, high=math.inf)
    return _said(generated, value(ratio, interval), g.shape[1])


def _gap(arm: Arm) -> Value:
    right, train = _right(arm), float(arm.train_right.double().mean())
    low, high = accuracy_interval(right)
    return _said(arm, value(train - float(right.mean()), (train - high, train - low)), right.shape[1])


def _gain(arm: Arm, alone: Arm, rows: Tensor | None = None) -> Value:
    terms = _right(arm, rows) - _right(alone, rows)
    return _said(arm, value(float(terms.mean()), difference_interval(terms)), terms.shape[1])
