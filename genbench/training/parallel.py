"""One big model over several processes, a device each: every process trains on its share of each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from genbench.core.errors import UsageError


class Processes(Protocol):
    """What the trainer asks of a group of processes; every process calls the same methods in the same order."""

    rank: int
    size: int

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over the processes."""

    def copy_first(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by that of the process of rank 0."""


class Alone:
    """The group of one."""

    rank, size = 0, 1

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Nothing to do."""

    def copy_first(self, tensors: Sequence[Tensor]) -> None:
        """Nothing to do."""


class Accelerated:
    """The processes that `accelerate launch` or `torchrun` started, over NCCL on GPUs and gloo on CPUs.

    Needs the extra `parallel`; raises `UsageError` with the remedy without it.
    """

    def __init__(self, *, cpu: bool = False) -> None:
        try:
            from accelerate import Accelerator
        except ImportError as error:
            raise UsageError("data parallel training needs accelerate: pip install 'genbench[parallel]'.") from error
        self._accelerator: Any = Accelerator(cpu=cpu)
        self.rank, self.size = self._accelerator.process_index, self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def average(self, tensors: Sequence[Tensor]) -> None:
        """One reduction of all tensors in a row, so that many small ones cost as much as a big one."""
        flat = torch.cat([t.detach().reshape(-1).float() for t in tensors])
        self._spread(self._accelerator.reduce(flat, reduction="mean"), tensors)

    def copy_first(self, tensors: Sequence[Tensor]) -> None:
        """By one broadcast a tensor: done at the start and the end only."""
        from accelerate.utils import broadcast

        with torch.no_grad():
            for tensor in tensors:
                tensor.copy_(broadcast(tensor.detach().clone()))

    def _spread(self, flat: Tensor, tensors: Sequence[Tensor]) -> None:
        with torch.no_grad():
            parts = torch.split(flat, [t.numel() for t in tensors])
            for tensor, part in zip(tensors, parts, strict=True):
                tensor.copy_(part.view_as(tensor))
