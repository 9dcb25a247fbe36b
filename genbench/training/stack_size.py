"""How many models are trained together: as many as fit, where that pays."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Split
from genbench.protocols.model import FitsItself
from genbench.training.config import TrainConfig
from genbench.training.cost import iteration_cost
from genbench.training.dry_run import dry_run
from genbench.training.indices import ShuffledIndices
from genbench.training.member_numbers import differing
from genbench.training.objective_optimizer import check_alike
from genbench.training.replicas import SingleModel, objectives_of
from genbench.training.stacked import stacked
from genbench.training.train_state import TrainState

LARGEST = 16e9
"""Operations of an update above which one model keeps a GPU busy, and convolutions are slower in a stack than alone
(docs/performance.md, training on a GPU)."""

SHARE = 0.6
"""The share of the free memory that a stack may take."""


def stack_size(
    models: Sequence[nn.Module], data: Split, batch: int, config: TrainConfig, *, one_seed: bool = False
) -> tuple[int, str]:
    """Models to a stack, at least 1, and what stands in the way where that is 1 although more would gain.

    On a GPU the share of the free memory that one iteration takes, measured by a dry run, decides, and a model that
    keeps the device busy is better trained alone; on the CPU seeds are stacked only where the config says so.
    """
    most = len(models) if config.stack is None else min(config.stack, len(models))
    if most <= 1 or isinstance(models[0], FitsItself):
        return 1, ""
    if config.stack is None and not on_gpu(models[0]):
        return 1, ""
    indices = [ShuffledIndices(len(data), seed) for seed in range(1 if one_seed else 2)]
    try:
        if config.stack is None and _update(models[0], data, batch, indices[:1]) > LARGEST:
            return 1, ""
        for members in zip(*map(objectives_of, models), strict=True):
            check_alike(members)
        pair = TrainState(stacked(models[:2], one_seed, differing(models)), data, batch, indices)
        if on_gpu(models[0]):
            return max(1, min(most, int(config.share * copies_that_fit(pair)))), ""
        dry_run(pair)
    except (Unsupported, RuntimeError, ValueError) as error:
        return 1, f"not stacked: {error}"
    return most, ""


def _update(model: nn.Module, data: Split, batch: int, indices: Sequence[ShuffledIndices]) -> float:
    """Operations of a model's mean update, 0 where they cannot be counted."""
    alone = TrainState(SingleModel(model), data, batch, indices)
    return (iteration_cost(alone).flops or 0) / sum(optimizer.objective.steps for optimizer in alone.optimizers)


def on_gpu(model: nn.Module) -> bool:
    """Whether the training happens on a CUDA device."""
    return any(p.device.type == "cuda" for p in model.parameters())


def copies_that_fit(state: TrainState) -> int:
    """How many times the memory that an iteration takes of each model fits into what is free."""
    device = state.device
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    dry_run(state)
    taken = max(1, (torch.cuda.max_memory_allocated(device) - before) // max(1, state.seeds))
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, free to use again
    return int(SHARE * (torch.cuda.mem_get_info(device)[0] + cached) / taken)
