"""How a training is to be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from genbench.training.parallel import Alone, Processes

Progress = Callable[[int, int], None]
"""Called each time the losses are logged, with what is done and the total: images, steps, operations, milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How a training is to be run; all but `precision` change the result by no more than float tolerance.

    `capture`: whether a CUDA graph is tried. `stack`: models of one stack at most; `None` lets memory and the model's
    size decide. `share`: of the device's free memory that this process may count on; others work beside it.
    `out_of_memory`: split the batch and add up gradients (a loss that is not a mean over examples then changes), or
    fail by name. `checkpoint`: a file kept up to date every `every` seconds, from which the same call goes on after a
    kill; it is deleted at the end, unless it is to `keep`. `processes`: the group that shares each batch,
    `Accelerated()` in each of its processes; `fit` then gives the same model in all of them. `data`: where the training
    set lies, `host` in main memory (each batch is copied), `auto` on the device if half of its free memory holds it.
    `precision`: `bfloat16` runs every loss under autocast, where the device multiplies it faster; the result then says
    so.
    """

    capture: Literal["auto", "never"] = "auto"
    stack: int | None = None
    share: float = 1.0
    out_of_memory: Literal["split", "fail"] = "split"
    checkpoint: Path | None = None
    every: float = 60.0
    keep: bool = False
    processes: Processes = field(default_factory=Alone)
    precision: Literal["float32", "bfloat16"] = "float32"
    data: Literal["auto", "host"] = "auto"
