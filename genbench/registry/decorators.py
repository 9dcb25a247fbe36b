"""The decorators by which third parties register, in a plugin file, an installed package, a script or a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from genbench.core.errors import UsageError
from genbench.protocols.card import DatasetCard, EncoderCard, ModelCard
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import Metric
from genbench.protocols.space import Domain
from genbench.registry.registries import datasets, encoders, evaluations, metrics, models

T = TypeVar("T")


def register_model(
    name: str,
    *,
    family: str,
    summary: str,
    paper: str = "",
    objective: str = "",
    weaknesses: str = "",
    deviations: tuple[str, ...] = (),
    space: Mapping[str, Domain] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Class decorator: make a `GenerativeModel` known under `name`. Capabilities are read off the class.

    `deviations`: in what it is not its paper's, a sentence each. `space`: what `genbench tune` may try of the model's
    own options, such as `{"beta": Range(0.5, 8.0)}`.
    """

    def decorate(cls: type[T]) -> type[T]:
        from genbench.protocols.model import capabilities

        declared = getattr(cls, "numbers", ())
        card = ModelCard(
            name=name,
            family=family,
            summary=summary,
            paper=paper,
            objective=objective,
            weaknesses=weaknesses,
            deviations=tuple(deviations),
            space=dict(space or {}),
            numbers=declared if isinstance(declared, tuple) else (),
            capabilities=capabilities(cls),
            likelihood=getattr(cls, "likelihood", ""),
            sampler=getattr(cls, "sampler", "prior"),
            solvers=tuple(getattr(cls, "solvers", ())),
        )
        models.add(card, cls)
        return cls

    return decorate


def register_dataset(name: str, *, summary: str, kind: str = "image") -> Callable[[T], T]:
    """Decorator: make a `DatasetBuilder` known under `name`."""

    def decorate(builder: T) -> T:
        datasets.add(DatasetCard(name=name, summary=summary, kind=kind), builder)
        return builder

    return decorate


def register_encoder(name: str, *, summary: str, paper: str = "") -> Callable[[T], T]:
    """Decorator: make an `EncoderBuilder` known under `name`."""

    def decorate(builder: T) -> T:
        encoders.add(EncoderCard(name=name, summary=summary, paper=paper), builder)
        return builder

    return decorate


def register_metric(record: Metric) -> Callable[[T], T]:
    """Decorator: make a function known as the `measure` of this metric."""
    if not isinstance(record, Metric):
        raise UsageError(f"@register_metric takes the metric's record: Metric(name=..., ...); got {record!r}.")

    def decorate(function: T) -> T:
        metrics.add(record, function)
        return function

    return decorate


def register_evaluation(record: Evaluation) -> Callable[[T], T]:
    """Decorator: make a function known as the `function` of this evaluation."""
    if not isinstance(record, Evaluation):
        raise UsageError(
            f"@register_evaluation takes the evaluation's record: Evaluation(name=..., ...); got {record!r}."
        )

    def decorate(function: T) -> T:
        evaluations.add(record, function)
        return function

    return decorate
