"""An objective with its optimiser and its average of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from genbench.core.errors import GenbenchError, Unsupported
from genbench.protocols.model import Batch, Objective
from genbench.training.adam import FusedAdam
from genbench.training.member_adam import MemberAdam
from genbench.training.parallel import Alone, Processes

EMA_START = 10
"""The average's decay is at most (1 + steps) / (EMA_START + steps), so that the initial weights are soon forgotten."""


class ObjectiveOptimizer:
    """One objective's loss, the leaf tensors that it trains and the optimiser that updates them.

    `loss`: Batch -> scalar, for a stack of S models (parameters (S, *shape)) -> (S,). A stack gives the objective of
    each of them, whose rates, decays and bounds may differ; its S is `seeds`, 0 for one model. `shared`: its batches
    are (B, ...), the same for all, else (S, B, ...). All state is made here, so that it can be saved, put back and
    captured from the first step on. Raises `Unsupported` where the objectives differ in more.
    """

    def __init__(
        self,
        objective: Objective,
        loss: Callable[[Batch], Tensor],
        parameters: Sequence[Tensor],
        *,
        members: Sequence[Objective] = (),
        shared: bool = False,
    ) -> None:
        self.objective, self.loss, self.parameters, self.seeds = objective, loss, list(parameters), len(members)
        self.name, self.settings, self.members = objective.name, objective.optimizer, list(members) or [objective]
        check_alike(self.members)
        self.batch_axis = 1 if members and not shared else 0
        self.device = self.parameters[0].device
        self.parts, self.split = 1, True
        self.reduced = objective.precision == "bfloat16" and multiplies_bfloat16(self.device)
        self.processes: Processes = Alone()
        settings = [member.optimizer for member in self.members]
        alike = all(s == settings[0] for s in settings)
        self.optimizer: FusedAdam | MemberAdam = (
            FusedAdam(self.settings, self.parameters) if alike else MemberAdam(settings, self.parameters)
        )
        self.averages = [p.detach().clone() for p in self.parameters] if objective.ema is not None else []
        self._least_pull = self._each([1 - (member.ema or 0.0) for member in self.members])
        self._pull = torch.ones_like(self._least_pull)
        self._bound = None if objective.clip is None else self._each([member.clip or 0.0 for member in self.members])

    def step(self, batch: Batch) -> Tensor:
        """One optimiser step on this batch; the loss before it, detached, () or (S,). Never waits for the device."""
        loss = self._gradient(batch)
        if self.processes.size > 1:
            self.processes.average(self._gradients())
        if self._bound is not None:
            self._clip(self._bound)
        self.optimizer.step()
        if self.averages:
            self._average()
        return loss

    def prepare(self, progress: float, step: int) -> None:
        """Set what changes over a training, before optimiser step number `step`, at this fraction of the budget."""
        if self.settings.schedule != "constant" or self.settings.warmup:
            self.optimizer.set_factor(self.settings.factor(progress))
        if self.averages:
            torch.clamp(self._least_pull, min=1 - (1 + step) / (EMA_START + step), out=self._pull)

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
            size = batch.x.shape[self.batch_axis]
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
        axis = self.batch_axis
        xs = batch.x.tensor_split(self.parts, axis)
        ys = [None] * len(xs) if batch.y is None else batch.y.tensor_split(self.parts, axis)
        loss = torch.zeros(self.seeds if self.seeds else (), device=self.device)
        for x, y in zip(xs, ys, strict=True):
            weight = x.shape[axis] / batch.x.shape[axis]
            loss += weight * self._backward(Batch(x, y), weight)
        return loss

    def _gradients(self) -> list[Tensor]:
        return [p.grad for p in self.parameters if p.grad is not None]

    def _clip(self, bound: Tensor) -> None:
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
            if self._pull.dim():
                torch._foreach_mul_(step, [self._pull.view(-1, *[1] * (t.dim() - 1)) for t in step])
            else:
                torch._foreach_mul_(step, self._pull)
            torch._foreach_add_(self.averages, step)

    def _each(self, values: Sequence[float]) -> Tensor:
        """One number, or (S,) where the members of a stack differ in it."""
        alike = len(set(values)) == 1
        return torch.tensor(values[0] if alike else values, device=self.device)


def check_alike(objectives: Sequence[Objective]) -> None:
    """Raise `Unsupported` where these, each of a member of a stack, differ in more than numbers of their optimisers."""

    def form(objective: Objective) -> tuple[object, ...]:
        without = (objective.clip is None, objective.ema is None)
        rate = (objective.optimizer.schedule, objective.optimizer.warmup)
        return (objective.name, objective.steps, objective.precision, objective.reads_data, *without, *rate)

    if len({form(objective) for objective in objectives}) > 1:
        raise Unsupported(
            f"the objective {objectives[0].name!r} is not the same in all members of the stack: they may differ in "
            "numbers of its optimiser, the decay of its average and the bound of its gradient"
        )


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
