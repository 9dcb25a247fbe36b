"""The game: players, the data they see in their seeds' orders, and one round of moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from genbench.core.errors import UsageError
from genbench.protocols.dataset import Split
from genbench.protocols.model import Batch, Objective
from genbench.training.order import Order
from genbench.training.parallel import Alone, Processes
from genbench.training.player import Player, norm


class Team(Protocol):
    """The models behind the players: one, or a stack."""

    @property
    def players(self) -> Sequence[Player]: ...

    @property
    def models(self) -> Sequence[nn.Module]: ...

    def weights(self) -> dict[str, Tensor]:
        """All live parameters and buffers by name; of a stack (S, *shape) each."""

    def hand_out(self) -> None:
        """Give each model its own weights, at the end."""


class One:
    """One model's players, moving the model's own parameters.

    On the CPU the weights of convolutions lie channels last while they are trained (a sixth faster for residual nets).
    """

    def __init__(self, model: nn.Module) -> None:
        self.models = [model]
        convolutions = any(isinstance(m, nn.Conv2d | nn.ConvTranspose2d) for m in model.modules())
        if convolutions and all(p.device.type == "cpu" for p in model.parameters()):
            model.to(memory_format=torch.channels_last)
        self.players = [Player(o, o.loss, [p for p in o.parameters if p.requires_grad]) for o in objectives_of(model)]

    def weights(self) -> dict[str, Tensor]:
        """The model's parameters and buffers."""
        return {name: t for name, t in self.models[0].state_dict(keep_vars=True).items() if isinstance(t, Tensor)}

    def hand_out(self) -> None:
        """The model's own parameters moved; they lie again as they did."""
        self.models[0].to(memory_format=torch.contiguous_format)


@dataclass(slots=True)
class Game:
    """A team over data, which lie on the team's device or, where they are too large, in main memory; each seed has its
    order."""

    team: Team
    data: Split
    batch: int
    orders: Sequence[Order]
    processes: Processes = field(default_factory=Alone)
    binarised: bool = False  # pixels are probabilities: each batch draws them anew

    def __post_init__(self) -> None:
        if self.batch % self.processes.size:
            raise UsageError(f"a batch of {self.batch} cannot be shared by {self.processes.size} processes equally.")
        for player in self.players:
            player.processes = self.processes

    @property
    def players(self) -> Sequence[Player]:
        return self.team.players

    @property
    def seeds(self) -> int:
        """S of a stack, 0 for one model."""
        return self.players[0].seeds

    @property
    def device(self) -> torch.device:
        return self.players[0].device

    @property
    def fed(self) -> bool:
        """Whether batches come from main memory to another device."""
        return self.data.x.device != self.device

    @property
    def moves(self) -> int:
        """Optimiser steps of one round, each on a batch of its own."""
        return sum(p.objective.steps for p in self.players)

    @property
    def images(self) -> int:
        """Images that one round shows to each seed."""
        return self.moves * self.batch

    def rows(self, start: int, stop: int) -> Tensor:
        """Row numbers of rounds [start, stop): (rounds, moves, B), for a stack (rounds, moves, S, B).

        Of several processes each gets its share of every batch.
        """
        parts = [
            order.stretch(start * self.images, stop * self.images).view(stop - start, self.moves, self.batch)
            for order in self.orders
        ]
        rows = torch.stack(parts, dim=2) if self.seeds else parts[0]
        return rows[..., self.processes.rank :: self.processes.size].to(self.data.x.device)

    def play(self, rows: Tensor) -> Tensor:
        """One round on row numbers (moves, [S,] B); each player's mean loss over its steps, (players, [S])."""
        return self.play_on(map(self.fetch, rows))

    def play_on(self, batches: Iterator[Batch]) -> Tensor:
        """One round on a batch a move."""
        losses = []
        for player in self.players:
            total = player.move(self._seen(next(batches)))
            for _ in range(1, player.objective.steps):
                total = total + player.move(self._seen(next(batches)))
            losses.append(total if player.objective.steps == 1 else total / player.objective.steps)
        return torch.stack(losses)

    def fetch(self, rows: Tensor) -> Batch:
        """The examples of these row numbers ([S,] B), on the team's device."""
        flat = rows.reshape(-1)
        x = self.data.x.index_select(0, flat).view(*rows.shape, *self.data.x.shape[1:])
        y = None if self.data.y is None else self.data.y.index_select(0, flat).view(rows.shape)
        return Batch(x, y) if not self.fed else Batch(x.to(self.device), None if y is None else y.to(self.device))

    def prepare(self, progress: float, rounds: int) -> None:
        """Set schedules and averages before round number `rounds`, at this fraction of the budget."""
        for player in self.players:
            if player.changes:
                player.prepare(progress, rounds * player.objective.steps)

    def state(self) -> dict[str, Tensor]:
        """Every live tensor that a training changes, by name."""
        found = {f"weights.{name}": tensor for name, tensor in self.team.weights().items()}
        for player in self.players:
            found |= player.state()
        return found

    def finite(self) -> Tensor:
        """Whether all that players move is finite, () or (S,)."""
        moved = [p.detach() for player in self.players for p in player.parameters]
        return torch.isfinite(norm(moved, self.seeds, moved[0].device))

    def _seen(self, batch: Batch) -> Batch:
        """The batch as a loss sees it: probabilities are drawn to pixels."""
        return batch._replace(x=torch.bernoulli(batch.x)) if self.binarised else batch


def objectives_of(model: nn.Module) -> list[Objective]:
    """The model's players, or a sentence that says what is wrong with them."""
    name, give = type(model).__name__, getattr(model, "objectives", None)
    if give is None:
        raise UsageError(f"{name} has neither objectives() nor fit(data, budget, generator).")
    found: list[Objective] = list(give())
    if not found:
        raise UsageError(f"{name}.objectives() is empty: give at least one Objective, or fit(data, budget, generator).")
    if len({o.name for o in found}) < len(found):
        raise UsageError(f"{name}.objectives() has two of one name: {[o.name for o in found]}.")
    for objective in found:
        if not any(p.requires_grad for p in objective.parameters):
            raise UsageError(f"objective {objective.name!r} of {name} has no parameter that requires a gradient.")
    return found
