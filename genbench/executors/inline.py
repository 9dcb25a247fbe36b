"""The inline executor: tasks one after the other in this process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from genbench.core.jobs import Event, Task
from genbench.executors.config import Runner


def run_inline(tasks: Iterable[Task], runner: Runner) -> Iterator[Event]:
    """Every event of every task, in order. No time limits: a process cannot stop itself.

    A process that a model has forked and lets run on ends here: there is one run, and one that writes its results.
    """
    owner = os.getpid()
    for task in tasks:
        for event in runner.run(task):
            if os.getpid() != owner:
                os._exit(0)
            yield event
