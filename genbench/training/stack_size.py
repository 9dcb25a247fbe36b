"""How many seeds are trained together: as many as fit, where that pays."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Split
from genbench.protocols.model import FitsItself
from genbench.training.config import TrainConfig
from genbench.training.dry_run import dry_run
from genbench.training.indices import ShuffledIndices
from genbench.training.replicas import SingleModel
from genbench.training.stacked import StackedModels
from genbench.training.train_state import TrainState

LARGEST = 10_000_000
"""Parameters above which one model fills a GPU, so that a stack gains nothing."""

SHARE = 0.6
"""The share of the free memory that a stack may take."""


def stack_size(models: Sequence[nn.Module], data: Split, batch: int, config: TrainConfig) -> tuple[int, str]:
    """Seeds to a stack, at least 1, and the reason where it is 1 although more were asked for.

    On a GPU the share of the free memory that one iteration takes, measured by a dry run, decides; on the CPU seeds are
    stacked only where the config says so.
    """
    most = len(models) if config.stack is None else min(config.stack, len(models))
    if most <= 1 or isinstance(models[0], FitsItself):
        return 1, ""
    if config.stack is None and not on_gpu(models[0]):
        return 1, ""
    if config.stack is None and sum(p.numel() for p in models[0].parameters()) > LARGEST:
        return 1, "not stacked: one seed alone fills the device"
    indices = [ShuffledIndices(len(data), 0), ShuffledIndices(len(data), 1)]
    try:
        dry_run(TrainState(StackedModels(models[:2]), data, batch, indices))
    except (Unsupported, RuntimeError) as error:
        return 1, f"not stacked: {error}"
    if on_gpu(models[0]):
        most = min(most, max(1, copies_that_fit(TrainState(SingleModel(models[0]), data, batch, indices[:1]))))
    return most, ""


def on_gpu(model: nn.Module) -> bool:
    """Whether the training happens on a CUDA device."""
    return any(p.device.type == "cuda" for p in model.parameters())


def copies_that_fit(state: TrainState) -> int:
    """How many times the memory of one iteration fits into what is free."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    dry_run(state)
    taken = max(1, torch.cuda.max_memory_allocated() - before)
    return int(SHARE * torch.cuda.mem_get_info()[0] / taken)
