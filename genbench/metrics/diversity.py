"""Measures of diversity: each metric's value with its interval, from what a pair of feature sets knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics import classes, clipped, duplicates, manifold
from genbench.metrics.features import FeatureInputs
from genbench.metrics.intervals import Z95, from_error, mean_error
from genbench.metrics.manifold import Held
from genbench.metrics.two_sample import Hits
from genbench.metrics.values import class_values, mean_value, share_value, value


def _constant(inputs: FeatureInputs) -> str | None:
    """A remark where balls are points, which hold nothing, not even a copy of their centre."""
    found = []
    for name, side in {"reference": inputs.real, "samples": inputs.generated}.items():
        points, of = int((side.radii2 == 0).sum()), len(side)
        if points:
            found.append(f"{'all' if points == of else f'{points} of {of}'} radii of the {name} are 0: identical rows")
    return "; ".join(found) or None


def _share(inputs: FeatureInputs, terms: Callable[[Held], Tensor]) -> Value:
    return mean_value(terms(inputs.pair.held), reason=_constant(inputs), details={"k": inputs.real.k})


def precision(inputs: FeatureInputs) -> Value:
    """`precision`, the interval from the spread over samples."""
    return _share(inputs, manifold.precision)


def recall(inputs: FeatureInputs) -> Value:
    """`recall`, the interval from the spread over reference points."""
    return _share(inputs, manifold.recall)


def coverage(inputs: FeatureInputs) -> Value:
    """`coverage`, the interval from the spread over reference points: a little narrow (90 to 92 %), as neighbours share
    samples."""
    return _share(inputs, manifold.coverage)


def density(inputs: FeatureInputs) -> Value:
    """`density`, the interval from the spread over samples."""
    held, k = inputs.pair.held, inputs.real.k
    found = mean_value(manifold.density(held, k), high=math.inf, reason=_constant(inputs), details={"k": k})
    exact = int(held.real_balls.sum()) / (k * len(held.real_balls))
    return replace(found, value=exact)


def clipped_density(inputs: FeatureInputs) -> Value:
    """`clipped-density`, the interval from the spread over samples, the calibration held fixed; wide at 1, its end."""
    k = inputs.real.k
    if float(manifold.median(inputs.real.radii2)) == 0:
        raise Unsupported("half of the reference's radii are 0 (identical rows), so balls clipped at that are points")
    own = inputs.real.self_balls
    norm = float(own.clamp(max=k).double().mean()) / k
    terms = inputs.pair.held.clipped_balls.clamp(max=k).double() / k
    number = clipped.clipped_density(inputs.pair.held, own, k)
    return value(number, from_error(number, mean_error(terms) / norm, low=0.0, high=1.0), details={"k": k})


def clipped_coverage(inputs: FeatureInputs) -> Value:
    """`clipped-coverage`: mean ± 1.96 standard errors over the reference, each end through the calibration.

    The interval is too narrow (76 % for the truth, 90 % else): neighbours share samples, and radii are held fixed.
    """
    held, k = inputs.pair.held, inputs.real.k
    expected = clipped.expected_coverage(len(held.samples), len(held.real_balls), k)
    terms = held.samples.clamp(max=k).double() / k
    mean, half = float(terms.mean()), Z95 * mean_error(terms)
    low, high = (float(np.searchsorted(expected, c - 1e-12)) / len(expected) for c in (mean - half, mean + half))
    return value(clipped.clipped_coverage(held, k), (low, high), details={"k": k})


def vendi(inputs: FeatureInputs) -> Value:
    """`vendi`, the interval from the spread over samples."""
    score, m = inputs.generated.vendi, len(inputs.generated)
    interval = None if score.error is None else from_error(score.value, score.error, low=1.0, high=m)
    return value(score.value, interval, reason=None if interval else "no interval: the matrix is too large for it")


def vendi_ratio(inputs: FeatureInputs) -> Value:
    """`vendi-ratio`, the reference held fixed."""
    real, made = inputs.real.vendi, inputs.generated.vendi
    if len(inputs.real) != len(inputs.generated):
        raise Unsupported(f"the Vendi score grows with n: a ratio needs equal n, got {len(inputs.generated)} samples")
    ratio = made.value / real.value
    interval = None if made.error is None else from_error(ratio, made.error / real.value, low=0.0)
    return value(ratio, interval, reason=None if interval else "no interval: the matrix is too large for it")


def rke(inputs: FeatureInputs) -> Value:
    """`rke`, the interval from the spread over samples."""
    score, m = inputs.generated.rke, len(inputs.generated)
    interval = None if score.error is None else from_error(score.value, score.error, low=1.0, high=m)
    return value(score.value, interval)


def duplicate_rate(inputs: FeatureInputs) -> Value:
    """`duplicate-rate`, the interval from the spread over samples."""
    real2 = inputs.real.neighbours.nearest2
    if float(manifold.median(real2)) == 0:
        raise Unsupported("the reference itself is full of duplicates: its median nearest-neighbour distance is 0")
    return mean_value(duplicates.duplicate_rate(inputs.generated.neighbours.nearest2, real2))


def class_spread(inputs: FeatureInputs) -> Value:
    """`class-spread`, the mean over classes with 20 points on both sides."""
    real, made = inputs.classes().real, inputs.classes().generated
    if real is None or made is None:
        raise Unsupported("it compares within classes, and this encoder reads none")
    ratios = classes.class_spread(inputs.real.features, real, inputs.generated.features, made)
    if not len(ratios):
        raise Unsupported("no class has 20 samples on both sides, of which the real ones differ")
    return value(
        float(ratios.mean()), None, reason="no interval: a mean over classes", details={"classes": len(ratios)}
    )


def condition_accuracy(inputs: FeatureInputs) -> Value:
    """`condition-accuracy`, its interval a little wide near 1, with the classifier's accuracy on real data."""
    asked, read = _asked_and_read(inputs)
    hits = Hits(int((asked == read).sum()), len(asked))
    known = inputs.classes().accuracy
    return share_value(hits) if known is None else share_value(hits, details={"ruler_accuracy": known})


def condition_accuracy_by_class(inputs: FeatureInputs) -> dict[str, Value]:
    """`condition-accuracy-by-class`: the interval of `condition-accuracy`, of the samples asked for each class."""
    asked, read = _asked_and_read(inputs)
    hit = asked == read
    return class_values(asked, lambda rows: share_value(Hits(int(hit[rows].sum()), int(rows.sum()))))


def _asked_and_read(inputs: FeatureInputs) -> tuple[Tensor, Tensor]:
    asked, read = inputs.classes().asked, inputs.classes().generated
    if asked is None or read is None:
        raise Unsupported("it needs a conditional model and an encoder that reads classes")
    return asked, read
