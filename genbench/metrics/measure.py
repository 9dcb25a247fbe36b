"""Metrics from what they need: `measured(inputs, metrics)`, the one way for genbench's own and for third parties'."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, Protocol

import torch

from genbench import registry
from genbench.core.errors import GenbenchError, Unavailable, Unsupported
from genbench.core.values import Status, Value
from genbench.metrics.drawing import named
from genbench.protocols.metric import NEEDS, Metric


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many points each side has: n real, m generated, None where there is no such side; `names` of both."""

    n: int | None = None
    m: int | None = None
    names: tuple[str, str] = ("reference points", "generated points")


class Inputs(Protocol):
    """What a measure is given. The records are in `genbench.metrics.inputs`, one for each family of needs."""

    @property
    def gives(self) -> frozenset[str]:
        """Which of `protocols.metric.NEEDS` it serves."""

    @property
    def sizes(self) -> Sizes:
        """How many points each side has."""


def measured(inputs: Inputs, metrics: Iterable[str]) -> dict[str, Value]:
    """Each metric as `metric` or `metric:target`, with n and m; what cannot be measured is a value with a reason.

    Where the inputs have a `generator`, each metric finds one of its own there, made of it and of the metric's name:
    what it draws does not depend on the metrics beside it. A measure takes the inputs alone and gives a number, a
    `Value`, or a mapping of targets to these, where the target `""` is the metric itself. One that raises
    `Unsupported`, that fails in any other way, or whose number is not finite takes no other metric with it. Raises
    `UnknownName` for a metric that nobody has; other errors that genbench raises on purpose, such as `DataError`, are
    about the inputs and go through.
    """
    sizes = inputs.sizes
    found: dict[str, Value] = {}
    for name in metrics:
        entry = registry.metrics.get(name)
        for target, one in _attempt(entry, inputs).items():
            n, m = (own if own is not None else size for own, size in ((one.n, sizes.n), (one.m, sizes.m)))
            found[f"{name}:{target}" if target else name] = replace(one, n=n, m=m)
    return found


def _attempt(entry: registry.Entry[Metric], inputs: Inputs) -> dict[str, Value]:
    """The metric's values by target, or why there are none."""
    try:
        _check(entry.card, inputs)
        return _by_target(entry.load()(_with_own_generator(inputs, entry.card.name)))
    except Unsupported as reason:
        return {"": Value.unsupported(reason)}
    except GenbenchError:
        raise
    except ImportError as error:
        return {"": Value.unsupported(Unavailable(f"its code needs what is not installed: {error}"))}
    except Exception as error:
        return {"": Value.missing(Status.FAILED, f"{type(error).__name__}: {error}")}


def _with_own_generator(inputs: Inputs, name: str) -> Inputs:
    given = getattr(inputs, "generator", None)
    if not isinstance(given, torch.Generator) or not is_dataclass(inputs):
        return inputs
    return replace(inputs, generator=named(given, name))


def _check(metric: Metric, inputs: Inputs) -> None:
    """Raise `Unsupported` where the inputs lack what the metric needs, or points."""
    if metric.needs not in inputs.gives:
        raise Unsupported(f"it needs {NEEDS[metric.needs]}, and there are none")
    sizes = inputs.sizes
    for size, name in zip((sizes.n, sizes.m), sizes.names, strict=True):
        if size is not None and size < metric.least_n:
            raise Unsupported(f"it needs {metric.least_n} or more {name}, got {size}")


def _by_target(given: Any) -> dict[str, Value]:
    targets = given if isinstance(given, Mapping) else {"": given}
    return {target: _as_value(one) for target, one in targets.items()}


def _as_value(given: Any) -> Value:
    if isinstance(given, Value):
        return given
    number = float(given)
    if not math.isfinite(number):
        return Value.missing(Status.FAILED, f"its measure gave {number}, which is no number")
    return Value(value=number)
