"""genbench: which of these generative models is better, at what, by how much, at what cost, and how sure are we?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genbench.api import load, run, tune
    from genbench.core.values import Kind, Value
    from genbench.protocols.dataset import Dataset, DataSpec, Split
    from genbench.protocols.metric import MetricSpec
    from genbench.protocols.model import Adam, Batch, Budget, GenerativeModel, Objective
    from genbench.protocols.space import Choice, Range
    from genbench.registry import register_dataset, register_encoder, register_metric, register_model

__version__ = "0.1.0"

__all__ = [
    "Adam",
    "Batch",
    "Budget",
    "Choice",
    "DataSpec",
    "Dataset",
    "GenerativeModel",
    "Kind",
    "MetricSpec",
    "Objective",
    "Range",
    "Split",
    "Value",
    "load",
    "register_dataset",
    "register_encoder",
    "register_metric",
    "register_model",
    "run",
    "tune",
]

_HOME = {
    "genbench.api": ("load", "run", "tune"),
    "genbench.protocols.dataset": ("Dataset", "DataSpec", "Split"),
    "genbench.protocols.metric": ("MetricSpec",),
    "genbench.protocols.model": ("Adam", "Batch", "Budget", "GenerativeModel", "Objective"),
    "genbench.protocols.space": ("Choice", "Range"),
    "genbench.registry": ("register_dataset", "register_encoder", "register_metric", "register_model"),
    "genbench.core.values": ("Kind", "Value"),
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `genbench --help` loads no torch."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'genbench' has no attribute {name!r}")
