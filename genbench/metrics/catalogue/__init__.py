"""Every metric of genbench, declared once each; what reports, plans and the panel know of one is derived from here.

Torch-free. A file for each evaluation's group. The measures are in the files that their strings name; each takes the
inputs record of its need (`genbench.metrics.inputs`).
"""

from __future__ import annotations

from genbench.metrics.catalogue import (
    augmentation,
    balance,
    density,
    diversity,
    latent_structure,
    memorisation,
    outlier_detection,
    reconstruction,
    sample_quality,
    speed,
)
from genbench.protocols.metric import Metric

METRICS: list[Metric] = [
    *sample_quality.METRICS,
    *diversity.METRICS,
    *reconstruction.METRICS,
    *outlier_detection.METRICS,
    *memorisation.METRICS,
    *density.METRICS,
    *latent_structure.METRICS,
    *augmentation.METRICS,
    *balance.METRICS,
    *speed.METRICS,
]

CATALOGUE = METRICS
