"""Names to code: `"module:object"` strings that are imported only when asked for, entry points, plugin files.

A registry entry is a card (what `genbench list` prints, torch-free) and a target. Built-in cards live in the
torch-free catalogues (`genbench.models.catalogue`, ...); third parties come by decorator, which a plugin file, an
entry-point group (`genbench.models`, `genbench.datasets`, ...) or a plain import runs. `origins` and `replay` take
their names into other processes.
"""

from __future__ import annotations

from genbench.registry.code import code_hash
from genbench.registry.decorators import (
    register_dataset,
    register_encoder,
    register_evaluation,
    register_metric,
    register_model,
)
from genbench.registry.entries import Entry, Registry
from genbench.registry.entry_points import PluginWarning
from genbench.registry.origin import Origin, Registered, origins, replay, unrepeatable
from genbench.registry.plugins import load_plugin
from genbench.registry.registries import datasets, encoders, evaluations, metrics, models
from genbench.registry.run_guard import ReplayEnds, replaying, run_begins

__all__ = [
    "Entry",
    "Origin",
    "PluginWarning",
    "Registered",
    "Registry",
    "ReplayEnds",
    "code_hash",
    "datasets",
    "encoders",
    "evaluations",
    "load_plugin",
    "metrics",
    "models",
    "origins",
    "register_dataset",
    "register_encoder",
    "register_evaluation",
    "register_metric",
    "register_model",
    "replay",
    "replaying",
    "run_begins",
    "unrepeatable",
]
