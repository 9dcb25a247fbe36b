"""A player in play: an objective with its optimiser, ready to move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.protocols.model import Adam, Batch, Objective

LossOf = Callable[[Batch], Tensor]


@dataclass(slots=True)
class Player:
    """One player's loss, the leaf tensors it moves and the optimiser that moves them.

    `seeds`: 0 for one model (the loss is a scalar); S for a stack (parameters (S, *shape), loss (S,)).
    """

    objective: Objective
    loss: LossOf
    parameters: list[Tensor]
    optimizer: torch.optim.Optimizer
    seeds: int = 0

    @property
    def name(self) -> str:
        return self.objective.name

    def move(self, batch: Batch) -> Tensor:
        """One optimiser step on this batch; the loss before it, detached, () or (S,). Never waits for the device."""
        for parameter in self.parameters:
            parameter.grad = None
        loss = self.loss(batch)
        loss.sum().backward(inputs=self.parameters)  # type: ignore[no-untyped-call]
        if self.objective.clip is not None:
            self._clip(self.objective.clip)
        self.optimizer.step()
        return loss.detach()

    def gradients(self) -> list[Tensor]:
        """The gradients of the last move."""
        return [p.grad for p in self.parameters if p.grad is not None]

    def gradient_norm(self) -> Tensor:
        """The Euclidean norm of the last move's gradient, () or (S,)."""
        return norm(self.gradients(), self.seeds)

    def _clip(self, bound: float) -> None:
        grads = self.gradients()
        factor = (bound / (norm(grads, self.seeds) + 1e-6)).clamp(max=1.0)
        if not self.seeds:
            torch._foreach_mul_(grads, factor)
            return
        for grad in grads:
            grad.mul_(factor.view(-1, *[1] * (grad.dim() - 1)))


def norm(tensors: Sequence[Tensor], seeds: int = 0) -> Tensor:
    """The Euclidean norm over all tensors, () for one model, (S,) a seed each for a stack; 0 for no tensors."""
    if not tensors:
        return torch.zeros(seeds) if seeds else torch.zeros(())
    if not seeds:
        each = list(torch._foreach_norm(list(tensors)))
        total: Tensor = torch.linalg.vector_norm(torch.stack(each))
        return total
    each = [torch.linalg.vector_norm(t.flatten(1), dim=1) for t in tensors]
    by_seed: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
    return by_seed


def optimizer_for(settings: Adam, parameters: Sequence[Tensor], *, capturable: bool = False) -> torch.optim.Optimizer:
    """The fastest Adam that torch has for these tensors: fused, on the CPU as well as on a GPU."""
    kind = torch.optim.AdamW if settings.weight_decay else torch.optim.Adam
    device = parameters[0].device
    return kind(
        parameters,
        lr=torch.tensor(settings.lr, device=device) if capturable else settings.lr,
        betas=settings.betas,
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        fused=device.type in ("cpu", "cuda"),
        capturable=capturable,
    )
