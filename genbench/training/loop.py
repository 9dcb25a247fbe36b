"""The training loop; losses are logged every 1 % of the budget, with one wait for the device each time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from genbench.core.errors import UsageError
from genbench.protocols.model import Budget
from genbench.training.history import TrainHistory
from genbench.training.train_state import TrainState

POINTS = 100
"""Points of a training curve, each of which waits for the device once."""

TrainStep = Callable[[Tensor], Tensor]


def total_iterations(budget: Budget, state: TrainState) -> int:
    """Whole iterations that fit into a budget of images, steps or operations, at least one; 0 for one of seconds.

    Raises `UsageError` where a budget is of operations and those of an iteration are not known.
    """
    if budget.seconds:
        return 0
    if budget.flops:
        return max(1, int(budget.flops // _known_flops(state)))
    if budget.images:
        return max(1, budget.images // state.images_per_iteration)
    return max(1, budget.steps // state.steps_per_iteration)


def run(
    state: TrainState, budget: Budget, history: TrainHistory, *, train_step: TrainStep, after: Callable[[], bool]
) -> None:
    """Train until the budget is spent, or until `after`, which runs after each log interval, says to stop."""
    total = total_iterations(budget, state)
    while not spent(budget, history, total):
        stop = history.iterations + log_every(budget, history, total)
        interval = (history.iterations, stop)
        losses, norms, seconds = _train_interval(state, train_step, interval, _progress(budget, history, total))
        history.append(state, stop, seconds, (losses, norms))
        if not after():
            return


def spent(budget: Budget, history: TrainHistory, total: int) -> bool:
    """Whether the budget is used up."""
    return history.iterations >= total if total else history.seconds >= budget.seconds


def done(budget: Budget, history: TrainHistory, state: TrainState) -> tuple[int, int]:
    """What is done and the total, in the unit of the budget (seconds in milliseconds)."""
    if budget.seconds:
        return int(1e3 * min(history.seconds, budget.seconds)), int(1e3 * budget.seconds)
    if budget.flops:
        unit = _known_flops(state)
    else:
        unit = state.images_per_iteration if budget.images else state.steps_per_iteration
    return history.iterations * unit, total_iterations(budget, state) * unit


def _known_flops(state: TrainState) -> int:
    if state.cost.flops is None:
        name = type(state.replicas.models[0]).__name__
        raise UsageError(
            f"the operations of {name} cannot be counted ({state.cost.reason or 'they were not'}): give it a budget of "
            "images, steps or seconds."
        )
    return state.cost.flops


def log_every(budget: Budget, history: TrainHistory, total: int) -> int:
    """Iterations until the losses are logged next: 1 % of the budget, or what is left of it."""
    if total:
        return min(math.ceil(total / POINTS), total - history.iterations)
    if not history.iterations:
        return 1
    a_second = history.iterations / history.seconds
    return max(1, int(a_second * min(budget.seconds / POINTS, budget.seconds - history.seconds)))


def _progress(budget: Budget, history: TrainHistory, total: int) -> tuple[float, float]:
    """The fraction of the budget that is spent, and what one more iteration adds to it."""
    if total:
        return history.iterations / total, 1 / total
    return history.seconds / budget.seconds, history.seconds / max(1, history.iterations) / budget.seconds


def _train_interval(
    state: TrainState, train_step: TrainStep, interval: tuple[int, int], progress: tuple[float, float]
) -> tuple[list[list[float]], list[list[float]], float]:
    """Mean losses and last gradient norms over iterations [start, stop), [objective][seed], and the seconds they took.

    All processes get the mean over processes of each number, so that they decide alike.
    """
    began = time.perf_counter()
    scheduled = any(optimizer.scheduled for optimizer in state.optimizers)
    losses = []
    for i, rows in enumerate(state.rows(*interval)):
        if scheduled:
            state.prepare(progress[0] + i * progress[1], interval[0] + i)
        losses.append(train_step(rows))
    norms = torch.stack([optimizer.gradient_norm() for optimizer in state.optimizers])
    both = torch.stack([torch.stack(losses).mean(0), norms]).view(2, len(state.optimizers), -1)
    mean, last = both.tolist()  # the one wait for the device
    if state.processes.size == 1:
        return mean, last, time.perf_counter() - began
    seconds = torch.tensor([time.perf_counter() - began], device=both.device)
    state.processes.average([both, seconds])
    mean, last = both.tolist()
    return mean, last, float(seconds)
