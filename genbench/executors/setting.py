"""What a process needs to know to do tasks: data, caches, device, threads, third parties' code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from genbench.registry import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How tasks are done. `folder`: the run's DIR; `time_limit`: seconds that one job may take, None for no limit."""

    folder: Path
    cache: Path
    device: str = "cpu"
    threads: int = 1
    data_root: str | None = None
    origins: tuple[Origin, ...] = ()
    time_limit: float | None = None
    workers: int = 1


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
