"""A worker process: reads tasks as pickles from standard input, writes events to standard output, ends with its parent.

Started as `python -m genbench.executors.worker`, so that it works alike on every system and from any script. What
models print goes to standard error; the pipe carries events only.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import BinaryIO

from genbench import registry
from genbench.core.jobs import Event, Task, without_value
from genbench.core.values import Status
from genbench.executors.config import Runner, WorkerConfig

DONE = "done"
"""Sent after a task's last event: the worker is free."""


def main() -> None:
    """Serve until standard input ends. Ctrl-C is the parent's to answer: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    inbox: SimpleQueue[Task] = SimpleQueue()
    config: WorkerConfig = pickle.load(sys.stdin.buffer)
    runner = _runner(config)  # before the first task is unpickled, which may hold third parties' records
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    while True:
        for event in runner.run(inbox.get()):
            _send(event, events)
        _send(DONE, events)


def _runner(config: WorkerConfig) -> Runner:
    """The runner, once everything third-party is known here; where that fails, one that says so of each job."""
    try:
        registry.replay(config.origins)
        return config.make_runner()
    except Exception as error:
        return _Unready(f"a worker process could not be made ready: {error}")


@dataclass(frozen=True, slots=True)
class _Unready:
    """Ends each job with the reason why none can be done."""

    reason: str

    def run(self, task: Task) -> Iterator[Event]:
        yield from (without_value(job, Status.FAILED, self.reason) for job in task.jobs)


def _listen(source: BinaryIO, inbox: SimpleQueue[Task]) -> None:
    """Pass tasks on; when the parent is gone, so is this process, whatever it is doing."""
    while True:
        try:
            inbox.put(pickle.load(source))
        except (EOFError, pickle.UnpicklingError, OSError):
            os._exit(0)


def _send(message: object, events: BinaryIO) -> None:
    try:
        pickle.dump(message, events)
        events.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
