"""Keeps the last finite state, and says where a training left it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.training.game import Game
from genbench.training.ledger import Ledger


class Keeper:
    """A copy of the weights from when all was finite; `diverged` says for each seed where that ended."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._kept = [t.detach().clone() for t in self._live()]
        self.diverged: list[str | None] = [None] * max(1, game.seeds)

    def look(self, ledger: Ledger) -> bool:
        """Note which seeds diverged in the last stretch, keep the others' weights; whether any seed still lives."""
        finite = self._game.finite().reshape(-1).tolist()
        for seed, ok in enumerate(finite):
            if self.diverged[seed] is None:
                self.diverged[seed] = self._trouble(ledger, seed, ok)
        alive = [i for i, why in enumerate(self.diverged) if why is None]
        if len(alive) == len(self.diverged):
            self._copy(self._live(), self._kept, None)
        elif alive:
            self._copy(self._live(), self._kept, alive)
        return bool(alive)

    def restore(self) -> None:
        """Put the last finite weights back where a seed diverged."""
        dead = [i for i, why in enumerate(self.diverged) if why is not None]
        if dead:
            self._copy(self._kept, self._live(), dead if self._game.seeds else None)

    def _live(self) -> list[Tensor]:
        return list(self._game.team.weights().values())

    def _copy(self, source: list[Tensor], target: list[Tensor], seeds: list[int] | None) -> None:
        with torch.no_grad():
            for a, b in zip(source, target, strict=True):
                if seeds is None:
                    b.copy_(a)
                else:
                    b[seeds] = a[seeds]

    def _trouble(self, ledger: Ledger, seed: int, finite: bool) -> str | None:
        names = [
            player.name
            for player, values in zip(self._game.players, ledger.losses[-1], strict=True)
            if not math.isfinite(values[seed])
        ]
        if finite and not names:
            return None
        what = f"the loss {names[0]!r} became NaN or inf" if names else "a weight became NaN or inf"
        before = int(ledger.images[-2]) if len(ledger.images) > 1 else 0
        return f"{what} between {before:,} and {int(ledger.images[-1]):,} images; the state before is kept."
