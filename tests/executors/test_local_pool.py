"""The local executor with a runner that needs no model: deaths between tasks, spoilt processes, import places."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_frames import job

from genbench.core.jobs import Event, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local


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
