"""What an evaluation measures on a dataset: the metrics that fit, the headline, and what is left out. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench import registry
from genbench.core.records import DataFacts
from genbench.protocols.evaluation import EVERY, Evaluation, EvaluationConfig


@dataclass(frozen=True, slots=True)
class Choice:
    """The metrics to measure, the headline among them, and a line for each that the suite names without effect."""

    metrics: tuple[str, ...]
    headline: str
    notes: tuple[str, ...] = ()


def choose(evaluation: Evaluation, config: EvaluationConfig, facts: DataFacts) -> Choice | str:
    """What is measured on a dataset, or why nothing is."""
    reason = evaluation.misfit(facts)
    if reason is not None:
        return reason
    named = _named(evaluation, config, facts)
    fitting = tuple(name for name in named if _lacking(name, facts) is None)
    if not fitting:
        return _lacking(named[0], facts) or "has nothing to measure"
    on_purpose = () if config.metrics == (EVERY,) else config.metrics or ()
    notes = tuple(f"{name}: {facts.name} {_lacking(name, facts)}" for name in on_purpose if name not in fitting)
    return Choice(fitting, _headline(evaluation, config, facts, fitting), notes)


def _named(evaluation: Evaluation, config: EvaluationConfig, facts: DataFacts) -> tuple[str, ...]:
    """The suite's metrics, else the evaluation's for this kind of data; with `"all"`, the rest of its group too."""
    own = evaluation.metrics_on(facts.kind)
    if config.metrics == (EVERY,):
        rest = [e.card.name for e in registry.metrics if e.card.group == evaluation.name]
        return tuple(dict.fromkeys((*own, *rest)))
    return config.metrics or own


def _headline(evaluation: Evaluation, config: EvaluationConfig, facts: DataFacts, fitting: Sequence[str]) -> str:
    """The suite's word, else the evaluation's for this kind of data, else the first metric that is measured."""
    wanted = [config.headline or "", evaluation.headline_on(facts.kind), *fitting]
    return next(name for name in wanted if name in fitting)


def _lacking(metric: str, facts: DataFacts) -> str | None:
    return facts.lacks(registry.metrics.get(metric).card.data)


def can_give(evaluation: Evaluation, metric: str) -> bool:
    """Whether the evaluation has this metric: one of its own, or one that needs what it makes."""
    return metric in evaluation.own_metrics() or registry.metrics.get(metric).card.needs in evaluation.inputs


def metrics_of(evaluation: Evaluation) -> list[str]:
    """Every metric that the evaluation can give, its own first."""
    own = list(evaluation.own_metrics())
    return own + [e.card.name for e in registry.metrics if e.card.name not in own and can_give(evaluation, e.card.name)]


def by_need(metrics: Sequence[str]) -> dict[str, list[str]]:
    """Metrics by what they need, in their order."""
    found: dict[str, list[str]] = {}
    for name in metrics:
        found.setdefault(registry.metrics.get(name).card.needs, []).append(name)
    return found
