"""The models that are trained together: one, or (in `stacked`) several of different seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from genbench.core.errors import UsageError
from genbench.protocols.model import Objective
from genbench.training.objective_optimizer import ObjectiveOptimizer


class Replicas(Protocol):
    """One model, or a stack of models of one class and different seeds, with an optimiser for each objective."""

    @property
    def optimizers(self) -> Sequence[ObjectiveOptimizer]: ...

    @property
    def models(self) -> Sequence[nn.Module]: ...

    def weights(self) -> dict[str, Tensor]:
        """All live parameters and buffers by name; of a stack (S, *shape) each."""

    def copy_to_models(self) -> None:
        """Give each model its own weights, at the end."""


class SingleModel:
    """One model; its optimisers update the model's own parameters.

    On the CPU the weights of convolutions lie channels last while they are trained (a sixth faster for residual nets).
    """

    def __init__(self, model: nn.Module) -> None:
        self.models = [model]
        convolutions = any(isinstance(m, nn.Conv2d | nn.ConvTranspose2d) for m in model.modules())
        if convolutions and all(p.device.type == "cpu" for p in model.parameters()):
            model.to(memory_format=torch.channels_last)
        self.optimizers = [
            ObjectiveOptimizer(o, o.loss, [p for p in o.parameters if p.requires_grad]) for o in objectives_of(model)
        ]

    def weights(self) -> dict[str, Tensor]:
        """The model's parameters and buffers."""
        return {name: t for name, t in self.models[0].state_dict(keep_vars=True).items() if isinstance(t, Tensor)}

    def copy_to_models(self) -> None:
        """The model's own parameters were updated; they lie again as they did."""
        self.models[0].to(memory_format=torch.contiguous_format)


def objectives_of(model: nn.Module) -> list[Objective]:
    """The model's objectives, or a sentence that says what is wrong with them."""
    name, give = type(model).__name__, getattr(model, "objectives", None)
    if give is None:
        raise UsageError(f"{name} has neither objectives() nor fit(data, budget, generator).")
    found: list[Objective] = list(give())
    if not found:
        raise UsageError(f"{name}.objectives() is empty: give at least one Objective, or fit(data, budget, generator).")
    if len({o.name for o in found}) < len(found):
        raise UsageError(f"{name}.objectives() has two of one name: {[o.name for o in found]}.")
    for objective in found:
        if not any(p.requires_grad for p in objective.parameters):
            raise UsageError(f"objective {objective.name!r} of {name} has no parameter that requires a gradient.")
    return found
