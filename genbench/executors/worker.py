"""A worker process: reads tasks from one pipe, writes events to another, ends with its parent.

Started by `genbench.executors.local` with Python's `-P`, so that nothing in the current folder is imported by accident.
The pipes are the worker's own: what models print goes to standard error, what they read is empty, and processes that
they start do not have them. A process that a model forks and lets run on ends as soon as it would report something.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import BinaryIO, NoReturn

from genbench import registry
from genbench.core.errors import contained
from genbench.core.jobs import Event, Task, without_value
from genbench.core.text import safe_text
from genbench.core.values import Status
from genbench.executors import frames
from genbench.executors.config import Runner, WorkerConfig

READY, DONE, SPOILT = "ready", "done", "spoilt"
"""Sent when the worker can take tasks; after a task's last event; the same where the process is of no more use."""


class _Pipes:
    """The two pipes, away from standard input and output, which the process has as usual: empty, and standard error."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.tasks = os.fdopen(os.dup(0), "rb")
        self.events = os.fdopen(os.dup(1), "wb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        try:
            os.dup2(2, 1)
        except OSError:  # there is no standard error
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
        os.close(nothing)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._leave)

    def _leave(self) -> None:
        """In a process that a model has forked."""
        os.close(self.events.fileno())
        os.close(self.tasks.fileno())

    def send(self, number: int, message: object) -> None:
        """Write a message of task `number`; where nobody reads it any more, the process ends."""
        if os.getpid() != self.owner:
            os._exit(0)
        try:
            left = memoryview(frames.packed(number, message))
            while left:
                left = left[self.events.write(left) or 0 :]
        except OSError:
            end()


def main() -> None:
    """Serve until the parent ends. Ctrl-C is the parent's to answer: it ends its workers."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    pipes = _Pipes()
    inbox: SimpleQueue[frames.Frame] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipes.tasks, inbox), daemon=True).start()
    config = inbox.get().message()
    assert isinstance(config, WorkerConfig)
    runner = runner_of(config)  # before the first task is unpacked, which may hold third parties' records
    pipes.send(0, READY)
    while True:
        frame = inbox.get()
        task = frame.message()
        assert isinstance(task, Task)
        for event in runner.run(task):
            pipes.send(frame.number, event)
        pipes.send(frame.number, SPOILT if runner.spoilt else DONE)


def runner_of(config: WorkerConfig) -> Runner:
    """The runner, once everything third-party is known here; where that fails, one that says so of each job."""
    try:
        with contained():
            registry.replay(config.origins)
            return config.make_runner()
    except Exception as error:
        return _Unready(f"a worker process could not be made ready: {safe_text(error)}")


@dataclass(frozen=True, slots=True)
class _Unready:
    """Ends each job with the reason why none can be done."""

    reason: str
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        yield from (without_value(job, Status.FAILED, self.reason) for job in task.jobs)


def _listen(source: BinaryIO, inbox: SimpleQueue[frames.Frame]) -> None:
    """Pass tasks on; when the parent is gone, so is this process, whatever it is doing."""
    while True:
        try:
            frame = frames.read(source)
        except (OSError, ValueError, frames.Unreadable):
            frame = None
        if frame is None:
            end()
        inbox.put(frame)


def end() -> NoReturn:
    """End this process now, and with it all that were started here and stayed in its group."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
