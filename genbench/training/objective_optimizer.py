"""An objective with its optimiser and its average of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from genbench.core.errors import GenbenchError
from genbench.protocols.model import Batch, Objective
from genbench.training.adam import FusedAdam
from genbench.training.parallel import Alone, Processes

EMA_START = 10
"""The average's decay is at most (1 + steps) / (EMA_START + steps), so that the initial weights are soon forgotten."""


class ObjectiveOptimizer:
    """One objective's loss, the leaf tensors that it trains and the optimiser that updates them.

    `loss`: Batch -> scalar, for a stack of S seeds (parameters (S, *shape)) -> (S,). A stack gives its S as `seeds`,
    one model 0. All state is made here, so that it can be saved, put back and captured from the first step on.
    """

    def __init__(
        self, objective: Objective, loss: Callable[[Batch], Tensor], parameters: Sequence[Tensor], *, seeds: int = 0
    ) -> None:
        self.objective, self.loss, self.parameters, self.seeds = objective, loss, list(parameters), seeds
        self.name, self.settings = objective.name, objective.optimizer
        self.device = self.parameters[0].device
        self.parts, self.split = 1, True
        self.reduced = objective.precision == "bfloat16" and multiplies_bfloat16(self.device)
        self.processes: Processes = Alone()
        self.optimizer = FusedAdam(self.settings, self.parameters)
        self.averages = [p.detach().clone() for p in self.parameters] if objective.ema is not None else []
        self._pull = torch.ones((), device=self.device)

    def step(self, batch: Batch) -> Tensor:
        """One optimiser step on this batch; the loss before it, detached, () or (S,). Never waits for the device."""
        loss = self._gradient(batch)
        if self.processes.size > 1:
            self.processes.average(self._gradients())
        if self.objective.clip is not None:
            self._clip(self.objective.clip)
        self.optimizer.step()
        if self.averages:
            self._average()
        return loss

    def prepare(self, progress: float, step: int) -> None:
        """Set what changes over a training, before optimiser step number `step`, at this fraction of the budget."""
        if self.settings.schedule != "constant" or self.settings.warmup:
            self.optimizer.set_lr(self.settings.lr * self.settings.factor(progress))
        if self.objective.ema is not None:
            self._pull.fill_(1 - min(self.objective.ema, (1 + step) / (EMA_START + step)))

    @property
    def scheduled(self) -> bool:
        """Whether `prepare` has anything to set."""
        return bool(self.settings.schedule != "constant" or self.settings.warmup or self.averages)

    def state(self) -> dict[str, Tensor]:
        """The live tensors of optimiser and average, by name."""
        found = {f"{self.name}.{key}": value for key, value in self.optimizer.state().items()}
        return found | {f"{self.name}.ema.{i}": average for i, average in enumerate(self.averages)}

    def gradient_norm(self) -> Tensor:
        """The Euclidean norm of the last step's gradient, () or (S,)."""
        return norm(self._gradients(), self.seeds, self.device)

    def adopt_average(self) -> None:
        """Put the average in the parameters' place: what a model with an EMA is evaluated with."""
        with torch.no_grad():
            for parameter, average in zip(self.parameters, self.averages, strict=False):
                parameter.copy_(average)

    def _gradient(self, batch: Batch) -> Tensor:
        """Loss and gradient of a batch; where memory does not suffice, of twice as many parts of it, and so on."""
        for parameter in self.parameters:
            parameter.grad = None
        try:
            return self._backward(batch) if self.parts == 1 else self._backward_in_parts(batch)
        except RuntimeError as error:
            size = batch.x.shape[1 if self.seeds else 0]
            if not out_of_memory(error):
                raise
            if not self.split or 2 * self.parts > size:
                raise GenbenchError(
                    f"out of memory in the loss {self.name!r} at batch {size}, in {self.parts} part(s): "
                    'take a smaller batch or model, or out_of_memory="split".'
                ) from error
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.parts *= 2
        return self._gradient(batch)

    def _backward(self, batch: Batch, weight: float = 1.0) -> Tensor:
        if self.reduced:
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                loss = self.loss(batch).float()
        else:
            loss = self.loss(batch)
        if not (isinstance(loss, Tensor) and loss.requires_grad):
            raise ValueError(
                f"the loss {self.name!r} has no gradient: it does not depend on the parameters, or was detached from "
                "them (.detach(), .item(), .numpy(), torch.no_grad())."
            )
        total = loss.sum() if self.seeds else loss
        (total if weight == 1.0 else total * weight).backward(inputs=self.parameters)  # type: ignore[no-untyped-call]
        return loss.detach()

    def _backward_in_parts(self, batch: Batch) -> Tensor:
        axis = 1 if self.seeds else 0
        xs = batch.x.tensor_split(self.parts, axis)
        ys = [None] * len(xs) if batch.y is None else batch.y.tensor_split(self.parts, axis)
        loss = torch.zeros(self.seeds if self.seeds else (), device=self.device)
        for x, y in zip(xs, ys, strict=True):
            weight = x.shape[axis] / batch.x.shape[axis]
            loss += weight * self._backward(Batch(x, y), weight)
        return loss

    def _gradients(self) -> list[Tensor]:
        return [p.grad for p in self.parameters if p.grad is not None]

    def _clip(self, bound: float) -> None:
        grads = self._gradients()
        factor = (bound / (norm(grads, self.seeds, self.device) + 1e-6)).clamp(max=1.0)
        if not self.seeds:
            torch._foreach_mul_(grads, factor)
            return
        for grad in grads:
            grad.mul_(factor.view(-1, *[1] * (grad.dim() - 1)))

    def _average(self) -> None:
        with torch.no_grad():
            step = torch._foreach_sub(self.parameters, self.averages)
            torch._foreach_mul_(step, self._pull)
            torch._foreach_add_(self.averages, step)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device has no more memory (the CPU's allocator raises a bare RuntimeError)."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32: CUDA devices, CPUs with AVX512-BF16 or AMX."""
    if device.type == "cuda":
        return True
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, name, bool)() for name in asked)


def norm(tensors: Sequence[Tensor], seeds: int, device: torch.device) -> Tensor:
    """The Euclidean norm over all tensors, () for one model, (S,) a seed each for a stack; 0 for no tensors."""
    if not tensors:
        return torch.zeros(seeds if seeds else (), device=device)
    if not seeds:
        total: Tensor = torch.linalg.vector_norm(torch.stack(list(torch._foreach_norm(list(tensors)))))
        return total
    each = [torch.linalg.vector_norm(t.flatten(1), dim=1) for t in tensors]
    by_seed: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
    return by_seed
