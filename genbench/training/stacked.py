"""Models trained together: one model's loss under `vmap` over stacked parameters, buffers and numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from genbench.core.errors import Unsupported
from genbench.protocols.model import Batch, Objective
from genbench.training.member_numbers import Place, differing, in_place, numbers
from genbench.training.objective_optimizer import ObjectiveOptimizer
from genbench.training.replicas import objectives_of


class StackedModels:
    """Models of one class and size as one set of replicas: every parameter (S, *shape), every loss (S,).

    They may differ in numbers: a rate, a decay, an attribute that a loss multiplies with. Buffers that a loss changes
    (batch statistics, counters) are stacked too. `noise`: whether the members draw different noise in their losses, or
    the same, as each would alone. `shared`: whether all are shown the same batches. `places`: attributes that are
    numbers of each member, those in which these models differ unless said. Raises `Unsupported` with the reason where
    the models cannot be stacked.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        noise: Literal["different", "same"] = "different",
        *,
        shared: bool = False,
        places: Collection[Place] | None = None,
    ) -> None:
        self.models, self._noise, self._shared = list(models), noise, shared
        places = differing(self.models) if places is None else places
        parameters, buffers = stack_module_state(self.models)
        self._parameters: dict[str, Tensor] = dict(parameters)
        self._buffers: dict[str, Tensor] = {name: b.clone() for name, b in buffers.items()}
        self._numbers = numbers(self.models, places, next(self.models[0].parameters()).device)
        each = [objectives_of(model) for model in self.models]
        if len({len(objectives) for objectives in each}) > 1:
            raise Unsupported("its models have different objectives")
        self.optimizers = [self._optimizer(list(members)) for members in zip(*each, strict=True)]

    def weights(self) -> dict[str, Tensor]:
        """The stacked parameters and buffers."""
        return self._parameters | self._buffers

    def copy_to_models(self) -> None:
        """Give each model its slice of the stack."""
        with torch.no_grad():
            for i, model in enumerate(self.models):
                own = dict(model.named_parameters()) | dict(model.named_buffers())
                for name, tensor in self.weights().items():
                    own[name].copy_(tensor[i])

    def _optimizer(self, members: list[Objective]) -> ObjectiveOptimizer:
        """Of one objective of all members; the loss is the first one's."""
        objective = members[0]
        names = {id(parameter): name for name, parameter in self.models[0].named_parameters()}
        trained = [p for p in objective.parameters if p.requires_grad]
        if any(id(p) not in names for p in trained):
            raise Unsupported(f"objective {objective.name!r} trains a tensor that is no parameter of the model")
        stacked = [self._parameters[names[id(p)]] for p in trained]
        return ObjectiveOptimizer(objective, self._loss(objective), stacked, members=members, shared=self._shared)

    def _loss(self, objective: Objective) -> Callable[[Batch], Tensor]:
        base = self.models[0]
        call = _Call(base, objective.loss)

        def one(
            parameters: dict[str, Tensor], buffers: dict[str, Tensor], own: dict[Place, Tensor], batch: Batch
        ) -> tuple[Tensor, list[Tensor]]:
            state = {f"model.{name}": tensor for name, tensor in (parameters | buffers).items()}
            with in_place(base, own):
                loss = functional_call(call, state, (batch,))
            return loss, [state[f"model.{name}"] for name in buffers]

        def stacked(batch: Batch) -> Tensor:
            axis = None if self._shared else 0
            axes: Any = axis if batch.y is not None else Batch(cast(Any, axis))
            each = vmap(one, in_dims=(0, 0, 0, axes), randomness=self._noise)
            loss, changed = each(self._parameters, self._buffers, self._numbers, batch)
            with torch.no_grad():
                for buffer, value in zip(self._buffers.values(), changed, strict=True):
                    if value is not buffer:
                        buffer.copy_(value)
            return loss

        return stacked


def stacked(models: Sequence[nn.Module], one_seed: bool, places: Collection[Place] | None = None) -> StackedModels:
    """A stack; models of one seed are shown the same batches and draw the same noise, as each would alone."""
    return StackedModels(models, "same" if one_seed else "different", shared=one_seed, places=places)


class _Call(nn.Module):
    """A loss as a module's forward, so that `functional_call` puts other tensors under it."""

    def __init__(self, model: nn.Module, loss: Callable[[Batch], Tensor]) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Batch) -> Tensor:
        return self.loss(batch)
