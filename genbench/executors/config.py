"""How tasks are done by worker processes, and who does them there."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

from genbench.core.jobs import Event, Task


class Runner(Protocol):
    """Does tasks in its process; every outcome is an event, no error leaves. `spoilt`: the process is of no more use,
    because something of it was changed that could not be put back."""

    @property
    def spoilt(self) -> bool: ...

    def run(self, task: Task) -> Iterator[Event]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """What a worker process is started with.

    `runner`: `"module:function"` that makes a `Runner` of `setting`, so that executors know nothing of models and data;
    `origins`: how to make known what third parties have registered; `time_limit`: seconds that one job may take, None
    for no limit; `memory_limit`: bytes that a worker may hold; `workers`: how many, 0 for as many as there is room for;
    `retries`: how often a job is tried again that took its worker with it or ran out of time; `gpus`: the part of a GPU
    that a worker asks of a cluster; `places`: GPUs of this machine as `CUDA_VISIBLE_DEVICES` names them, over which
    workers are spread, each of which sees one; empty where all see the same; `nvidia_mps`: workers on a GPU compute at
    the same time.
    """

    runner: str
    setting: Any
    device: str = "cpu"
    threads: int = 1
    origins: tuple[Any, ...] = ()
    time_limit: float | None = None
    memory_limit: int | None = None
    workers: int = 1
    retries: int = 0
    gpus: float = 1.0
    places: tuple[str, ...] = ()
    nvidia_mps: bool = False

    def make_runner(self) -> Runner:
        """The runner, in this process."""
        module, _, path = self.runner.partition(":")
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        return cast(Runner, found(self.setting))


def named_gpus() -> list[str]:
    """The GPUs that this process is told to see by `CUDA_VISIBLE_DEVICES`; empty where it is told nothing."""
    return [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
