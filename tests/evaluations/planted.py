"""Models with planted defects, and what an evaluation says of them: for the tests of evaluations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from genbench import registry
from genbench.core.values import Measurement
from genbench.evaluations.choice import choose
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import GenerativeModel


class Given(GenerativeModel):
    """Examples replayed as samples, as a control does with real ones."""

    sampler = "replay"

    def __init__(self, examples: Tensor) -> None:
        super().__init__()
        self.examples = examples

    def finite_samples(self) -> Tensor:
        return self.examples

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.examples[torch.randint(len(self.examples), (n,), generator=generator)]


class Maps(GenerativeModel):
    """A reconstruction that is a function of the example."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.function(x)


def context_of(cache: Path, *datasets: Dataset) -> RunContext:
    """A context that knows these datasets, beside those of the catalogue."""
    context = RunContext(root=None, cache=cache, device="cpu")
    for data in datasets:
        context.once(("dataset", data.name), lambda data=data: data)
    return context


def outcome(evaluation: str, model: torch.nn.Module, dataset: str, context: RunContext, **settings: Any) -> Outcome:
    """What the evaluation gives, with the metrics that a plan would choose."""
    record = registry.evaluations.get(evaluation).card
    config = record.config.model_validate({"name": evaluation, **settings})
    choice = choose(record, config, context.dataset(dataset).facts)
    assert not isinstance(choice, str), choice
    chosen = config.model_copy(update={"metrics": choice.metrics})
    with torch.no_grad():
        found: Outcome = registry.evaluations.get(evaluation).load()(
            Evidence(model.eval(), "", dataset, 0, context), chosen
        )
    return found


def numbers(found: Outcome) -> dict[str, float | None]:
    """Values by `metric` or `metric:target`."""
    return {key(one): one.value.value for one in found.measurements}


def key(one: Measurement) -> str:
    """`metric` or `metric:target`."""
    return f"{one.metric}:{one.target}" if one.target else one.metric


def blurred(x: Tensor, times: int) -> Tensor:
    """Images blurred by a 3 × 3 mean, so many times."""
    for _ in range(times):
        x = avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    return x
