"""The inline executor: tasks one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genbench.core.jobs import Event, Task
from genbench.executors.config import Runner


def run_inline(tasks: Iterable[Task], runner: Runner) -> Iterator[Event]:
    """Every event of every task, in order. No time limits: a process cannot stop itself."""
    for task in tasks:
        yield from runner.run(task)
