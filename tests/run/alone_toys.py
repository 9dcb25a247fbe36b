"""A runner for worker processes that says in which process each job was done, and when."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from genbench.core.jobs import Event, JobStarted, Task, without_value
from genbench.core.values import Status


class SaysWhere:
    """Ends each job as unsupported, the reason its process and its time."""

    spoilt = False

    def __init__(self, setting: Any) -> None:
        self.setting = setting

    def run(self, task: Task) -> Iterator[Event]:
        for job in task.jobs:
            yield JobStarted(job)
            began = time.monotonic()
            while time.monotonic() - began < self.setting:
                pass
            yield without_value(job, Status.UNSUPPORTED, f"{os.getpid()} {began} {time.monotonic()}")
