"""Seeds trained together: one model's loss under `vmap` over stacked parameters and buffers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from genbench.core.errors import Unsupported
from genbench.protocols.model import Batch, Objective
from genbench.training.objective_optimizer import ObjectiveOptimizer
from genbench.training.replicas import objectives_of


class StackedModels:
    """Models of one class and size as one set of replicas: every parameter (S, *shape), every loss (S,).

    Buffers that a loss changes (batch statistics, counters) are stacked too. `noise`: whether the seeds draw different
    noise in their losses, or the same (which shows that a stack and single runs agree). Raises `Unsupported` with the
    reason where the loss cannot be stacked.
    """

    def __init__(self, models: Sequence[nn.Module], noise: Literal["different", "same"] = "different") -> None:
        self.models, self._noise = list(models), noise
        parameters, buffers = stack_module_state(self.models)
        self._parameters: dict[str, Tensor] = dict(parameters)
        self._buffers: dict[str, Tensor] = {name: b.clone() for name, b in buffers.items()}
        base = self.models[0]
        names = {id(parameter): name for name, parameter in base.named_parameters()}
        self.optimizers = [self._optimizer(base, objective, names) for objective in objectives_of(base)]

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

    def _optimizer(self, base: nn.Module, objective: Objective, names: dict[int, str]) -> ObjectiveOptimizer:
        trained = [p for p in objective.parameters if p.requires_grad]
        if any(id(p) not in names for p in trained):
            raise Unsupported(f"objective {objective.name!r} trains a tensor that is no parameter of the model")
        stacked = [self._parameters[names[id(p)]] for p in trained]
        return ObjectiveOptimizer(objective, self._loss(base, objective), stacked, seeds=len(self.models))

    def _loss(self, base: nn.Module, objective: Objective) -> Callable[[Batch], Tensor]:
        call = _Call(base, objective.loss)

        def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor], batch: Batch) -> tuple[Tensor, list[Tensor]]:
            state = {f"model.{name}": tensor for name, tensor in (parameters | buffers).items()}
            loss = functional_call(call, state, (batch,))
            return loss, [state[f"model.{name}"] for name in buffers]

        def stacked(batch: Batch) -> Tensor:
            axes: Any = 0 if batch.y is not None else Batch(cast(Any, 0))
            each = vmap(one, in_dims=(0, 0, axes), randomness=self._noise)
            loss, changed = each(self._parameters, self._buffers, batch)
            with torch.no_grad():
                for buffer, value in zip(self._buffers.values(), changed, strict=True):
                    if value is not buffer:
                        buffer.copy_(value)
            return loss

        return stacked


class _Call(nn.Module):
    """A loss as a module's forward, so that `functional_call` puts other tensors under it."""

    def __init__(self, model: nn.Module, loss: Callable[[Batch], Tensor]) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Batch) -> Tensor:
        return self.loss(batch)
