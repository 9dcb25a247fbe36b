"""Measures of sample quality: each metric's value with its interval, from what a pair of feature sets knows."""

from __future__ import annotations

import math

from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import fld, frechet, inception_score, kernels, two_sample, wasserstein
from genbench.metrics.features import FeatureInputs
from genbench.metrics.intervals import from_error
from genbench.metrics.kernels import Cubic, Gaussians, Kernel, UnitGaussian
from genbench.metrics.two_sample import NearestTies
from genbench.metrics.values import Details, share_value, value


def frechet_distance(inputs: FeatureInputs) -> Value:
    """`frechet`, with the mean that two samples of the reference's own normal would give as `bias_floor`.

    The value is biased upwards and its interval is about it, not about the distance of the laws: the remark says so.
    """
    real, made = inputs.real.moments, inputs.generated.moments
    distance = frechet.frechet_distance(real, made)
    interval, reason = frechet.interval(distance, real, made)
    floor = frechet.bias_floor(real.eigenvalues, real.n, made.n) if real.dim <= frechet.INFLUENCE_LIMIT else None
    details = {} if floor is None else {"bias_floor": floor}
    about = "" if floor is None else f": two samples of one law would be at about {floor:.3g}"
    biased = f"biased upwards at this n{about}; the interval is about the biased value"
    return value(distance, interval, reason=biased if interval else reason, details=details)


def frechet_extrapolated(inputs: FeatureInputs) -> Value:
    """`frechet-inf`, with the interval of the regression's intercept: a little narrow (91 %), as subsets overlap."""
    made = inputs.generated
    least = max(500, 8 * made.dim)
    if len(made) < least:
        raise Unsupported(f"extrapolation needs {least} samples (8 a feature, 500 at least), got {len(made)}")
    line = frechet.extrapolate(inputs.real.moments, made.ordered, inputs.generator)
    half = line.quantile * line.error
    return value(line.value, (line.value - half, line.value + half), kind=Kind.ESTIMATE)


def _unbiased(inputs: FeatureInputs, kernel: Kernel, details: Details | None = None) -> Value:
    sums = inputs.pair.sums(kernel)
    mmd, error = kernels.mmd_unbiased(sums), kernels.jackknife(sums)
    return value(mmd, None if math.isnan(error) else from_error(mmd, error), kind=Kind.ESTIMATE, details=details)


def kid(inputs: FeatureInputs) -> Value:
    """`kid`, with a jackknife interval."""
    return _unbiased(inputs, Cubic(inputs.real.dim))


def mmd_rbf(inputs: FeatureInputs) -> Value:
    """`mmd-rbf`, with a jackknife interval."""
    return _unbiased(inputs, gaussians(inputs), {"median_distance": inputs.real.median_distance})


def gaussians(inputs: FeatureInputs) -> Gaussians:
    """The Gaussian kernels of a reference. Raises `Unsupported` where its median distance is 0."""
    if inputs.real.median_distance <= 0:
        raise Unsupported("the median distance within the reference is 0, so the kernels have no width")
    return Gaussians(inputs.real.median_distance)


def cmmd(inputs: FeatureInputs) -> Value:
    """`cmmd`, with a jackknife interval."""
    sums = inputs.pair.sums(UnitGaussian())
    mmd, error = kernels.mmd_biased(sums), kernels.jackknife(sums, biased=True)
    return value(1000 * mmd, None if math.isnan(error) else from_error(1000 * mmd, 1000 * error, low=0.0))


def inception(inputs: FeatureInputs) -> Value:
    """`inception-score`, with a jackknife interval."""
    p = inputs.classes().probabilities
    if p is None:
        raise Unsupported("it reads class probabilities, and this encoder gives none")
    if len(p) < 10 * p.shape[1]:
        raise Unsupported(f"it needs 10 samples a class, {10 * p.shape[1]} in all, got {len(p)}")
    score = inception_score.inception_score(p)
    return value(score.value, from_error(score.value, score.error, low=1.0, high=p.shape[1]))


def sliced_wasserstein(inputs: FeatureInputs) -> Value:
    """`sliced-wasserstein`, with an interval over samples and directions that leaves out its bias near 0."""
    sliced = _sliced(inputs)
    interval = from_error(sliced.value, sliced.error, low=0.0)
    return value(sliced.value, interval, kind=Kind.ESTIMATE, details={"directions": sliced.directions})


def _sliced(inputs: FeatureInputs) -> wasserstein.Sliced:
    """On the directions that the generator gives; rows of one seed share them, and what they say of the reference."""
    real, state = inputs.real.features, inputs.generator.get_state().numpy().tobytes()
    kept: dict[bytes, wasserstein.Lines] = inputs.real.once("lines", dict)
    if state not in kept:
        kept.clear()  # of the seed before
        kept[state] = wasserstein.lines(real, inputs.generator)
    return wasserstein.sliced_wasserstein(real, inputs.generated.features, inputs.generator, on=kept[state])


def mind(inputs: FeatureInputs) -> Value:
    """`mind`, with the interval of the sliced distance squared, which leaves out the bias near 0 as that does."""
    sliced = _sliced(inputs)
    scale = 3 * inputs.real.dim
    interval = from_error(scale * sliced.value**2, 2 * scale * sliced.value * sliced.error, low=0.0)
    return value(scale * sliced.value**2, interval, kind=Kind.ESTIMATE, details={"directions": sliced.directions})


def c2st(inputs: FeatureInputs) -> Value:
    """`c2st`, with a binomial interval."""
    hits = two_sample.c2st(inputs.real.ordered, inputs.generated.ordered, inputs.generator)
    return share_value(hits, kind=Kind.ESTIMATE)


def nn_accuracy(inputs: FeatureInputs) -> dict[str, Value]:
    """`nn-accuracy` over all points, real ones and generated ones, with binomial intervals: that over all is narrow (90
    to 94 %), as neighbours are each other's."""
    pair, real, made = inputs.pair, inputs.real, inputs.generated
    pair.prepare(nearest=["rows", "columns"])
    hits = two_sample.nn_accuracy(
        (
            NearestTies(real.neighbours.nearest2, real.tied),
            NearestTies(pair.nearest_columns.nearest2, pair.ties_of_columns().count),
        ),
        (
            NearestTies(made.neighbours.nearest2, made.tied),
            NearestTies(pair.nearest_rows.nearest2, pair.ties_of_rows().count),
        ),
    )
    return {target: share_value(found) for target, found in hits.items()}


def likelihood_divergence(inputs: FeatureInputs) -> Value:
    """`fld`, without an interval."""
    train, _ = inputs.training()
    real, made = inputs.real, inputs.generated
    if train is real:
        raise Unsupported("the training set is the reference itself, and it needs both")
    number = fld.feature_likelihood_divergence(real.ordered, made.ordered, train.ordered, inputs.generator)
    return value(number, kind=Kind.ESTIMATE, reason="no interval: it is fitted on the whole set")
