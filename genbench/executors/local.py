"""The local executor: worker processes on this machine, time limits, and no job lost when one of them dies."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import genbench
from genbench.core.jobs import Event, FitEnded, Job, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors import frames
from genbench.executors.config import WorkerConfig
from genbench.executors.worker import DONE, READY, SPOILT

START = 300.0
"""Seconds that a worker may take until it is ready: it imports torch, perhaps from a slow disk."""

PATIENCE = 10.0
"""Seconds that are waited for a process to be gone."""

TRIES = 2
"""How often a task is given out whose worker died before it had said a word of it."""

_BOOT = """
import importlib.util, os, sys
init, rest = sys.argv.pop(1), sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("genbench", init)
sys.modules["genbench"] = importlib.util.module_from_spec(spec)
sys.path += [place for place in rest.split(os.pathsep) if place not in sys.path]
spec.loader.exec_module(sys.modules["genbench"])
from genbench.executors.worker import main
main()
"""
"""The parent's own genbench, wherever that lies; all other places come behind the worker's own."""


@dataclass(frozen=True, slots=True)
class _Message:
    """What came from a worker: an event, a word, or the reason why nothing more will come."""

    worker: _Worker
    content: object = None
    end: str | None = None


class _Worker:
    """One child process, the task it works on, and since when its current job runs. `alone`: it does nothing but tasks
    beside which nothing may run."""

    def __init__(self, config: WorkerConfig, inbox: queue.SimpleQueue[_Message], *, alone: bool = False) -> None:
        self.alone = alone
        threads = str(config.threads)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, str(Path(genbench.__file__).resolve()), _import_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
            start_new_session=os.name == "posix",
        )
        self.ready = False
        self.task: Task | None = None
        self.job: Job | None = None
        self.number = 0
        self.ended: set[str] = set()
        self.fitted = False
        self.since = time.monotonic()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._outbox.put(frames.packed(0, config))
        writer = threading.Thread(target=self._write, daemon=True)
        listener = threading.Thread(target=self._listen, args=(inbox,), daemon=True)
        self._threads = (writer, listener)
        for thread in self._threads:
            thread.start()

    def give(self, task: Task) -> None:
        """Start a task."""
        self.task, self.job, self.ended, self.fitted = task, None, set(), False
        self.number += 1
        self.since = time.monotonic()
        self._outbox.put(frames.packed(self.number, task))

    def is_overdue(self, limit: float | None) -> bool:
        """Whether it has taken longer than it may: the limit for a job, and time enough to start before the first."""
        if self.task is None:
            return False
        spent = time.monotonic() - self.since
        return spent > (limit or float("inf")) if self.ready else spent > max(START, limit or 0)

    def _write(self) -> None:
        """A thread of its own: a worker that does not read must not stop the parent."""
        assert self.process.stdin is not None
        while (message := self._outbox.get()) is not None:
            with suppress(OSError, ValueError):  # its death comes as an event of its own
                self.process.stdin.write(message)
                self.process.stdin.flush()
        with suppress(OSError):
            self.process.stdin.close()

    def _listen(self, inbox: queue.SimpleQueue[_Message]) -> None:
        assert self.process.stdout is not None
        try:
            while (frame := frames.read(self.process.stdout)) is not None:
                if frame.number in (0, self.number):  # of an earlier task nothing is expected any more
                    inbox.put(_Message(self, frame.message()))
            inbox.put(_Message(self, end=self._how_it_died()))
        except frames.Unreadable as error:
            inbox.put(_Message(self, end=f"its worker process could not be understood ({error}) and was ended"))
        except (OSError, ValueError):
            inbox.put(_Message(self, end="its worker process could not be read and was ended"))
        with suppress(OSError):
            self.process.stdout.close()

    def _how_it_died(self) -> str:
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "its worker process closed the pipe that it reports through, and was ended"
        if code >= 0:
            return f"its worker process ended with exit status {code}"
        said = signal.strsignal(-code) or "unknown"
        why = ", perhaps because memory ran out" if code == -9 else ""
        return f"its worker process was ended by signal {-code} ({said}){why}"

    def stop(self) -> None:
        """End the process and all that it has started, now. Each pipe is closed by the thread that uses it: where
        somebody else still holds the other end, the thread waits and not the run."""
        self._outbox.put(None)
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(1.0)


class _Pool:
    """The workers of one run and the tasks that wait."""

    def __init__(self, tasks: Iterable[Task], config: WorkerConfig) -> None:
        self.config = config
        self.waiting = deque(tasks)
        self.workers: list[_Worker] = []
        self.inbox: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self.tries: dict[str, int] = {}

    def events(self) -> Iterator[Event]:
        """Everything the workers report, until no task is left."""
        try:
            self._hand_out()
            while any(w.task for w in self.workers):
                yield from self._next()
                yield from self._overdue()
                self._hand_out()
        finally:
            for worker in self.workers:
                worker.stop()

    def _hand_out(self) -> None:
        while self.waiting:
            busy = sum(w.task is not None for w in self.workers)
            alone = self.waiting[0].alone or any(w.task and w.task.alone for w in self.workers)
            if busy >= (1 if alone else self.config.workers) and busy:
                return
            self._idle(alone=self.waiting[0].alone).give(self.waiting.popleft())

    def _idle(self, *, alone: bool) -> _Worker:
        """A worker without a task. What must run alone gets a process of its own, and the others are ended first."""
        if alone:
            for worker in [w for w in self.workers if not w.alone]:
                worker.stop()
                self.workers.remove(worker)
        for worker in self.workers:
            if worker.task is None and worker.alone == alone:
                return worker
        self.workers.append(_Worker(self.config, self.inbox, alone=alone))
        return self.workers[-1]

    def _next(self) -> Iterator[Event]:
        try:
            message = self.inbox.get(timeout=0.5)
        except queue.Empty:
            return
        worker = message.worker
        if worker not in self.workers:
            return
        if message.end is not None:
            yield from self._lost(worker, Status.FAILED, message.end)
        elif message.content == READY:
            worker.ready, worker.since = True, time.monotonic()
        elif message.content in (DONE, SPOILT):
            worker.task = worker.job = None
            if message.content == SPOILT:
                self._end(worker)
        elif isinstance(message.content, JobStarted | FitEnded | JobEnded):
            yield self._noted(worker, message.content)

    def _noted(self, worker: _Worker, event: Event) -> Event:
        """The event; what it says of the worker is kept."""
        if isinstance(event, JobStarted):
            worker.job, worker.since = event.job, time.monotonic()
        if isinstance(event, FitEnded):
            worker.fitted = True
        if isinstance(event, JobEnded):
            worker.ended.add(event.record.key)
        return event

    def _overdue(self) -> Iterator[Event]:
        limit = self.config.time_limit
        for worker in list(self.workers):
            if worker.is_overdue(limit) and worker.ready:
                yield from self._lost(worker, Status.TIMEOUT, f"it took longer than the limit of {limit:g} s")
            elif worker.is_overdue(limit):
                yield from self._lost(worker, Status.FAILED, f"its worker process was not ready after {START:g} s")

    def _lost(self, worker: _Worker, status: Status, reason: str) -> Iterator[Event]:
        """A worker is gone: its current job ends with this status (all of its task, if it was still fitting), the
        others wait again."""
        seconds = time.monotonic() - worker.since
        self._end(worker)
        task = worker.task
        if task is None:
            return
        left = [job for job in task.jobs if job.key not in worker.ended]
        if worker.ready and worker.job is None and status is Status.FAILED and self._may_wait_again(task):
            self.waiting.appendleft(task)  # it died between two tasks
            return
        current = [job for job in left if not worker.fitted or job == worker.job]
        for job in current:
            yield without_value(job, status, reason, seconds=seconds / len(current), device=self.config.device)
        rest = tuple(job for job in left if job not in current)
        if rest:
            self.waiting.appendleft(replace(task, jobs=rest))

    def _may_wait_again(self, task: Task) -> bool:
        key = task.jobs[0].key
        self.tries[key] = self.tries.get(key, 0) + 1
        return self.tries[key] < TRIES

    def _end(self, worker: _Worker) -> None:
        worker.stop()
        self.workers.remove(worker)


def run_local(tasks: Sequence[Task], config: WorkerConfig) -> Iterator[Event]:
    """Events as they happen, tasks beside each other on `config.workers` processes; what must run alone does."""
    yield from _Pool(tasks, config).events()


def _import_path() -> str:
    """Where this process looks for modules. A worker looks there last, so that a `random.py` beside a script hides
    nothing."""
    return os.pathsep.join(dict.fromkeys(str(Path(place).absolute()) for place in sys.path if place))
