"""What a training leaves behind beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """How one model was trained.

    `images` shown and optimiser `steps` made, every objective's counted; `seconds` of wall clock (of the whole stack,
    for a seed of a stack; added up over resumed parts), the set-up included; `images_per_second` of all seeds of the
    stack together, without the set-up. `curve`: `{"images": [...], objective: [...]}`, about 100 means over equal
    intervals; `details`: further series over the same intervals (`gradient norm of ...`, `images per second`).
    `trained`: `plain`, `captured`, `stack of seeds 0-7`, `closed form`. `remark`: why it was not trained the fast way.
    `weights`: which weights the model holds now, `last` or `ema 0.999`. `diverged`: the place where a loss or weight
    became NaN or inf; the model then holds its last finite state.
    """

    seconds: float
    images: int
    steps: int
    images_per_second: float
    trained: str
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    details: Mapping[str, list[float]] = field(default_factory=dict)
    remark: str = ""
    weights: str = "last"
    diverged: str | None = None
