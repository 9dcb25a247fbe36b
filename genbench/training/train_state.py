"""The state of a training: models, optimisers and data, and one training iteration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from genbench.core.errors import UsageError
from genbench.protocols.dataset import Split
from genbench.protocols.model import Batch
from genbench.training.indices import ShuffledIndices
from genbench.training.objective_optimizer import ObjectiveOptimizer, norm
from genbench.training.parallel import Alone, Processes
from genbench.training.replicas import Replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationCost:
    """What an iteration costs one seed.

    `images` that are read; `updates`: optimiser steps of the network that samples, None where nothing samples; `flops`:
    floating-point operations, a multiply-add counts 2, None with the `reason` where they cannot be counted.
    """

    images: int = 0
    updates: int | None = None
    flops: int | None = None
    reason: str = ""


@dataclass(slots=True)
class TrainState:
    """Replicas and the data that they are trained on, in an order of its own for each seed (`indices`).

    The data lie on the replicas' device or, where they are too large, in main memory.
    """

    replicas: Replicas
    data: Split
    batch: int
    indices: Sequence[ShuffledIndices]
    processes: Processes = field(default_factory=Alone)
    binarised: bool = False  # pixels are probabilities: each batch draws them anew
    cost: IterationCost = field(default_factory=IterationCost)  # known once it has been counted

    def __post_init__(self) -> None:
        if self.batch % self.processes.size:
            raise UsageError(f"a batch of {self.batch} cannot be shared by {self.processes.size} processes equally.")
        for optimizer in self.optimizers:
            optimizer.processes = self.processes

    @property
    def optimizers(self) -> Sequence[ObjectiveOptimizer]:
        return self.replicas.optimizers

    @property
    def seeds(self) -> int:
        """S of a stack, 0 for one model."""
        return self.optimizers[0].seeds

    @property
    def device(self) -> torch.device:
        return self.optimizers[0].device

    @property
    def from_host(self) -> bool:
        """Whether batches come from main memory to another device."""
        return self.data.x.device != self.device

    @property
    def steps_per_iteration(self) -> int:
        """Optimiser steps of one iteration, each on a batch of its own."""
        return sum(o.objective.steps for o in self.optimizers)

    @property
    def images_per_iteration(self) -> int:
        """Images of the budget that one iteration costs each seed: a batch for every optimiser step."""
        return self.steps_per_iteration * self.batch

    def rows(self, start: int, stop: int) -> Tensor:
        """Row numbers of iterations [start, stop): (iterations, steps, B), for a stack of different orders
        (iterations, steps, S, B).

        Of several processes each gets its share of every batch.
        """
        images, shape = self.images_per_iteration, (stop - start, self.steps_per_iteration, self.batch)
        parts = [indices.slice(start * images, stop * images).view(shape) for indices in self.indices]
        rows = torch.stack(parts, dim=2) if self.optimizers[0].batch_axis else parts[0]
        return rows[..., self.processes.rank :: self.processes.size].to(self.data.x.device)

    def train_step(self, rows: Tensor) -> Tensor:
        """One iteration on row numbers (steps, [S,] B); each objective's mean loss over its steps, (losses, [S])."""
        return self.train_step_on(map(self.fetch, rows))

    def train_step_on(self, batches: Iterator[Batch]) -> Tensor:
        """One iteration on a batch for each optimiser step."""
        losses = []
        for optimizer in self.optimizers:
            total = optimizer.step(self._binarise(next(batches)))
            for _ in range(1, optimizer.objective.steps):
                total = total + optimizer.step(self._binarise(next(batches)))
            losses.append(total if optimizer.objective.steps == 1 else total / optimizer.objective.steps)
        return torch.stack(losses)

    def fetch(self, rows: Tensor) -> Batch:
        """The examples of these row numbers ([S,] B), on the replicas' device."""
        flat = rows.reshape(-1)
        x = self.data.x.index_select(0, flat).view(*rows.shape, *self.data.x.shape[1:])
        y = None if self.data.y is None else self.data.y.index_select(0, flat).view(rows.shape)
        if not self.from_host:
            return Batch(x, y)
        return Batch(x.to(self.device), None if y is None else y.to(self.device))

    def prepare(self, progress: float, iteration: int) -> None:
        """Set learning rates and averages before this iteration, at this fraction of the budget."""
        for optimizer in self.optimizers:
            if optimizer.scheduled:
                optimizer.prepare(progress, iteration * optimizer.objective.steps)

    def tensors(self) -> dict[str, Tensor]:
        """Every live tensor that a training changes, by name."""
        found = {f"weights.{name}": tensor for name, tensor in self.replicas.weights().items()}
        for optimizer in self.optimizers:
            found |= optimizer.state()
        return found

    def finite(self) -> Tensor:
        """Whether all parameters that are trained are finite, () or (S,)."""
        trained = [p.detach() for optimizer in self.optimizers for p in optimizer.parameters]
        return torch.isfinite(norm(trained, self.seeds, trained[0].device))

    def _binarise(self, batch: Batch) -> Batch:
        """The batch as a loss sees it: probabilities are drawn to pixels."""
        return batch._replace(x=torch.bernoulli(batch.x)) if self.binarised else batch
