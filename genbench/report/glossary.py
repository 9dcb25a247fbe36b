"""What the registry knows of a metric, an evaluation or a model; a table may hold names that it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genbench import registry
from genbench.core.values import Direction
from genbench.protocols.card import EncoderCard, ModelCard
from genbench.protocols.evaluation import Evaluation
from genbench.protocols.metric import Metric

ARROWS = {Direction.LOWER: "↓", Direction.HIGHER: "↑", Direction.NEAREST: "→"}


@dataclass(frozen=True, slots=True)
class Sense:
    """Which way is better, for the eye (`arrow`) and in words; `best` is the ideal value of a `nearest` metric."""

    direction: Direction | None
    best: float | None = None

    @property
    def arrow(self) -> str:
        """↓, ↑ or → with the ideal value."""
        if self.direction is None:
            return ""
        arrow = ARROWS[self.direction]
        return f"{arrow} {self.best:g}" if self.direction is Direction.NEAREST and self.best is not None else arrow

    @property
    def words(self) -> str:
        """`lower is better`, and so on."""
        if self.direction is None:
            return ""
        if self.direction is Direction.NEAREST:
            return f"nearest to {self.best:g} is best" if self.best is not None else "nearest to its ideal is best"
        return f"{self.direction} is better"

    def loss(self, value: float) -> float | None:
        """A number that is lower for better values; None where no order is known."""
        if self.direction is Direction.LOWER:
            return value
        if self.direction is Direction.HIGHER:
            return -value
        return abs(value - self.best) if self.direction is Direction.NEAREST and self.best is not None else None


def metric(name: str) -> Metric | None:
    """The declaration of a metric, None where the registry has none."""
    found: Metric | None = _record(registry.metrics, name)
    return found


def evaluation(name: str) -> Evaluation:
    """The record of an evaluation; where the registry has none, a neutral one: ranked, no floor, ceiling or checks."""
    found: Any = _record(registry.evaluations, name)
    return found or Evaluation(name=name, summary="")


def evaluations() -> list[str]:
    """The names of the evaluations that the registry has, in its order."""
    try:
        return registry.evaluations.names()
    except ImportError:
        return []


def model(name: str) -> ModelCard | None:
    """The card of a model, None where the registry has none."""
    found: ModelCard | None = _record(registry.models, name)
    return found


def encoder(name: str) -> EncoderCard | None:
    """The card of an encoder, None where the registry has none."""
    found: EncoderCard | None = _record(registry.encoders, name)
    return found


def _record(known: Any, name: str) -> Any:
    try:
        return known.get(name).card if name in known else None
    except ImportError:  # a catalogue that this installation lacks: the table's own columns must do
        return None


def sense(name: str, direction: str) -> Sense:
    """Which way is better: the table's word, with the registry's ideal value."""
    spec = metric(name)
    if direction not in list(Direction):
        direction = str(spec.direction) if spec else ""
    return Sense(Direction(direction) if direction else None, spec.best if spec else None)


def title(name: str, encoder: str = "") -> str:
    """The display name: the metric's own title, or the one that it has on this encoder."""
    spec = metric(name)
    return spec.titles.get(encoder, spec.title) if spec else name.replace("-", " ")
