"""The local executor with a runner that needs no model: deaths between tasks, spoilt processes, import places."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from test_frames import job

from genbench.core.jobs import Event, JobEnded, JobStarted, Task, without_value
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
    ended = [e for e in run_local(tasks(2), config) if isinstance(e, JobEnded)]
    assert [e.record.key for e in ended] == ["0", "1"]
    assert len({e.record.reason for e in ended}) == processes


def test_a_runner_that_cannot_be_made_says_so_of_each_job() -> None:
    config = WorkerConfig(runner="nosuchmodule:Runner", setting=None)
    ended = [e for e in run_local(tasks(2), config) if isinstance(e, JobEnded)]
    assert [e.record.status for e in ended] == [Status.FAILED] * 2
    assert all("could not be made ready" in (e.record.reason or "") for e in ended)


class Clockwork(Worker):
    """Does a task in no time, of which `clock` says how long it took; ends it when the pool next looks."""

    def __init__(self, inbox: Inbox, given: list[str], clock: dict[str, float], *, alone: bool) -> None:
        super().__init__(alone=alone)
        self.inbox, self.given, self.clock = inbox, given, clock
        given.append("alone" if alone else "hired")
        inbox.put(Message(self, READY))

    def send(self, task: Task) -> None:
        self.given.append(f"{task.fits[0].stack_key}{task.fits[0].seed}")
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
    config = WorkerConfig(runner="", setting=None, workers=workers)
    pool = Pool(waiting, config, lambda inbox, alone: Clockwork(inbox, given, clock, alone=alone))
    assert sum(isinstance(e, JobEnded) for e in pool.events()) == len(waiting)
    return given


def test_the_longest_of_a_seed_is_done_first_once_it_is_known() -> None:
    waiting = [work(model, seed) for seed in range(3) for model in "abc"]
    given = order(waiting, {"a": 1.0, "b": 3.0, "c": 2.0}, workers=1)
    assert given == ["hired", "a0", "b0", "c0", "b1", "c1", "a1", "b2", "c2", "a2", "ended"]


def test_who_works_alone_is_made_ready_while_the_last_of_the_others_works() -> None:
    given = order([work("a", 0), work("b", 0), work("c", 0, alone=True)], {}, workers=2)
    assert given == ["hired", "a0", "hired", "b0", "ended", "alone", "ended", "c0", "ended"]
