"""The metrics of memorisation, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN, NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST
_metric = partial(Metric, group="memorisation")

METRICS: list[Metric] = [
    _metric(
        name="authenticity", needs="training-features",
        direction=UP, low=0.0, high=1.0, measure="genbench.metrics.copying:authenticity",
        sweep=("nearest-training", "training-neighbours"), paper="Alaa et al. 2022, arXiv 2102.08921",
        version=2,
        summary="Share of samples farther from a training point than it is from its own; judge by the ceiling.",
    ),
    _metric(
        name="ct", needs="training-features",
        title="C_T", direction=NEAR, best=0.0, least_n=20, measure="genbench.metrics.copying:data_copying",
        sweep=("nearest-training",), paper="Meehan et al. 2020, arXiv 2004.05675",
        version=3,
        summary="Z-score of nearest-training distances, generated against reference; under −3: copying.",
    ),
    _metric(
        name="nn-distance-ratio", needs="training-features",
        title="nearest-neighbour distance ratio", direction=NEAR, best=1.0, low=0.0,
        measure="genbench.metrics.copying:distance_ratio", sweep=("nearest-training",),
        summary="Median distance to the training set, samples over reference; 0: copies.",
    ),
    _metric(
        name="membership-auc", needs="training-features",
        title="membership AUC", direction=NEAR, best=0.5, low=0.0, high=1.0,
        targets=("distance", "nll", "reconstruction"), measure="genbench.metrics.copying:membership_auc",
        sweep=("nearest-sample", "nearest-sample-to-training"), paper="Chen et al. 2020, arXiv 1909.03935",
        version=3,
        summary="How well nearness to the samples tells training members from reference points.",
    ),
    _metric(
        name="train-test-gap", needs="training-features",
        direction=NEAR, best=0.0, measure="genbench.metrics.copying:train_test_gap",
        version=3,
        summary="Fréchet distance to training points less the one to the reference, equal n.",
    ),
    _metric(
        name="copy-rate", needs="training-features",
        direction=DOWN, best=0.0, low=0.0, high=1.0, measure="genbench.metrics.copying:copy_rate",
        sweep=("training-neighbours",),
        version=2,
        summary="Share of samples within 0.1 × the median nearest-neighbour distance of a training example.",
    ),
]
