"""What measures are given: one record for each family of `genbench.protocols.metric.NEEDS`.

| need | record |
|---|---|
| `features`, `training-features`, `probabilities`, `condition` | `FeatureInputs` |
| `images`, `image-features` | `ImageInputs` |
| `codes`, `labelled-codes`, `factor-codes` | `CodeInputs` |
| `density`, `modes` | `DensityInputs`; `ModeInputs` where only the modes are known |
| `likelihood` | `LikelihoodInputs` |
| `scores` | `ScoreInputs` |
| `mining` | `MiningInputs` |
| `labels` | `AttributeInputs` |
| `classifiers`, `resampled` | `ClassifierInputs` |
| `cost` | `CostInputs` of `genbench.evaluations.timing` |

A metric of your own is a function of one of these: `@register_metric(Metric(..., needs="features"))`.
"""

from __future__ import annotations

from genbench.metrics.augmentation import ClassifierInputs
from genbench.metrics.balance import AttributeInputs
from genbench.metrics.features import FeatureInputs
from genbench.metrics.latents import CodeInputs
from genbench.metrics.likelihood import LikelihoodInputs
from genbench.metrics.measure import Inputs, Sizes
from genbench.metrics.mining import MiningInputs
from genbench.metrics.outliers import ScoreInputs
from genbench.metrics.reconstruction import ImageInputs
from genbench.metrics.toys import DensityInputs, ModeInputs

__all__ = [
    "AttributeInputs",
    "ClassifierInputs",
    "CodeInputs",
    "DensityInputs",
    "FeatureInputs",
    "ImageInputs",
    "Inputs",
    "LikelihoodInputs",
    "MiningInputs",
    "ModeInputs",
    "ScoreInputs",
    "Sizes",
]
