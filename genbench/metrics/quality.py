"""Sample quality: each metric's value with its interval, from what a pair of sets knows."""

from __future__ import annotations

import math

from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import fld, frechet, inception_score, kernels, two_sample, wasserstein
from genbench.metrics.case import Answer, Case, Details, Measure, share_value, value
from genbench.metrics.intervals import from_error
from genbench.metrics.kernels import Cubic, Gaussians, Kernel, UnitGaussian


def _frechet(case: Case) -> Value:
    real, fake = case.real.moments, case.fake.moments
    distance = frechet.frechet_distance(real, fake)
    interval, reason = frechet.interval(distance, real, fake)
    floor = frechet.bias_floor(real.eigenvalues, real.n, fake.n) if real.dim <= frechet.INFLUENCE_LIMIT else None
    details = {} if floor is None else {"bias_floor": floor}
    return value(distance, interval, reason=reason, details=details)


def _frechet_inf(case: Case) -> Value:
    least = max(500, 8 * case.fake.dim)
    if len(case.fake) < least:
        raise Unsupported(f"extrapolation needs {least} samples (8 a feature, 500 at least), got {len(case.fake)}")
    line = frechet.extrapolate(case.real.moments, case.fake.features, case.generator)
    half = line.quantile * line.error
    return value(line.value, (line.value - half, line.value + half), kind=Kind.ESTIMATE)


def _unbiased(case: Case, kernel: Kernel, details: Details | None = None) -> Value:
    sums = case.pair.sums(kernel)
    mmd, error = kernels.mmd_unbiased(sums), kernels.jackknife(sums)
    return value(mmd, None if math.isnan(error) else from_error(mmd, error), kind=Kind.ESTIMATE, details=details)


def _kid(case: Case) -> Value:
    return _unbiased(case, Cubic(case.real.dim))


def _mmd_rbf(case: Case) -> Value:
    return _unbiased(case, gaussians(case), {"median_distance": case.real.median_distance})


def gaussians(case: Case) -> Gaussians:
    """The Gaussian kernels of a reference. Raises `Unsupported` where its median distance is 0."""
    if case.real.median_distance <= 0:
        raise Unsupported("the median distance within the reference is 0, so the kernels have no width")
    return Gaussians(case.real.median_distance)


def _cmmd(case: Case) -> Value:
    sums = case.pair.sums(UnitGaussian())
    mmd, error = kernels.mmd_biased(sums), kernels.jackknife(sums, biased=True)
    return value(1000 * mmd, None if math.isnan(error) else from_error(1000 * mmd, 1000 * error, low=0.0))


def _inception_score(case: Case) -> Value:
    p = case.readings.probabilities
    if p is None:
        raise Unsupported("it reads class probabilities, and this encoder gives none")
    if len(p) < 10 * p.shape[1]:
        raise Unsupported(f"it needs 10 samples a class, {10 * p.shape[1]} in all, got {len(p)}")
    score = inception_score.inception_score(p)
    return value(score.value, from_error(score.value, score.error, low=1.0, high=p.shape[1]))


def _sliced(case: Case) -> Value:
    sliced = wasserstein.sliced_wasserstein(case.real.features, case.fake.features, case.generator)
    interval = from_error(sliced.value, sliced.error, low=0.0)
    return value(sliced.value, interval, kind=Kind.ESTIMATE, details={"directions": sliced.directions})


def _c2st(case: Case) -> Value:
    hits = two_sample.c2st(case.real.features, case.fake.features, case.generator)
    return share_value(hits, kind=Kind.ESTIMATE)


def _nn_accuracy(case: Case) -> Answer:
    case.pair.prepare(nearest=["rows", "columns"])
    hits = two_sample.nn_accuracy(
        case.real.neighbours.nearest2,
        case.fake.neighbours.nearest2,
        case.pair.nearest_columns.nearest2,
        case.pair.nearest_rows.nearest2,
    )
    return {f"nn-accuracy:{target}": share_value(found) for target, found in hits.items()}


def _fld(case: Case) -> Value:
    train, _ = case.training()
    if train is case.real:
        raise Unsupported("the training set is the reference itself, and it needs both")
    number = fld.feature_likelihood_divergence(case.real.features, case.fake.features, train.features, case.generator)
    return value(number, kind=Kind.ESTIMATE, reason="no interval: it is fitted on the whole set")


QUALITY: dict[str, Measure] = {
    "frechet": _frechet,
    "frechet-inf": _frechet_inf,
    "kid": _kid,
    "mmd-rbf": _mmd_rbf,
    "cmmd": _cmmd,
    "inception-score": _inception_score,
    "sliced-wasserstein": _sliced,
    "c2st": _c2st,
    "nn-accuracy": _nn_accuracy,
    "fld": _fld,
}
