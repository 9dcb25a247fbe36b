"""The model under test, on small real data, fitted when first asked for; and what a check finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor, nn

from genbench import registry
from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.data.guard import DatasetGuard
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, capabilities
from genbench.training.trainer import TrainResult, build, fit

BUDGET = Budget(images=25_600, batch=128)
FEW = 8
MANY = 256


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check ended: `ok`, `wrong` (a promise is broken) or `note` (it does not apply, or why it is slow)."""

    check: str
    status: Literal["ok", "wrong", "note"]
    sentence: str = ""


class Subject:
    """The model under test on its data, fitted when first asked for."""

    def __init__(self, name: str, dataset: Dataset, device: torch.device) -> None:
        self.name, self.data, self.device = name, dataset, device
        self.entry = registry.models.get(name)
        _ = self.guard  # before any of its code has run

    def fresh(self, seed: int = 0) -> nn.Module:
        """A new, untrained model on the device."""
        return build(self.entry.load(), self.data.spec, {}, seed=seed).to(self.device)

    @cached_property
    def fitted(self) -> tuple[Any, TrainResult]:
        """A model, trained, and the record of its training."""
        model = self.fresh()
        return model, fit(model, self.data, BUDGET, seed=0, device=self.device)

    @cached_property
    def turned_over(self) -> list[str]:
        """What of the process its code has changed in the checks so far."""
        return []

    @cached_property
    def guard(self) -> DatasetGuard:
        """Whether the data are what they were when this was first asked for."""
        return DatasetGuard(self.data)

    @property
    def model(self) -> Any:
        """The fitted model."""
        return self.fitted[0]

    @property
    def training(self) -> TrainResult:
        """How it was fitted."""
        return self.fitted[1]

    @property
    def x(self) -> Tensor:
        """Real examples that were not trained on, (MANY, *shape): a copy each time, whatever becomes of it."""
        return self.data.reference.x[:MANY].to(self.device, copy=True)

    @cached_property
    def noises(self) -> list[Tensor]:
        """Uniform noise of x's shape, value by value, over the data's range, and over three times the range of data
        without bounds: what lies between modes is ordinary to a model of one mode."""
        low, high = self.x.min(), self.x.max()
        generator = seeds.generator("conformance", device=self.device)
        unit = torch.rand(self.x.shape, generator=generator, device=self.device)
        spans = [(low, high)] + ([] if self.data.spec.value_range else [(2 * low - high, 2 * high - low)])
        return [least + (most - least) * unit for least, most in spans]

    def need(self, capability: str) -> None:
        """Raise `Unsupported` where the model has not the methods of this capability."""
        if capability not in capabilities(self.model):
            raise Unsupported(f"it does not claim `{capability}`")


Check = Callable[[Subject], Iterator[str]]
"""Yields a sentence for each broken promise; raises `Unsupported` where it does not apply."""
