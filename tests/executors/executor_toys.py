"""A runner that needs no model: what a job does is in its name."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genbench.core.jobs import Event, FileMade, JobStarted, Task, without_value
from genbench.core.values import Status


class Named:
    """Ends each job as unsupported, the reason its process and time; `exit`, `hang`, `slow`, `raise`, `segfault` and
    `memory` at the beginning of a name do that first, `once` only where no file of the folder `setting` says that it
    has."""

    def __init__(self, setting: Any) -> None:
        self.folder = Path(setting)
        self.spoilt = False

    def run(self, task: Task) -> Iterator[Event]:
        for file in task.files:
            yield FileMade(f"back/{file.path}", file.content)
        for job in task.jobs:
            yield JobStarted(job)
            began = time.monotonic()
            self._act(job.key)
            yield without_value(job, Status.UNSUPPORTED, f"{os.getpid()} {began} {time.monotonic()}")
        self.spoilt = any(job.key.startswith("spoil") for job in task.jobs)

    def _act(self, name: str) -> None:
        deed, _, rest = name.partition("-")
        if deed == "once":
            mark = self.folder / name
            deed = "" if mark.exists() else rest.partition("-")[0]
            mark.touch()
        if deed == "exit":
            os._exit(3)
        if deed == "hang":
            time.sleep(600)
        if deed == "raise":
            raise ValueError("no runner may")
        if deed == "segfault":
            ctypes.string_at(0)
        if deed == "slow":
            time.sleep(0.4)
        if deed == "memory":
            held = bytearray(400 * 2**20)
            held[:: 2**12] = b"x" * len(held[:: 2**12])
            time.sleep(600)
