"""The loop: rounds of the game in stretches of 1 % of the budget, one wait for the device a stretch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from genbench.protocols.model import Budget
from genbench.training.game import Game
from genbench.training.ledger import Ledger

POINTS = 100
"""Points of a training curve, and looks at the device in one training."""

Play = Callable[[Tensor], Tensor]


def total_rounds(budget: Budget, game: Game) -> int:
    """Whole rounds that fit into a budget of images or steps, at least one; 0 for a budget of seconds."""
    if budget.seconds:
        return 0
    return max(1, budget.images // game.images if budget.images else budget.steps // game.moves)


def run(game: Game, budget: Budget, ledger: Ledger, *, play: Play, after: Callable[[], bool]) -> None:
    """Play until the budget is spent, or until `after`, which runs at the end of each stretch, says to stop."""
    total = total_rounds(budget, game)
    while not spent(budget, ledger, total):
        stop = ledger.rounds + _stretch(budget, ledger, total)
        losses, norms, seconds = _play(game, play, (ledger.rounds, stop), _progress(budget, ledger, total))
        ledger.enter(game, stop, seconds, (losses, norms))
        if not after():
            return


def spent(budget: Budget, ledger: Ledger, total: int) -> bool:
    """Whether the budget is used up."""
    return ledger.rounds >= total if total else ledger.seconds >= budget.seconds


def done(budget: Budget, ledger: Ledger, game: Game) -> tuple[int, int]:
    """What is done and the total, in the unit of the budget (seconds in milliseconds)."""
    if budget.seconds:
        return int(1e3 * min(ledger.seconds, budget.seconds)), int(1e3 * budget.seconds)
    unit = game.images if budget.images else game.moves
    return ledger.rounds * unit, total_rounds(budget, game) * unit


def _stretch(budget: Budget, ledger: Ledger, total: int) -> int:
    """Rounds until the next look: 1 % of the budget, or what is left of it."""
    if total:
        return min(math.ceil(total / POINTS), total - ledger.rounds)
    if not ledger.rounds:
        return 1
    a_second = ledger.rounds / ledger.seconds
    return max(1, int(a_second * min(budget.seconds / POINTS, budget.seconds - ledger.seconds)))


def _progress(budget: Budget, ledger: Ledger, total: int) -> tuple[float, float]:
    """The fraction of the budget that is spent, and what one more round adds to it."""
    if total:
        return ledger.rounds / total, 1 / total
    return ledger.seconds / budget.seconds, ledger.seconds / max(1, ledger.rounds) / budget.seconds


def _play(
    game: Game, play: Play, rounds: tuple[int, int], progress: tuple[float, float]
) -> tuple[list[list[float]], list[list[float]], float]:
    """Mean losses and last gradient norms over rounds [start, stop), [player][seed], and the seconds they took.

    All processes get the mean over processes of each number, so that they decide alike.
    """
    began = time.perf_counter()
    changes = any(player.changes for player in game.players)
    losses = []
    for i, rows in enumerate(game.rows(*rounds)):
        if changes:
            game.prepare(progress[0] + i * progress[1], rounds[0] + i)
        losses.append(play(rows))
    norms = torch.stack([player.gradient_norm() for player in game.players])
    both = torch.stack([torch.stack(losses).mean(0), norms]).view(2, len(game.players), -1)
    mean, last = both.tolist()  # the one wait for the device
    if game.processes.size == 1:
        return mean, last, time.perf_counter() - began
    seconds = torch.tensor([time.perf_counter() - began], device=both.device)
    game.processes.average([both, seconds])
    mean, last = both.tolist()
    return mean, last, float(seconds)
