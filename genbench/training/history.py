"""What has been done so far in a training: all that a resumed one must know beside tensors."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

from genbench.training.result import TrainResult
from genbench.training.train_state import TrainState


@dataclass(slots=True)
class TrainHistory:
    """Iterations and seconds so far, and a point of the curves for each log interval.

    `losses` and gradient `norms`: [point][objective][seed].
    """

    iterations: int = 0
    seconds: float = 0.0
    setup: float = 0.0
    images: list[float] = field(default_factory=list)
    losses: list[list[list[float]]] = field(default_factory=list)
    norms: list[list[list[float]]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def append(
        self, state: TrainState, stop: int, seconds: float, means: tuple[list[list[float]], list[list[float]]]
    ) -> None:
        """Add an interval: iterations up to `stop`, in so many seconds, with these mean losses and gradient norms."""
        shown = (stop - self.iterations) * state.images_per_iteration * max(1, state.seeds)
        self.iterations, self.seconds = stop, self.seconds + seconds
        self.images.append(float(stop * state.images_per_iteration))
        self.losses.append(means[0])
        self.norms.append(means[1])
        self.rates.append(shown / max(seconds, 1e-9))

    def to_json(self) -> str:
        """The history as JSON, every float exact."""
        return json.dumps(dataclasses.asdict(self))

    def result(self, state: TrainState, trained: str, *, seed: int = 0, remark: str = "") -> TrainResult:
        """The result of the seed at this place in the stack."""
        curve = {"images": self.images}
        details = {"images per second": self.rates}
        for i, optimizer in enumerate(state.optimizers):
            curve[optimizer.name] = [point[i][seed] for point in self.losses]
            details[f"gradient norm of {optimizer.name}"] = [point[i][seed] for point in self.norms]
        shown = self.iterations * state.images_per_iteration
        cost = state.cost
        members = [optimizer.members[seed] for optimizer in state.optimizers]
        averages = sorted({f"ema {member.ema:g}" for member in members if member.ema is not None})
        return TrainResult(
            seconds=self.setup + self.seconds,
            images=self.iterations * cost.images,
            steps=self.iterations * state.steps_per_iteration,
            updates=None if cost.updates is None else self.iterations * cost.updates,
            flops=None if cost.flops is None else self.iterations * cost.flops,
            seeds=max(1, state.seeds),
            images_per_second=shown * max(1, state.seeds) / max(self.seconds, 1e-9),
            trained=trained,
            curve=curve,
            details=details,
            remark=remark,
            weights=", ".join(averages) or "last",
        )
