"""The loop: rounds of the game over blocks of the data, one look at the device a block."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from genbench.protocols.dataset import Split
from genbench.protocols.model import Batch, Budget
from genbench.training.order import Order
from genbench.training.player import Player, norm

POINTS = 100
"""Points of a training curve, and looks at the device in one training."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Ledger:
    """What has been done so far: all that a resumed training must know beside tensors."""

    rounds: int = 0
    seconds: float = 0.0
    images: list[float] = field(default_factory=list)
    losses: list[list[list[float]]] = field(default_factory=list)  # [point][player][seed]
    norms: list[list[list[float]]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Game:
    """Players over data, from one or more seeds' orders; `round_` plays one round on row numbers (moves, [S,] B)."""

    players: Sequence[Player]
    data: Split
    batch: int
    orders: Sequence[Order]

    @property
    def moves(self) -> int:
        """Optimiser steps of one round, each on a batch of its own."""
        return sum(p.objective.steps for p in self.players)

    @property
    def images_a_round(self) -> int:
        return self.moves * self.batch

    def rows(self, start: int, stop: int) -> Tensor:
        """Row numbers of rounds [start, stop): (rounds, moves, B), for a stack (rounds, moves, S, B)."""
        span = [o.stretch(start * self.images_a_round, stop * self.images_a_round) for o in self.orders]
        parts = [s.view(stop - start, self.moves, self.batch) for s in span]
        rows = parts[0] if not self.players[0].seeds else torch.stack(parts, dim=2)
        return rows.to(self.data.x.device)

    def play(self, rows: Tensor) -> Tensor:
        """One round on row numbers (moves, [S,] B); each player's mean loss over its steps, (players, [S])."""
        losses, move = [], 0
        for player in self.players:
            total = player.move(self._batch(rows[move]))
            for step in range(1, player.objective.steps):
                total = total + player.move(self._batch(rows[move + step]))
            losses.append(total / player.objective.steps)
            move += player.objective.steps
        return torch.stack(losses)

    def _batch(self, rows: Tensor) -> Batch:
        flat = rows.reshape(-1)
        x = self.data.x.index_select(0, flat).view(*rows.shape, *self.data.x.shape[1:])
        y = None if self.data.y is None else self.data.y.index_select(0, flat).view(rows.shape)
        return Batch(x, y)

    def finite(self) -> Tensor:
        """Whether all parameters are finite, () or (S,)."""
        return torch.isfinite(norm([p for player in self.players for p in player.parameters], self.players[0].seeds))


def rounds_of(budget: Budget, images_a_round: int) -> int:
    """Whole rounds that fit into the budget, at least one."""
    return max(1, budget.images // images_a_round)


def train(
    game: Game, budget: Budget, ledger: Ledger, *, play: Callable[[Tensor], Tensor], after: Callable[[], None]
) -> None:
    """Play until the budget is spent. `after` runs at the end of each block, when the ledger is up to date."""
    total = rounds_of(budget, game.images_a_round)
    block = math.ceil(total / POINTS)
    while ledger.rounds < total:
        stop = min(total, ledger.rounds + block)
        began = time.perf_counter()
        losses, norms = _block(game, play, game.rows(ledger.rounds, stop))
        took = time.perf_counter() - began
        seeds = max(1, game.players[0].seeds)
        ledger.rates.append((stop - ledger.rounds) * game.images_a_round * seeds / max(took, 1e-9))
        ledger.rounds, ledger.seconds = stop, ledger.seconds + took
        ledger.images.append(float(stop * game.images_a_round))
        ledger.losses.append(losses)
        ledger.norms.append(norms)
        after()


def _block(game: Game, play: Callable[[Tensor], Tensor], rows: Tensor) -> tuple[list[list[float]], list[list[float]]]:
    mean = play(rows[0]) / len(rows)
    for round_rows in rows[1:]:
        mean = mean + play(round_rows) / len(rows)
    norms = torch.stack([player.gradient_norm() for player in game.players])
    width = (len(game.players), max(1, game.players[0].seeds))
    both = torch.stack([mean.float(), norms.float()]).view(2, *width).tolist()  # the one wait for the device
    return both[0], both[1]
