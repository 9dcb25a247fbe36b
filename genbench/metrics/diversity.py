"""Diversity: each metric's value with its interval, from what a pair of sets knows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.metrics import classes, clipped, duplicates, manifold
from genbench.metrics.case import Case, Measure, mean_value, share_value, value
from genbench.metrics.intervals import Z95, from_error, mean_error
from genbench.metrics.two_sample import Hits


def _constant(case: Case) -> str | None:
    """A remark where balls are points."""
    sides = {"reference": case.real, "samples": case.fake}
    flat = [name for name, side in sides.items() if float(side.radii2.max()) == 0]
    return f"all radii of the {' and the '.join(flat)} are 0: identical rows" if flat else None


def _share(case: Case, terms: str) -> Value:
    of = {"precision": manifold.precision, "recall": manifold.recall, "coverage": manifold.coverage}[terms]
    return mean_value(of(case.pair.held), reason=_constant(case), details={"k": case.real.k})


def _density(case: Case) -> Value:
    held, k = case.pair.held, case.real.k
    found = mean_value(manifold.density(held, k), high=math.inf, reason=_constant(case), details={"k": k})
    exact = int(held.real_balls.sum()) / (k * len(held.real_balls))
    return replace(found, value=exact)


def _clipped_density(case: Case) -> Value:
    own = case.real.self_balls
    k = case.real.k
    norm = float(own.clamp(max=k).double().mean()) / k
    if norm == 0:
        raise Unsupported("no reference ball holds another reference point, so there is nothing to calibrate with")
    terms = case.pair.held.clipped_balls.clamp(max=k).double() / k
    number = clipped.clipped_density(case.pair.held, own, k)
    return value(number, from_error(number, mean_error(terms) / norm, low=0.0, high=1.0), details={"k": k})


def _clipped_coverage(case: Case) -> Value:
    held, k = case.pair.held, case.real.k
    expected = clipped.expected_coverage(len(held.samples), len(held.real_balls), k)
    terms = held.samples.clamp(max=k).double() / k
    mean, half = float(terms.mean()), Z95 * mean_error(terms)
    low, high = (float(np.searchsorted(expected, c - 1e-12)) / len(expected) for c in (mean - half, mean + half))
    return value(clipped.clipped_coverage(held, k), (low, high), details={"k": k})


def _vendi(case: Case) -> Value:
    score = case.fake.vendi
    interval = None if score.error is None else from_error(score.value, score.error, low=1.0, high=len(case.fake))
    return value(score.value, interval, reason=None if interval else "no interval: the matrix is too large for it")


def _vendi_ratio(case: Case) -> Value:
    real, fake = case.real.vendi, case.fake.vendi
    if len(case.real) != len(case.fake):
        raise Unsupported(f"the Vendi score grows with n: a ratio needs equal n, got {len(case.fake)} samples")
    ratio = fake.value / real.value
    interval = None if fake.error is None else from_error(ratio, fake.error / real.value, low=0.0)
    return value(ratio, interval, reason=None if interval else "no interval: the matrix is too large for it")


def _duplicates(case: Case) -> Value:
    real2 = case.real.neighbours.nearest2
    if float(manifold.median(real2)) == 0:
        raise Unsupported("the reference itself is full of duplicates: its median nearest-neighbour distance is 0")
    return mean_value(duplicates.duplicate_rate(case.fake.neighbours.nearest2, real2))


def _class_spread(case: Case) -> Value:
    real, fake = case.readings.real, case.readings.generated
    if real is None or fake is None:
        raise Unsupported("it compares within classes, and this encoder reads none")
    ratios = classes.class_spread(case.real.features, real, case.fake.features, fake)
    if not len(ratios):
        raise Unsupported("no class has 20 samples on both sides")
    return value(
        float(ratios.mean()), None, reason="no interval: a mean over classes", details={"classes": len(ratios)}
    )


def _condition_accuracy(case: Case) -> Value:
    asked, read = case.readings.asked, case.readings.generated
    if asked is None or read is None:
        raise Unsupported("it needs a conditional model and an encoder that reads classes")
    hits = Hits(int((asked == read).sum()), len(asked))
    known = case.readings.accuracy
    return share_value(hits) if known is None else share_value(hits, details={"ruler_accuracy": known})


DIVERSITY: dict[str, Measure] = {
    "precision": lambda case: _share(case, "precision"),
    "recall": lambda case: _share(case, "recall"),
    "density": _density,
    "coverage": lambda case: _share(case, "coverage"),
    "clipped-density": _clipped_density,
    "clipped-coverage": _clipped_coverage,
    "vendi": _vendi,
    "vendi-ratio": _vendi_ratio,
    "duplicate-rate": _duplicates,
    "class-spread": _class_spread,
    "condition-accuracy": _condition_accuracy,
}
