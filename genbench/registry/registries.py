"""The five registries. Their catalogues and the entry points are imported when first asked."""

from __future__ import annotations

from typing import Any

from genbench.protocols.card import DatasetCard, EncoderCard, ModelCard
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import Metric
from genbench.registry.entries import Registry

models: Registry[ModelCard] = Registry("model", "genbench.models.catalogue", "genbench.models")
datasets: Registry[DatasetCard] = Registry("dataset", "genbench.data.catalogue", "genbench.datasets")
encoders: Registry[EncoderCard] = Registry("encoder", "genbench.encoders.catalogue", "genbench.encoders")
metrics: Registry[Metric] = Registry("metric", "genbench.metrics.catalogue", "genbench.metrics", field="measure")
evaluations: Registry[Evaluation] = Registry(
    "evaluation", "genbench.evaluations.catalogue", "genbench.evaluations", field="function"
)

ALL: tuple[Registry[Any], ...] = (models, datasets, encoders, metrics, evaluations)
