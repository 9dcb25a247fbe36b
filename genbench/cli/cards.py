"""What the registries know of one entry, as plain data for tables and JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from genbench import registry
from genbench.core.errors import UsageError, nearest
from genbench.core.records import DataKind
from genbench.evaluations.choice import can_give, metrics_of
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.protocols.metric import Metric
from genbench.runs import suite_file

REGISTRIES: dict[str, registry.Registry[Any]] = {
    "models": registry.models,
    "datasets": registry.datasets,
    "encoders": registry.encoders,
    "metrics": registry.metrics,
    "evaluations": registry.evaluations,
}
KINDS = (*REGISTRIES, "suites")


def check_kind(kind: str, known: tuple[str, ...] = KINDS) -> None:
    """Raise `UsageError` where there is no such kind."""
    if kind not in known:
        near = nearest(kind, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"there is nothing called {kind!r} to list: {hint}It is one of {', '.join(known)}.")


def card(entry: registry.Entry[Any]) -> dict[str, Any]:
    """All that is known of an entry without its code."""
    if isinstance(entry.card, Evaluation):
        return _evaluation(entry.card)
    found = {field.name: getattr(entry.card, field.name) for field in dataclasses.fields(entry.card)}
    if isinstance(entry.card, Metric):
        found["evaluations"] = [e.card.name for e in registry.evaluations if can_give(e.card, entry.card.name)]
    if callable(found.get("measure")):
        found["measure"] = f"{found['measure'].__module__}:{found['measure'].__qualname__}"
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in found.items()}


def _evaluation(record: Evaluation) -> dict[str, Any]:
    headlines = {str(kind): record.headline_on(kind) for kind in DataKind if record.headline_on(kind)}
    return {
        "name": record.name,
        "summary": record.summary,
        "headline": next(iter(headlines.values()), ""),
        "headlines": headlines,
        "metrics": list(record.own_metrics()),
        "can also give": [name for name in metrics_of(record) if name not in record.own_metrics()],
        "needs of a model": " or ".join(record.capabilities),
        "needs of data": list(record.data),
        "settings": _settings(record.config),
        "version": record.version,
        "paper": record.paper,
    }


def _settings(config: type[EvaluationConfig]) -> dict[str, Any]:
    """The keys of its table in a suite and their defaults."""
    return {
        name: None if field.default is PydanticUndefined else field.default
        for name, field in config.model_fields.items()
        if name != "name"
    }


def suite_cards() -> list[dict[str, str]]:
    """Name and summary of the suites that come with genbench."""
    return [{"name": name, "summary": suite_file.read(suite_file.find(name)).summary} for name in suite_file.names()]


def as_text(value: Any) -> str:
    """A value as a cell of a table has it, for rich's markup."""
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {'(chosen)' if v is None else v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        words = [str(item) for item in value]
        sentences = any(word.endswith(".") for word in words)
        joint = " × " if value and isinstance(value[0], int) else "\n" if sentences else ", "
        return joint.join(words).replace("[", "\\[")
    return "" if value is None else str(value).replace("[", "\\[")
