"""Keeps the last finite state, and says where a training left it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.training.game import Game
from genbench.training.ledger import Ledger

EVERY = 5
"""Looks between two copies of the weights: a copy costs about as much as an optimiser step."""


class Keeper:
    """A copy of the weights from when all was finite; `diverged` says for each seed where that ended."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._kept = [t.detach().clone() for t in self._live()]
        self._kept_at, self._looks = 0, 0
        self.diverged: list[str | None] = [None] * max(1, game.seeds)

    def look(self, ledger: Ledger, *, last: bool) -> bool:
        """Note which seeds diverged in the last stretch; whether any seed still lives.

        At every fifth look, and at the last, the weights are looked at too, and those that are finite are kept.
        """
        self._looks += 1
        keep = last or self._looks % EVERY == 0
        finite = self._game.finite().reshape(-1).tolist() if keep else [True] * len(self.diverged)
        for seed, ok in enumerate(finite):
            if self.diverged[seed] is None:
                self.diverged[seed] = self._trouble(ledger, seed, ok)
        alive = [i for i, why in enumerate(self.diverged) if why is None]
        if keep and alive:
            self._copy(self._live(), self._kept, None if len(alive) == len(self.diverged) else alive)
            self._kept_at = int(ledger.images[-1])
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
        looked = EVERY if not names else 1
        before = int(ledger.images[-1 - looked]) if len(ledger.images) > looked else 0
        where = f"between {before:,} and {int(ledger.images[-1]):,} images"
        return f"{what} {where}; the state at {self._kept_at:,} images is kept."
