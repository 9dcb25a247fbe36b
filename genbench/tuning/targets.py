"""What a row is tuned for: one metric of one evaluation, computed on `val`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter

from genbench import registry
from genbench.core.errors import UnknownName, UsageError
from genbench.core.values import Direction
from genbench.evaluations.settings import AnySettings
from genbench.run.suite import ModelUse, Suite

NEEDS: Mapping[str, tuple[str, ...]] = {
    "sample-quality": ("samples",),
    "reconstruction": ("reconstructs",),
    "outlier-detection": ("outliers", "reconstructs", "density", "encodes"),
    "diversity": ("samples",),
}
"""Evaluations whose metrics a model can be tuned for, and of which capabilities one is needed."""

DEFAULTS = ("sample-quality", "reconstruction", "outlier-detection")
"""Which evaluation is taken where none is named: the first that the suite asks of the dataset and the row can do."""


@dataclass(frozen=True, slots=True)
class Target:
    """The evaluation with its settings, and the metric that is best at `direction`'s end (or nearest to `ideal`)."""

    settings: AnySettings
    metric: str
    direction: Direction
    ideal: float = 0.0

    def loss(self, value: float) -> float:
        """What is least for the best value."""
        if self.direction is Direction.NEAREST:
            return abs(value - self.ideal)
        return value if self.direction is Direction.LOWER else -value


def target(suite: Suite, use: ModelUse, dataset: str, metric: str = "") -> Target | None:
    """What the row is tuned for on the dataset: `metric`, else the headline of the suite's own evaluation.

    Samples come first (the Fréchet distance on the dataset's encoder, unless the suite's headline is another), then
    reconstructions (`mse`), then outlier scores (`auroc`). A row that can do something the suite does not ask for is
    tuned for that, with the evaluation's own defaults. None where it can do none of it.
    """
    if metric:
        found = _asked_for(suite, dataset, metric)
        return _of(found, metric) if _can(use, found.name) else None
    asked: dict[str, AnySettings] = {e.name: e for e in suite.evaluations if dataset in _datasets(suite, e)}
    possible = [name for name in DEFAULTS if _can(use, name)]
    for name in [n for n in possible if n in asked] or possible[:1]:
        settings = asked.get(name) or _settings(name)
        return _of(settings, _headline(settings))
    return None


def _asked_for(suite: Suite, dataset: str, metric: str) -> AnySettings:
    """The suite's settings of the evaluation that gives the metric, else that evaluation's defaults."""
    registry.metrics.get(metric)
    offers = {name: registry.evaluations.get(name).card.metrics for name in NEEDS}
    fitting = [name for name, metrics in offers.items() if metric in metrics]
    own = [e for e in suite.evaluations if e.name in NEEDS and dataset in _datasets(suite, e)]
    for settings in own:
        if settings.name in fitting or metric in (getattr(settings, "metrics", None) or ()):
            return settings
    if not fitting or registry.metrics.get(metric).card.needs == "density":
        known = sorted({m for metrics in offers.values() for m in metrics if not _on_density(m)})
        raise UsageError(f"nothing can be tuned for {metric!r}; --metric is one of {', '.join(known)}.")
    return _settings(fitting[0])


def _of(settings: AnySettings, metric: str) -> Target:
    spec = registry.metrics.get(metric).card
    if spec.needs == "density":
        raise UsageError(
            f"{metric!r} compares with the true density, which a tuner may not see: name another --metric."
        )
    chosen = settings.model_copy(update={"metrics": (metric,), "datasets": None, "headline": None})
    return Target(chosen, metric, spec.direction, spec.best or 0.0)


def _headline(settings: AnySettings) -> str:
    """The suite's headline, unless that needs the true density of a toy."""
    given = settings.headline
    if given and not _on_density(given):
        return given
    return str(registry.evaluations.get(settings.name).card.headline)


def _on_density(metric: str) -> bool:
    try:
        return registry.metrics.get(metric).card.needs == "density"
    except UnknownName:
        return False


def _can(use: ModelUse, evaluation: str) -> bool:
    capabilities = set(registry.models.get(use.model).card.capabilities)
    if use.sampler and "encodes" in capabilities:
        capabilities.add("samples")
    return bool(capabilities & set(NEEDS[evaluation]))


def _datasets(suite: Suite, settings: AnySettings) -> tuple[str, ...]:
    return suite.datasets if settings.datasets is None else settings.datasets


def _settings(name: str) -> AnySettings:
    adapter: TypeAdapter[Any] = TypeAdapter(AnySettings)
    return cast(AnySettings, adapter.validate_python({"name": name}))
