"""A pool of workers, wherever they run: who works on what, time limits, and no job lost when a worker dies.

An executor is a class of `Worker`: how a task is sent, and how a worker is ended. What comes back it puts into the
pool's inbox.
"""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from genbench.core.jobs import Event, FitEnded, FitsLeft, Job, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.worker import DONE, READY, SPOILT

TRIES = 2
"""How often a task is given out whose worker died before it had said a word of it."""

PLACES = 5
"""How often a task is given out whose machine is lost."""

LOOK = 0.5
"""Seconds between two looks at limits."""


@dataclass(frozen=True, slots=True)
class Message:
    """What came from a worker: an event, a word, or the reason why nothing more will come. `elsewhere`: its machine was
    lost, which is nobody's fault."""

    worker: Worker
    content: object = None
    end: str | None = None
    elsewhere: bool = False


class Worker(ABC):
    """One who does tasks: the task it works on, and since when its current job runs. `alone`: it does nothing but tasks
    beside which nothing may run; `start`: seconds that it may take until it is ready."""

    start = 300.0

    def __init__(self, *, alone: bool = False) -> None:
        self.alone = alone
        self.ready = False
        self.task: Task | None = None
        self.job: Job | None = None
        self.ended: set[str] = set()
        self.fitted = False
        self.begun = self.since = time.monotonic()

    def give(self, task: Task) -> None:
        """Start a task."""
        self.task, self.job, self.ended, self.fitted = task, None, set(), False
        self.begun = self.since = time.monotonic()
        self.send(task)

    @abstractmethod
    def send(self, task: Task) -> None:
        """Pass a task on, without waiting."""

    @abstractmethod
    def stop(self) -> None:
        """End it and all that it has started, now."""

    def memory(self) -> int:
        """Bytes that it holds, 0 where that cannot be known."""
        return 0

    def allowed(self, limit: float) -> float:
        """Seconds that its current job may take: while its models are fitted together, so much for each."""
        return limit * (len(self.task.fits) if self.task is not None and not self.fitted else 1)

    def is_overdue(self, limit: float | None) -> bool:
        """Whether it has taken longer than it may: the limit for a job, and time enough to start before the first."""
        if self.task is None:
            return False
        spent = time.monotonic() - self.since
        return spent > self.allowed(limit or float("inf")) if self.ready else spent > max(self.start, limit or 0)


def apart(task: Task) -> list[Task]:
    """The task as one for each of its fits."""
    return [task.of([fit]) for fit in task.fits]


Inbox = queue.SimpleQueue[Message]
Hire = Callable[[Inbox, bool], Worker]
"""Starts a worker that reports to the inbox, one for what must run alone or one for the rest."""


class Pool:
    """The workers of one run and the tasks that wait.

    Of the tasks of one seed the longest are given out first, as far as an earlier seed has shown which these are: a
    long one that came last would be waited for by all other workers.
    """

    def __init__(self, tasks: Iterable[Task], config: WorkerConfig, hire: Hire) -> None:
        self.config, self.hire = config, hire
        self.waiting = deque(tasks)
        self.workers: list[Worker] = []
        self.inbox: Inbox = queue.SimpleQueue()
        self.tries: dict[tuple[str, str], int] = {}
        self.spent: dict[str, float] = {}
        self.sorted: tuple[bool, tuple[int, ...]] | None = None
        self.looked = 0.0

    def batches(self) -> Iterator[list[Event]]:
        """Everything the workers report, until no task is left; what has come by the time that it is asked for comes
        together, and the workers have their next tasks by then."""
        try:
            self._hand_out()
            while any(w.task for w in self.workers):
                events = [*self._arrived(), *self._beyond_limits()]
                self._hand_out()
                if events:
                    yield events
        finally:
            for worker in self.workers:
                worker.stop()

    def _hand_out(self) -> None:
        while self.waiting:
            busy = sum(w.task is not None for w in self.workers)
            alone = self.waiting[0].alone or any(w.task and w.task.alone for w in self.workers)
            if busy >= (1 if alone else self.config.workers) and busy:
                if self.waiting[0].alone:
                    self._make_ready()
                return
            self._sort()
            self._idle(alone=self.waiting[0].alone).give(self.waiting.popleft())

    def _sort(self) -> None:
        """The longest of the tasks that are next in turn first; those of which nothing is known before them."""
        group = _group(self.waiting[0])
        if group == self.sorted:
            return
        front = list(takewhile(lambda task: _group(task) == group, self.waiting))
        for _ in front:
            self.waiting.popleft()
        front.sort(key=lambda task: -self.spent.get(task.fits[0].stack_key, float("inf")))
        self.waiting.extendleft(reversed(front))
        self.sorted = group

    def _make_ready(self) -> None:
        """Where only tasks that must run alone are left, whoever is idle makes room for the one that does them, which
        so is ready when the last of the others has ended; not as long as one of them may still leave something."""
        if any(w.task and len(w.task.fits) > 1 and not w.fitted for w in self.workers):
            return
        idle = [w for w in self.workers if w.task is None and not w.alone]
        if idle and not any(w.alone for w in self.workers):
            for worker in idle:
                self._end(worker)
            self.workers.append(self.hire(self.inbox, True))

    def _idle(self, *, alone: bool) -> Worker:
        """A worker without a task. What must run alone gets one of its own, and the others are ended first."""
        if alone:
            for worker in [w for w in self.workers if not w.alone]:
                self._end(worker)
        for worker in self.workers:
            if worker.task is None and worker.alone == alone:
                return worker
        self.workers.append(self.hire(self.inbox, alone))
        return self.workers[-1]

    def _arrived(self) -> Iterator[Event]:
        """All that is in the inbox; one thing is waited for. Nothing is left when limits are looked at: a job that has
        ended in time did so, however late anybody reads it."""
        wait = True
        while True:
            try:
                message = self.inbox.get(block=wait, timeout=LOOK)
            except queue.Empty:
                return
            wait = False
            if message.worker in self.workers:
                yield from self._taken(message)

    def _taken(self, message: Message) -> Iterator[Event]:
        worker = message.worker
        if message.end is not None:
            yield from self._lost(worker, Status.FAILED, message.end, elsewhere=message.elsewhere)
        elif message.content == READY:
            worker.ready, worker.since = True, time.monotonic()
        elif message.content in (DONE, SPOILT):
            if worker.task is not None:
                self.spent[worker.task.fits[0].stack_key] = time.monotonic() - worker.begun
            worker.task = worker.job = None
            if message.content == SPOILT:
                self._end(worker)
        elif isinstance(message.content, FitsLeft):
            self._share(worker, message.content)
        elif isinstance(message.content, Event):
            yield self._noted(worker, message.content)

    def _share(self, worker: Worker, left: FitsLeft) -> None:
        """What a worker leaves of its task waits in front, for whoever is idle."""
        task = worker.task
        if task is None:
            return
        gone = {fit.key for group in left.groups for fit in group}
        worker.task, worker.since = task.of(fit for fit in task.fits if fit.key not in gone), time.monotonic()
        self.waiting.extendleft(reversed([task.of(group) for group in left.groups]))
        self.sorted = None

    def _noted(self, worker: Worker, event: Event) -> Event:
        """The event; what it says of the worker is kept."""
        if isinstance(event, JobStarted):
            worker.job, worker.since = event.job, time.monotonic()
        if isinstance(event, FitEnded):
            worker.fitted = True
        if isinstance(event, JobEnded):
            worker.ended.add(event.record.key)
        return event

    def _beyond_limits(self) -> Iterator[Event]:
        limit, most = self.config.time_limit, self.config.memory_limit
        if time.monotonic() - self.looked < LOOK:
            return
        self.looked = time.monotonic()
        for worker in list(self.workers):
            if worker.is_overdue(limit) and worker.ready:
                most_seconds = worker.allowed(limit or 0.0)
                yield from self._lost(worker, Status.TIMEOUT, f"it took longer than the limit of {most_seconds:g} s")
            elif worker.is_overdue(limit):
                yield from self._lost(worker, Status.FAILED, f"its worker was not ready after {worker.start:g} s")
            elif most is not None and worker.memory() > most:
                said = f"it took {worker.memory() / 2**30:.2f} GiB, more than the limit of {most / 2**30:g} GiB"
                yield from self._lost(worker, Status.FAILED, said)

    def _lost(self, worker: Worker, status: Status, reason: str, *, elsewhere: bool = False) -> Iterator[Event]:
        """A worker is gone: its current job ends with this status (all of its task, if it was still fitting), unless
        the suite lets it be tried again; the others wait again. Of models that were fitted together nobody knows which
        it was: each is tried by itself."""
        seconds = time.monotonic() - worker.since
        self._end(worker)
        task = worker.task
        if task is None:
            return
        left = tuple(job for job in task.jobs if job.key not in worker.ended)
        if len(task.fits) > 1 and not worker.fitted and not elsewhere:
            self.waiting.extendleft(reversed(apart(task)))
            return
        between = worker.ready and worker.job is None and status is Status.FAILED  # it died between two tasks
        innocent = (elsewhere and self._again(left, "place", PLACES)) or (between and self._again(left, "word", TRIES))
        current = [job for job in left if not worker.fitted or job == worker.job]
        if innocent or (current and self._again(tuple(current), "suite", self.config.retries + 1)):
            current = []
        for job in current:
            yield without_value(job, status, reason, seconds=seconds / len(current), device=self.config.device)
        rest = tuple(job for job in left if job not in current)
        if rest:
            self.waiting.appendleft(task.only(rest))

    def _again(self, jobs: tuple[Job, ...], why: str, most: int) -> bool:
        """Whether these may be tried once more for this reason."""
        if not jobs:
            return False
        key = (why, jobs[0].key)
        self.tries[key] = self.tries.get(key, 0) + 1
        return self.tries[key] < most

    def _end(self, worker: Worker) -> None:
        worker.stop()
        self.workers.remove(worker)


def _group(task: Task) -> tuple[bool, tuple[int, ...]]:
    """What tasks have in common whose order among each other is free."""
    return task.alone, tuple(fit.seed for fit in task.fits)
