"""Where a training diverged, and the last finite weights before that."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.training.history import TrainHistory
from genbench.training.train_state import TrainState

CHECK_EVERY = 5
"""Log intervals between two checks of the weights: copying them costs about as much as an optimiser step."""


class DivergenceGuard:
    """Keeps a copy of the last finite weights; `diverged` says for each seed where a loss or weight was not finite."""

    def __init__(self, state: TrainState) -> None:
        self._state = state
        self._kept = [t.detach().clone() for t in self._live()]
        self._kept_at, self._intervals = 0, 0
        self.diverged: list[str | None] = [None] * max(1, state.seeds)

    def check(self, history: TrainHistory, *, last: bool) -> bool:
        """Note which seeds diverged in the last log interval; whether any seed is still finite.

        At every fifth interval, and at the last, the weights are checked too, and those that are finite are kept.
        """
        self._intervals += 1
        keep = last or self._intervals % CHECK_EVERY == 0
        finite = self._state.finite().reshape(-1).tolist() if keep else [True] * len(self.diverged)
        for seed, ok in enumerate(finite):
            if self.diverged[seed] is None:
                self.diverged[seed] = self._reason(history, seed, ok)
        alive = [i for i, why in enumerate(self.diverged) if why is None]
        if keep and alive:
            self._copy(self._live(), self._kept, None if len(alive) == len(self.diverged) else alive)
            self._kept_at = int(history.images[-1])
        return bool(alive)

    def restore(self) -> None:
        """Put the last finite weights back where a seed diverged."""
        dead = [i for i, why in enumerate(self.diverged) if why is not None]
        if dead:
            self._copy(self._kept, self._live(), dead if self._state.seeds else None)

    def _live(self) -> list[Tensor]:
        return list(self._state.replicas.weights().values())

    def _copy(self, source: list[Tensor], target: list[Tensor], seeds: list[int] | None) -> None:
        with torch.no_grad():
            for a, b in zip(source, target, strict=True):
                if seeds is None:
                    b.copy_(a)
                else:
                    b[seeds] = a[seeds]

    def _reason(self, history: TrainHistory, seed: int, finite: bool) -> str | None:
        names = [
            optimizer.name
            for optimizer, values in zip(self._state.optimizers, history.losses[-1], strict=True)
            if not math.isfinite(values[seed])
        ]
        if finite and not names:
            return None
        what = f"the loss {names[0]!r} became NaN or inf" if names else "a weight became NaN or inf"
        intervals = CHECK_EVERY if not names else 1
        before = int(history.images[-1 - intervals]) if len(history.images) > intervals else 0
        where = f"between {before:,} and {int(history.images[-1]):,} images"
        return f"{what} {where}; the state at {self._kept_at:,} images is kept."
