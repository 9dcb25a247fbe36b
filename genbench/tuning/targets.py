"""What a row is tuned for: one metric of one evaluation, computed on `val`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genbench import registry
from genbench.core.errors import UsageError
from genbench.core.records import DataFacts
from genbench.core.values import Direction
from genbench.evaluations.choice import can_give, metrics_of
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.protocols.metric import OF_THE_TRUTH
from genbench.runs.plan import record_of
from genbench.runs.suite import ModelUse, Suite


@dataclass(frozen=True, slots=True)
class Target:
    """The evaluation's configuration, and the metric that is best at `direction`'s end (or nearest to `ideal`)."""

    config: EvaluationConfig
    metric: str
    direction: Direction
    ideal: float = 0.0

    def loss(self, value: float) -> float:
        """What is least for the best value."""
        if self.direction is Direction.NEAREST:
            return abs(value - self.ideal)
        return value if self.direction is Direction.LOWER else -value


def target(suite: Suite, use: ModelUse, facts: DataFacts, metric: str = "") -> Target | None:
    """What the row is tuned for on a dataset: `metric`, else the headline of an evaluation that allows it.

    Evaluations come in the registry's order: those that the suite asks for on the dataset, with its own settings and
    headline, before others with their defaults. None where the row can do none of it.
    """
    if metric:
        found = _asked_for(suite, facts.name, metric)
        return _target(found, metric) if _can(use, record_of(found)) else None
    possible = [record for record in _tunable() if record.tuning and record.tuning.by_default and _can(use, record)]
    asked = {config.name: config for name, config in suite.pairs() if name == facts.name}
    for record in [r for r in possible if r.name in asked] or possible[:1]:
        config = asked.get(record.name) or record.config.model_validate({"name": record.name})
        return _target(config, _headline(record, config, facts))
    return None


def _tunable() -> Iterator[Evaluation]:
    return (entry.card for entry in registry.evaluations if entry.card.tuning is not None)


def _asked_for(suite: Suite, dataset: str, metric: str) -> EvaluationConfig:
    """The suite's configuration of an evaluation that gives the metric, else that evaluation's defaults."""
    registry.metrics.get(metric)
    fitting = [record for record in _tunable() if can_give(record, metric) and not _needs_truth(metric)]
    if not fitting:
        known = sorted({name for r in _tunable() for name in metrics_of(r) if not _needs_truth(name)})
        truth = " (it compares with the true density, which a tuner may not see)" if _needs_truth(metric) else ""
        raise UsageError(f"nothing can be tuned for {metric!r}{truth}; --metric is one of {', '.join(known)}.")
    own = [record for record in fitting if metric in record.own_metrics()] or fitting
    asked = {config.name: config for name, config in suite.pairs() if name == dataset}
    for record in (*own, *fitting):
        if record.name in asked and (record in own or metric in (asked[record.name].metrics or ())):
            return asked[record.name]
    return own[0].config.model_validate({"name": own[0].name})


def _target(config: EvaluationConfig, metric: str) -> Target:
    card = registry.metrics.get(metric).card
    chosen = config.model_copy(update={"metrics": (metric,), "datasets": None, "headline": None})
    return Target(chosen, metric, card.direction, card.best or 0.0)


def _headline(record: Evaluation, config: EvaluationConfig, facts: DataFacts) -> str:
    """The suite's headline, else the evaluation's own, unless that needs the truth."""
    wanted = [config.headline or "", record.headline_on(facts.kind), *record.metrics_on(facts.kind)]
    return next(name for name in wanted if name and not _needs_truth(name))


def _needs_truth(metric: str) -> bool:
    """Whether a metric compares with the density of a toy."""
    return metric in registry.metrics and registry.metrics.get(metric).card.needs in OF_THE_TRUTH


def _can(use: ModelUse, record: Evaluation) -> bool:
    capabilities = set(registry.models.get(use.model).card.capabilities)
    if use.sampler and "encodes" in capabilities:
        capabilities.add("samples")
    return not record.capabilities or bool(capabilities & set(record.capabilities))
