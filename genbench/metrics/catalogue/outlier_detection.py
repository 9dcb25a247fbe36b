"""The metrics of outlier detection, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

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
]
