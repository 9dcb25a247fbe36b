"""The local executor: worker processes on this machine, time limits, and no job lost when one of them dies."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from genbench.core.jobs import Event, FitEnded, Job, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.worker import DONE


class _Worker:
    """One child process, the task it works on, and since when its current job runs. `alone`: it does nothing but tasks
    beside which nothing may run."""

    def __init__(
        self, config: WorkerConfig, inbox: queue.SimpleQueue[tuple[_Worker, object]], *, alone: bool = False
    ) -> None:
        self.alone = alone
        threads = str(config.threads)
        environment = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "genbench.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self.task: Task | None = None
        self.job: Job | None = None
        self.ended: set[str] = set()
        self.fitted = False
        self.since = time.monotonic()
        self._send(config)
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def give(self, task: Task) -> None:
        """Start a task."""
        self.task, self.job, self.ended, self.fitted = task, None, set(), False
        self.since = time.monotonic()
        self._send(task)

    def _send(self, message: object) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # its death comes as an event of its own
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def _listen(self, inbox: queue.SimpleQueue[tuple[_Worker, object]]) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                inbox.put((self, pickle.load(self.process.stdout)))
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                inbox.put((self, None))
                return

    def stop(self) -> None:
        """End the process now."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class _Pool:
    """The workers of one run and the tasks that wait."""

    def __init__(self, tasks: Iterable[Task], config: WorkerConfig) -> None:
        self.config = config
        self.waiting = deque(tasks)
        self.workers: list[_Worker] = []
        self.inbox: queue.SimpleQueue[tuple[_Worker, object]] = queue.SimpleQueue()

    def events(self) -> Iterator[Event]:
        """Everything the workers report, until no task is left."""
        try:
            self._hand_out()
            while any(w.task for w in self.workers):
                yield from self._next()
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
            worker, message = self.inbox.get(timeout=0.5)
        except queue.Empty:
            yield from self._overdue()
            return
        if worker not in self.workers:
            return
        if message is None:
            yield from self._lost(worker, Status.FAILED, _how_it_died(worker))
        elif message == DONE:
            worker.task = worker.job = None
        else:
            if isinstance(message, JobStarted):
                worker.job, worker.since = message.job, time.monotonic()
            if isinstance(message, FitEnded):
                worker.fitted = True
            if isinstance(message, JobEnded):
                worker.ended.add(message.record.key)
            yield message  # type: ignore[misc]
            yield from self._overdue()

    def _overdue(self) -> Iterator[Event]:
        limit = self.config.time_limit
        for worker in list(self.workers):
            if limit is not None and worker.job and time.monotonic() - worker.since > limit:
                yield from self._lost(worker, Status.TIMEOUT, f"it took longer than the limit of {limit:g} s")

    def _lost(self, worker: _Worker, status: Status, reason: str) -> Iterator[Event]:
        """A worker is gone: its current job ends with this status (all of its task, if it was still fitting), the
        others wait again."""
        seconds = time.monotonic() - worker.since
        worker.stop()
        self.workers.remove(worker)
        if worker.task is None:
            return
        left = [job for job in worker.task.jobs if job.key not in worker.ended]
        current = [job for job in left if not worker.fitted or job == worker.job]
        for job in current:
            yield without_value(job, status, reason, seconds=seconds / len(current), device=self.config.device)
        rest = tuple(job for job in left if job not in current)
        if rest:
            self.waiting.appendleft(replace(worker.task, jobs=rest))


def run_local(tasks: Sequence[Task], config: WorkerConfig) -> Iterator[Event]:
    """Events as they happen, tasks beside each other on `config.workers` processes; what must run alone does."""
    yield from _Pool(tasks, config).events()


def _how_it_died(worker: _Worker) -> str:
    code = worker.process.wait()
    if code < 0:
        return f"its worker process was ended by signal {-code} (out of memory, perhaps)"
    return f"its worker process ended with exit status {code}"
