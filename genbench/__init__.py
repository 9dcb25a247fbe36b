"""genbench: which of these generative models is better, at what, by how much, at what cost, and how sure are we?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genbench.api import Run, load, run, score, tune
    from genbench.core.errors import Unavailable, Unsupported
    from genbench.core.records import DataKind
    from genbench.core.values import Direction, Kind, Measurement, Value
    from genbench.evaluations.outcome import Image, Outcome
    from genbench.outside import wrap
    from genbench.protocols.dataset import Dataset, DataSpec, Split
    from genbench.protocols.evaluation import Evaluation, EvaluationConfig, FeatureConfig, Tuning
    from genbench.protocols.metric import Metric, MetricSpec
    from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective
    from genbench.protocols.space import Choice, Range
    from genbench.registry import (
        load_plugin,
        register_dataset,
        register_encoder,
        register_evaluation,
        register_metric,
        register_model,
    )
    from genbench.runs.options import Options
    from genbench.runs.suite import Suite

__version__ = "0.2.0"

__all__ = [
    "Adam",
    "Batch",
    "Budget",
    "Choice",
    "DataKind",
    "DataSpec",
    "Dataset",
    "Direction",
    "Evaluation",
    "EvaluationConfig",
    "FeatureConfig",
    "GenerativeModel",
    "Image",
    "Kind",
    "Measurement",
    "Metric",
    "MetricSpec",
    "Objective",
    "Options",
    "Outcome",
    "Range",
    "Run",
    "Split",
    "Suite",
    "Tuning",
    "Unavailable",
    "Unsupported",
    "Value",
    "load",
    "load_plugin",
    "register_dataset",
    "register_encoder",
    "register_evaluation",
    "register_metric",
    "register_model",
    "run",
    "score",
    "tune",
    "wrap",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


_HOME = {
    "genbench.api": ("Run", "load", "run", "score", "tune"),
    "genbench.core.errors": ("Unavailable", "Unsupported"),
    "genbench.core.records": ("DataKind",),
    "genbench.core.values": ("Direction", "Kind", "Measurement", "Value"),
    "genbench.evaluations.outcome": ("Image", "Outcome"),
    "genbench.outside": ("wrap",),
    "genbench.protocols.dataset": ("Dataset", "DataSpec", "Split"),
    "genbench.protocols.evaluation": ("Evaluation", "EvaluationConfig", "FeatureConfig", "Tuning"),
    "genbench.protocols.metric": ("Metric", "MetricSpec"),
    "genbench.protocols.model": ("Adam", "Batch", "Budget", "GenerativeModel", "Objective"),
    "genbench.protocols.space": ("Choice", "Range"),
    "genbench.runs.options": ("Options",),
    "genbench.runs.suite": ("Suite",),
    "genbench.registry": (
        "load_plugin",
        "register_dataset",
        "register_encoder",
        "register_evaluation",
        "register_metric",
        "register_model",
    ),
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `genbench --help` loads no torch."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'genbench' has no attribute {name!r}")
