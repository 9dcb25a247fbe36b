"""How many seeds are trained together: as many as fit, where that pays."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Split
from genbench.protocols.model import FitsItself
from genbench.training.game import Game, One
from genbench.training.order import Order
from genbench.training.record import Engine
from genbench.training.rehearsal import rehearse
from genbench.training.stack import Stack

LARGEST = 10_000_000
"""Parameters above which a model fills a GPU alone, so that a stack gains nothing."""

SHARE = 0.6
"""The share of the free memory that a stack may take."""


def stack_size(models: Sequence[nn.Module], data: Split, batch: int, engine: Engine) -> tuple[int, str]:
    """Seeds to a stack, at least 1, and the reason where it is 1 although more were asked for.

    On a GPU what one rehearsed round takes of the free memory decides; on the CPU seeds are stacked only where the
    engine says so.
    """
    most = len(models) if engine.stack is None else min(engine.stack, len(models))
    if most <= 1 or isinstance(models[0], FitsItself):
        return 1, ""
    if engine.stack is None and not on_gpu(models[0]):
        return 1, ""
    if engine.stack is None and sum(p.numel() for p in models[0].parameters()) > LARGEST:
        return 1, "not stacked: one seed alone fills the device"
    orders = [Order(len(data), 0), Order(len(data), 1)]
    try:
        rehearse(Game(Stack(models[:2]), data, batch, orders))
    except (Unsupported, RuntimeError) as error:
        return 1, f"not stacked: {error}"
    if on_gpu(models[0]):
        most = min(most, max(1, fitting(Game(One(models[0]), data, batch, orders[:1]))))
    return most, ""


def on_gpu(model: nn.Module) -> bool:
    """Whether the training happens on a CUDA device."""
    return any(p.device.type == "cuda" for p in model.parameters())


def fitting(game: Game) -> int:
    """How many times the memory of one rehearsed round fits into what is free."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    rehearse(game)
    taken = max(1, torch.cuda.max_memory_allocated() - before)
    return int(SHARE * torch.cuda.mem_get_info()[0] / taken)
