"""The evaluations that come with genbench, in the order in which a report shows them. Torch-free."""

from __future__ import annotations

from genbench.evaluations import (
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
from genbench.protocols.evaluation import Evaluation

CATALOGUE: list[Evaluation] = [
    sample_quality.EVALUATION,
    density.EVALUATION,
    reconstruction.EVALUATION,
    diversity.EVALUATION,
    latent_structure.EVALUATION,
    memorisation.EVALUATION,
    outlier_detection.EVALUATION,
    augmentation.EVALUATION,
    balance.EVALUATION,
    speed.EVALUATION,
]
