"""The metrics of outlier detection, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

WAYS = ("base", "random", "mined", "oracle")
UP, DOWN = Direction.HIGHER, Direction.LOWER
_metric = partial(Metric, group="outlier-detection")

METRICS: list[Metric] = [
    _metric(
        name="auroc", title="AUROC", direction=UP, chance=0.5, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:auroc", paper="DeLong et al. 1988",
        version=2,
        summary="Chance that an outlier scores higher than an ordinary example; ties count half.",
    ),
    _metric(
        name="aupr-out", title="AUPR, outliers positive", direction=UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:aupr_out",
        version=2,
        summary="Average precision with the outliers as the positive class.",
    ),
    _metric(
        name="aupr-in", title="AUPR, ordinary positive", direction=UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:aupr_in",
        version=2,
        summary="Average precision with the ordinary data as the positive class, the score negated.",
    ),
    _metric(
        name="fpr95", title="FPR95", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:fpr95",
        version=2,
        summary="Share of outliers accepted at the threshold that accepts 95 % of ordinary data.",
    ),
    _metric(
        name="recall-at-5", title="recall at 5 %", direction=UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:recall_at_5",
        version=2,
        summary="Share of all outliers among the 5 % strangest.",
    ),
    _metric(
        name="mining-gain", title="gain by mining", direction=UP, low=-1.0, high=1.0, needs="mining",
        measure="genbench.metrics.mining:mining_gain", data=("pool",), targets=("rare", "ordinary"),
        version=2,
        summary="Accuracy of a classifier after 500 examples were labelled: the most unusual less as many random ones.",
    ),
    _metric(
        name="mining-accuracy", title="accuracy after mining", direction=UP, low=0.0, high=1.0, needs="mining",
        measure="genbench.metrics.mining:mining_accuracy", data=("pool",),
        targets=tuple(f"{kind}:{way}" for kind in ("rare", "ordinary") for way in WAYS),
        version=2,
        summary="Accuracy of a classifier on rare and ordinary examples, by which 500 of a pool were labelled.",
    ),
    _metric(
        name="mining-precision", title="rare among the mined", direction=UP, low=0.0, high=1.0, needs="mining",
        measure="genbench.metrics.mining:mining_precision", data=("pool",),
        version=2,
        summary="Share of rare examples among the 500 most unusual of a pool.",
    ),
]
