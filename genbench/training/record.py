"""How the engine may train, and what a training leaves behind beside the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from genbench.training.parallel import Alone, Processes

Progress = Callable[[int, int], None]
"""Called after each stretch of training with what is done and the total: images, steps, or milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How a training may go about it; all but `precision` change the result by no more than float tolerance.

    `capture`: whether a CUDA graph is tried. `stack`: seeds of one stack at most; `None` lets memory and the model's
    size decide. `out_of_memory`: split the batch and add up gradients (a loss that is not a mean over examples then
    changes), or fail by name. `checkpoint`: a file kept up to date every `every` seconds, from which the same call
    goes on after a kill; it is deleted at the end, unless it is to `keep`. `processes`: the group that shares each
    batch, `Accelerated()` in each of its processes; `fit` then gives the same model in all of them. `data`: where
    the training set lies, `host` in main memory (each batch is copied), `auto` on the device if half of its free memory
    holds it. `precision`: `bfloat16` runs every loss under autocast, where the device multiplies it faster; the record
    then says so.
    """

    capture: Literal["auto", "never"] = "auto"
    stack: int | None = None
    out_of_memory: Literal["split", "fail"] = "split"
    checkpoint: Path | None = None
    every: float = 60.0
    keep: bool = False
    processes: Processes = field(default_factory=Alone)
    precision: Literal["float32", "bfloat16"] = "float32"
    data: Literal["auto", "host"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How one model was trained.

    `images` shown and optimiser `steps` made, every player's counted; `seconds` of wall clock (of the whole stack, for
    a seed of a stack; added up over resumed parts), the set-up included; `images_per_second` of all seeds of the stack
    together, without the set-up. `curve`: `{"images": [...], objective: [...]}`, about 100 means over equal stretches;
    `details`: further series over the same stretches (`gradient norm of ...`, `images per second`). `trained`:
    `plain`, `captured`, `stack of seeds 0-7`, `closed form`. `remark`: why it was not trained the fast way. `weights`:
    which weights the model holds now, `last` or `ema 0.999`. `diverged`: the place where a loss or weight became NaN
    or inf; the model then holds its last finite state.
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
