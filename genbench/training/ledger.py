"""What has been done so far in a training: all that a resumed one must know beside tensors."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

from genbench.training.game import Game
from genbench.training.record import Training


@dataclass(slots=True)
class Ledger:
    """Rounds and seconds so far, and a point of the curves for each stretch; losses and norms [point][player][seed]."""

    rounds: int = 0
    seconds: float = 0.0
    setup: float = 0.0
    images: list[float] = field(default_factory=list)
    losses: list[list[list[float]]] = field(default_factory=list)
    norms: list[list[list[float]]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def enter(self, game: Game, stop: int, seconds: float, seen: tuple[list[list[float]], list[list[float]]]) -> None:
        """A stretch is done: rounds up to `stop`, in so many seconds, with these mean losses and gradient norms."""
        shown = (stop - self.rounds) * game.images * max(1, game.seeds)
        self.rounds, self.seconds = stop, self.seconds + seconds
        self.images.append(float(stop * game.images))
        self.losses.append(seen[0])
        self.norms.append(seen[1])
        self.rates.append(shown / max(seconds, 1e-9))

    def dump(self) -> str:
        """The ledger as JSON, every float exact."""
        return json.dumps(dataclasses.asdict(self))

    def training(self, game: Game, trained: str, *, seed: int = 0, remark: str = "") -> Training:
        """The record for the seed at this place in the stack."""
        curve = {"images": self.images}
        details = {"images per second": self.rates}
        for i, player in enumerate(game.players):
            curve[player.name] = [point[i][seed] for point in self.losses]
            details[f"gradient norm of {player.name}"] = [point[i][seed] for point in self.norms]
        images = self.rounds * game.images
        averages = sorted({f"ema {p.objective.ema:g}" for p in game.players if p.objective.ema is not None})
        return Training(
            seconds=self.setup + self.seconds,
            images=images,
            steps=self.rounds * game.moves,
            images_per_second=images * max(1, game.seeds) / max(self.seconds, 1e-9),
            trained=trained,
            curve=curve,
            details=details,
            remark=remark,
            weights=", ".join(averages) or "last",
        )
