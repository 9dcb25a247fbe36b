"""The local executor with a runner that needs no model: deaths between tasks, spoilt processes, import places."""

from __future__ import annotations

import math
import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from test_frames import job

from genbench.core.jobs import Event, FitsLeft, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local
from genbench.executors.pool import Inbox, Message, Pool, Worker
from genbench.executors.worker import DONE, READY


@dataclass
class Pids:
    """Ends each job with the number of its process; `spoil` says after each task that the process is of no more use."""

    spoil: bool
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        for one in task.jobs:
            yield JobStarted(one)
            yield without_value(one, Status.FAILED, str(os.getpid()))
        self.spoilt = self.spoil


def tasks(n: int) -> list[Task]:
    jobs = [job(str(i)) for i in range(n)]
    return [Task((one.fit,), (one,)) for one in jobs]


@pytest.mark.parametrize(("spoil", "processes"), [(False, 1), (True, 2)])
def test_a_spoilt_process_is_replaced(spoil: bool, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    config = WorkerConfig(runner="test_local_pool:Pids", setting=spoil)
    ended = [e for events in run_local(tasks(2), config) for e in events if isinstance(e, JobEnded)]
    assert [e.record.key for e in ended] == ["0", "1"]
    assert len({e.record.reason for e in ended}) == processes


def test_a_runner_that_cannot_be_made_says_so_of_each_job() -> None:
    config = WorkerConfig(runner="nosuchmodule:Runner", setting=None)
    ended = [e for events in run_local(tasks(2), config) for e in events if isinstance(e, JobEnded)]
    assert [e.record.status for e in ended] == [Status.FAILED] * 2
    assert all("could not be made ready" in (e.record.reason or "") for e in ended)


@dataclass
class Places:
    """Ends each job with the GPU that its process sees, when another process has begun too."""

    folder: str
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        for one in task.jobs:
            yield JobStarted(one)
            place = os.environ["CUDA_VISIBLE_DEVICES"]
            (Path(self.folder) / f"{place}-{os.getpid()}").touch()
            while len(list(Path(self.folder).iterdir())) < 4:
                threading.Event().wait(0.01)
            yield without_value(one, Status.UNSUPPORTED, place)


def test_workers_are_spread_over_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tasks that wait for each other, on four workers of two pretended GPUs."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    config = WorkerConfig(runner="test_local_pool:Places", setting=str(tmp_path), workers=4, places=("GPU-a", "7"))
    ended = [e.record.reason for events in run_local(tasks(4), config) for e in events if isinstance(e, JobEnded)]
    assert sorted(ended) == ["7", "7", "GPU-a", "GPU-a"]


@dataclass
class DiesOfOne:
    """Its process ends while it fits the model of the job `1`, alone or among others."""

    setting: object
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        yield JobStarted(task.jobs[0])
        if "1" in {fit.key.removeprefix("f") for fit in task.fits}:
            os._exit(3)
        for one in task.jobs:
            yield without_value(one, Status.UNSUPPORTED, f"beside {len(task.fits) - 1}")


def test_a_stack_that_takes_its_worker_with_it_is_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    jobs = [job(str(i)) for i in range(3)]
    config = WorkerConfig(runner="test_local_pool:DiesOfOne", setting=None)
    stack = Task(tuple(one.fit for one in jobs), tuple(jobs))
    ended = [e.record for events in run_local([stack], config) for e in events if isinstance(e, JobEnded)]
    assert [(r.key, r.status) for r in ended] == [
        ("0", Status.UNSUPPORTED),
        ("1", Status.FAILED),
        ("2", Status.UNSUPPORTED),
    ]
    assert "exit status 3" in (ended[1].reason or "") and ended[2].reason == "beside 0"


@dataclass
class Leaves:
    """Leaves all but the first fit of a task to others, then ends the first or dies of it, once two are at work."""

    folder: str
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        yield JobStarted(task.jobs[0])
        if len(task.fits) > 1:
            yield FitsLeft(tuple((fit,) for fit in task.fits[1:]))
        (Path(self.folder) / str(os.getpid())).touch()
        while len(list(Path(self.folder).iterdir())) < 2:
            threading.Event().wait(0.01)
        if task.jobs[0].key == "dies":
            os._exit(3)
        yield without_value(task.jobs[0], Status.UNSUPPORTED, str(os.getpid()))


@pytest.mark.parametrize("first", ["0", "dies"])
def test_what_a_worker_leaves_of_its_task_is_done_by_others(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    jobs = [job(name) for name in (first, "1", "2", "3")]
    stack = Task(tuple(one.fit for one in jobs), tuple(jobs))
    config = WorkerConfig(runner="test_local_pool:Leaves", setting=str(tmp_path), workers=2)
    events = [e for events in run_local([stack], config) for e in events]
    ended = {e.record.key: e.record for e in events if isinstance(e, JobEnded)}
    assert sorted(ended) == sorted(one.key for one in jobs) and len(ended) == 4
    assert not any(isinstance(e, FitsLeft) for e in events), "it is the pool's affair"
    done = [record for record in ended.values() if record.status is Status.UNSUPPORTED]
    if first == "dies":
        assert ended["dies"].status is Status.FAILED and len(done) == 3
    else:
        assert len(done) == 4 and len({record.reason for record in done}) == 2


def test_what_is_left_is_no_longer_in_the_time_of_who_left_it() -> None:
    pool = Pool([], WorkerConfig(runner="", setting=None), lambda inbox, alone: Idle())
    jobs = [job(str(i)) for i in range(3)]
    worker = Idle()
    worker.give(Task(tuple(one.fit for one in jobs), tuple(jobs)))
    pool.workers.append(worker)
    worker.ready, worker.since = True, time.monotonic() - 25.0
    pool.inbox.put(Message(worker, FitsLeft(((jobs[1].fit, jobs[2].fit),))))
    assert list(pool._arrived()) == []
    assert worker.task is not None and worker.task.jobs == (jobs[0],)
    assert [task.jobs for task in pool.waiting] == [(jobs[1], jobs[2])]
    assert not worker.is_overdue(10.0), "a limit for one model begins"


class Idle(Worker):
    """Is given tasks and does nothing."""

    def send(self, task: Task) -> None: ...

    def stop(self) -> None: ...


def test_models_that_are_fitted_together_have_the_limit_of_each() -> None:
    jobs = [job(str(i)) for i in range(3)]
    worker = Idle()
    worker.give(Task(tuple(one.fit for one in jobs), tuple(jobs)))
    worker.ready, worker.since = True, time.monotonic() - 25.0
    assert not worker.is_overdue(10.0) and worker.is_overdue(8.0) and not worker.is_overdue(None)
    worker.fitted = True
    assert worker.is_overdue(10.0) and not worker.is_overdue(30.0)


class Clockwork(Worker):
    """Does a task in no time, of which `clock` says how long it took; one of no end it ends when a worker is made ready
    for what must run alone."""

    def __init__(self, inbox: Inbox, given: list[str], clock: dict[str, float], *, alone: bool) -> None:
        super().__init__(alone=alone)
        self.inbox, self.given, self.clock = inbox, given, clock
        given.append("alone" if alone else "hired")
        inbox.put(Message(self, READY))

    def send(self, task: Task) -> None:
        self.given.append(f"{task.fits[0].stack_key}{task.fits[0].seed}")
        if self.clock.get(task.fits[0].stack_key, 0.0) < math.inf:
            self.finish(task)

    def finish(self, task: Task) -> None:
        self.begun -= self.clock.get(task.fits[0].stack_key, 0.0)
        for one in task.jobs:
            self.inbox.put(Message(self, without_value(one, Status.UNSUPPORTED, "no")))
        self.inbox.put(Message(self, DONE))

    def stop(self) -> None:
        self.given.append("ended")


def work(model: str, seed: int, *, alone: bool = False) -> Task:
    one = replace(job(f"{model}{seed}"), alone=alone)
    fit = replace(one.fit, key=f"{model}{seed}", stack_key=model, seed=seed)
    return Task((fit,), (replace(one, fit=fit),))


def order(waiting: list[Task], clock: dict[str, float], workers: int) -> list[str]:
    given: list[str] = []
    config = WorkerConfig(runner="", setting=None, workers=workers, time_limit=20.0)

    def hire(inbox: Inbox, alone: bool) -> Worker:
        for other in pool.workers if alone else []:
            if other.task and isinstance(other, Clockwork):
                other.clock = {}
                other.finish(other.task)
        return Clockwork(inbox, given, clock, alone=alone)

    pool = Pool(waiting, config, hire)
    assert sum(isinstance(e, JobEnded) for batch in pool.batches() for e in batch) == len(waiting)
    return given


def test_the_longest_of_a_seed_is_done_first_once_it_is_known() -> None:
    waiting = [work(model, seed) for seed in range(3) for model in "abc"]
    given = order(waiting, {"a": 1.0, "b": 3.0, "c": 2.0}, workers=1)
    assert given == ["hired", "a0", "b0", "c0", "b1", "c1", "a1", "b2", "c2", "a2", "ended"]


def test_who_works_alone_is_made_ready_while_the_last_of_the_others_works() -> None:
    given = order([work("a", 0), work("b", 0), work("c", 0, alone=True)], {"b": math.inf}, workers=2)
    assert given == ["hired", "a0", "hired", "b0", "ended", "alone", "ended", "c0", "ended"]


def test_of_a_task_whose_worker_is_lost_only_fits_with_jobs_wait_again() -> None:
    pool = Pool([], WorkerConfig(runner="", setting=None, retries=1), lambda inbox, alone: Idle())
    jobs = [job(str(i)) for i in range(3)]
    jobs = [replace(one, fit=replace(one.fit, options={"number": math.nan})) for one in jobs]  # which equals nothing
    worker = Idle()
    worker.give(Task(tuple(one.fit for one in jobs), tuple(jobs)))
    pool.workers.append(worker)
    worker.ready = worker.fitted = True
    worker.ended, worker.job = {"0"}, jobs[1]
    pool.inbox.put(Message(worker, end="it died"))
    assert list(pool._arrived()) == []
    assert [tuple(fit.key for fit in task.fits) for task in pool.waiting] == [("f1", "f2")]
    assert [task.of(pickle.loads(pickle.dumps(task.fits[:1]))).jobs for task in pool.waiting] == [(jobs[1],)]


def test_who_is_idle_stays_while_a_stack_may_leave_something_to_him() -> None:
    hired: list[bool] = []

    def hire(inbox: Inbox, alone: bool) -> Worker:
        hired.append(alone)
        return Idle(alone=alone)

    parts = [work("b", seed) for seed in range(2)]
    stack = Task(tuple(fit for part in parts for fit in part.fits), tuple(one for part in parts for one in part.jobs))
    pool = Pool([stack, work("a", 0), work("c", 0, alone=True)], WorkerConfig(runner="", setting=None, workers=2), hire)
    pool._hand_out()
    trains, idle = pool.workers
    idle.task = None
    pool._hand_out()
    assert pool.workers == [trains, idle] and hired == [False, False]
    trains.fitted = True
    pool._hand_out()
    assert idle not in pool.workers and hired == [False, False, True], (
        "nothing will be left: who works alone gets ready"
    )
