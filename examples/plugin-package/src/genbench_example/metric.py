"""`mean-gap`: the distance between the means of two sets of features."""

from __future__ import annotations

from genbench import Direction, Metric, register_metric
from genbench.metrics.inputs import FeatureInputs


@register_metric(
    Metric(
        name="mean-gap",
        summary="Distance between the means of reference and generated features.",
        direction=Direction.LOWER,
        needs="features",
        low=0.0,
        best=0.0,
    )
)
def mean_gap(inputs: FeatureInputs) -> float:
    """‖mean of the reference − mean of the samples‖, in units of the features; ≥ 0, 0 is best."""
    real, generated = inputs.real.features, inputs.generated.features
    return float((real.mean(0) - generated.mean(0)).norm())
