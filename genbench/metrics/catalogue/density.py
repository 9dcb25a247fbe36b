"""The metrics of density on toys, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

DOWN = Direction.LOWER
_metric = partial(Metric, group="density")

METRICS: list[Metric] = [
    _metric(
        name="tv", title="total variation", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="density",
        data=("density",), least_n=1, measure="genbench.metrics.toys:total_variation",
        summary="½ ∫ |p − q| on a grid.",
    ),
    _metric(
        name="kl-forward", title="KL(p_data ‖ p_model)", direction=DOWN, best=0.0, low=0.0, unit="nats",
        needs="density", data=("density",), least_n=1, measure="genbench.metrics.toys:kl_forward",
        summary="∫ p log p/q on a grid.",
    ),
    _metric(
        name="kl-reverse", title="KL(p_model ‖ p_data)", direction=DOWN, best=0.0, low=0.0, unit="nats",
        needs="density", data=("density",), least_n=1, measure="genbench.metrics.toys:kl_reverse",
        version=2,
        summary="∫ q log q/p on a grid.",
    ),
    _metric(
        name="dense-error", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="density", data=("density",),
        least_n=1, measure="genbench.metrics.toys:dense_error",
        summary="Total variation within the cells that hold the top 80 % of true mass.",
    ),
    _metric(
        name="sparse-error", direction=DOWN, best=0.0, low=0.0, high=1.0, needs="density", data=("density",),
        least_n=1, measure="genbench.metrics.toys:sparse_error",
        summary="Total variation within the cells that hold the last 20 % of true mass.",
    ),
    _metric(
        name="wasserstein-1", title="Wasserstein-1 distance", direction=DOWN, best=0.0, low=0.0, needs="density",
        data=("density", "line"), least_n=1, measure="genbench.metrics.toys:wasserstein_1",
        version=2,
        summary="∫ |F − G| between samples of a 1-D law and of the model.",
    ),
    _metric(
        name="density-at", title="p_model / p_data at the mark", direction=Direction.NEAREST, best=1.0, low=0.0,
        needs="density", data=("density", "line", "mark"), least_n=1, measure="genbench.metrics.toys:density_at",
        summary="The model's density over the true one at the one value that the dataset marks.",
    ),
]
