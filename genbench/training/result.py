"""What a training leaves behind beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """How one model was trained.

    `images` read (a batch for each step of an objective that reads data) and optimiser `steps` made, every objective's
    counted; `updates`: those of them that moved the network that samples, None where nothing samples; `flops`:
    floating-point operations of all its iterations, a multiply-add counts 2, None where they cannot be counted.
    `seeds` trained together; `seconds` of wall clock, of all of them together (added up over resumed parts), the set-up
    included; `images_per_second` of all of them, in images of the budget (a batch a step), without the set-up.
    `curve`: `{"images": [...], objective: [...]}`, about 100 means over equal intervals of the budget; `details`:
    further series over the same intervals (`gradient norm of ...`, `images per second`).
    `trained`: `plain`, `captured`, `stack of seeds 0-7`, `stack of 5 settings` (of one seed), `closed form`.
    `remark`: why it was not trained the fast way, or why its operations were not counted.
    `weights`: which weights the model holds now, `last` or `ema 0.999`. `diverged`: the place where a loss or weight
    became NaN or inf; the model then holds its last finite state.
    """

    seconds: float
    images: int
    steps: int
    images_per_second: float
    trained: str
    updates: int | None = None
    flops: int | None = None
    seeds: int = 1
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    details: Mapping[str, list[float]] = field(default_factory=dict)
    remark: str = ""
    weights: str = "last"
    diverged: str | None = None
