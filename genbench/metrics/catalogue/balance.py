"""The metrics of balance, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN, NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST
_metric = partial(Metric, group="balance")

METRICS: list[Metric] = [
    _metric(
        name="attribute-tv", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="labels", least_n=1,
        data=("attributes",), targets=("data", "uniform"), measure="genbench.metrics.balance:share_distance",
        summary="½ Σ |p − q| between attribute shares of samples and target.",
    ),
    _metric(
        name="attribute-kl", direction=DOWN, best=0.0, low=0.0, unit="nats", needs="labels", least_n=1,
        data=("attributes",), targets=("data", "uniform"), measure="genbench.metrics.balance:share_divergence",
        summary="KL divergence of the samples' attribute shares from the target, Laplace ½.",
    ),
    _metric(
        name="minority-recall", direction=NEAR, best=1.0, low=0.0, needs="labels", least_n=1, targets=("", "worst"),
        measure="genbench.metrics.balance:rare_share", version=2, data=("attributes",),
        summary="Share of the rare attribute in the samples over its share in the data.",
    ),
    _metric(
        name="resampling-accuracy", direction=UP, low=0.0, high=1.0, needs="resampled", least_n=1,
        data=("labels", "rare"), targets=("minority", "majority", "plain-minority", "plain-majority"),
        measure="genbench.metrics.augmentation:resampling_accuracies",
        paper="Amini et al. 2019, doi:10.1145/3306618.3314243",
        summary="Accuracy of a classifier whose examples are drawn by the inverse density of their codes.",
    ),
    _metric(
        name="resampling-gain", direction=UP, low=-1.0, high=1.0, needs="resampled", least_n=1,
        data=("labels", "rare"), targets=("minority", "majority"),
        measure="genbench.metrics.augmentation:resampling_gains",
        paper="Amini et al. 2019, doi:10.1145/3306618.3314243",
        summary="Accuracy with that resampling less that of plain training, the same seeds.",
    ),
]
