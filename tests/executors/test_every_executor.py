"""What every executor promises, asked of each with a runner that needs no model."""

from __future__ import annotations

import os
import queue
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from test_frames import job

from genbench.core.jobs import Event, FileMade, JobEnded, JobStarted, Task, tasks
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.inline import run_inline
from genbench.executors.local import run_local

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One machine as a cluster, for all tests of this file."""
    ray = pytest.importorskip("ray", reason="pip install genbench[ray]")
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([before, HERE])
    ray.init("local", num_cpus=2, num_gpus=1, log_to_driver=False, include_dashboard=False)
    os.environ["PYTHONPATH"] = before
    yield
    ray.shutdown()


@pytest.fixture(params=["inline", "local", "ray"])
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(HERE)
    if request.param == "ray":
        request.getfixturevalue("cluster")
    return str(request.param)


needs_processes = pytest.mark.parametrize("executor", ["local", "ray"], indirect=True)


def config(folder: Path, **settings: Any) -> WorkerConfig:
    return WorkerConfig(runner="executor_toys:Named", setting=str(folder), **settings)


def events(executor: str, work: Sequence[Task], given: WorkerConfig, **more: Any) -> list[Event]:
    if executor == "inline":
        return list(run_inline(work, given.make_runner()))
    if executor == "local":
        return list(chain.from_iterable(run_local(work, given)))
    from genbench.executors.ray import run_ray

    return list(chain.from_iterable(run_ray(work, given, **more)))


def ended(found: Sequence[Event]) -> dict[str, Any]:
    records = [event.record for event in found if isinstance(event, JobEnded)]
    assert max(Counter(record.key for record in records).values()) == 1
    return {record.key: record for record in records}


def of(*names: str, alone: Sequence[str] = ()) -> list[Task]:
    return tasks([replace(job(name), alone=name in alone) for name in names])


def together(*names: str) -> list[Task]:
    """One task of several jobs."""
    jobs = [job(name) for name in names]
    return [Task((jobs[0].fit,), tuple(jobs))]


def test_each_job_begins_and_ends_once_and_what_was_asked_is_what_is_done(executor: str, tmp_path: Path) -> None:
    work = [*of("a", "b"), *together("c", "d", "e")]
    found = events(executor, work, config(tmp_path, workers=2))
    assert set(ended(found)) == set("abcde")
    assert {event.job.key for event in found if isinstance(event, JobStarted)} == set("abcde")
    keys = [event.record.key for event in found if isinstance(event, JobEnded)]
    assert [key for key in keys if key in "cde"] == list("cde")


def test_no_task_is_no_event(executor: str, tmp_path: Path) -> None:
    assert events(executor, [], config(tmp_path)) == []


def test_what_must_run_alone_does(executor: str, tmp_path: Path) -> None:
    names = ("a", "b", "c-alone", "d-alone", "e")
    found = ended(events(executor, of(*names, alone=names[2:4]), config(tmp_path, workers=2)))
    spans = {key: tuple(map(float, record.reason.split()[1:])) for key, record in found.items()}
    for name in names[2:4]:
        for other, (start, end) in spans.items():
            assert other == name or spans[name][1] <= start or end <= spans[name][0]


@needs_processes
def test_a_job_that_ends_its_process_has_failed_alone(executor: str, tmp_path: Path) -> None:
    found = ended(events(executor, [*together("a", "exit-1", "b"), *of("c")], config(tmp_path)))
    assert {key: record.status for key, record in found.items()} == {
        "a": Status.UNSUPPORTED,
        "exit-1": Status.FAILED,
        "b": Status.FAILED,  # its model was not seen to be fitted: all of the task is that of the dead process
        "c": Status.UNSUPPORTED,
    }
    assert "ended" in found["exit-1"].reason and not found["exit-1"].settled


@needs_processes
def test_a_job_that_hangs_runs_out_of_time(executor: str, tmp_path: Path) -> None:
    found = ended(events(executor, of("hang-1", "a"), config(tmp_path, time_limit=0.5)))
    assert found["hang-1"].status is Status.TIMEOUT and "limit of 0.5 s" in found["hang-1"].reason
    assert found["a"].status is Status.UNSUPPORTED


@needs_processes
def test_the_suite_says_how_often_a_job_is_tried_again(executor: str, tmp_path: Path) -> None:
    work = of("once-exit", "once-hang", "exit-1")
    found = ended(events(executor, work, config(tmp_path, time_limit=0.5, retries=1)))
    assert [found[key].status for key in ("once-exit", "once-hang", "exit-1")] == [
        Status.UNSUPPORTED,
        Status.UNSUPPORTED,
        Status.FAILED,
    ]


@needs_processes
def test_a_spoilt_process_does_nothing_more(executor: str, tmp_path: Path) -> None:
    found = ended(events(executor, of("spoil-1", "a", "b"), config(tmp_path)))
    process = {key: record.reason.split()[0] for key, record in found.items()}
    assert process["spoil-1"] != process["a"] == process["b"]


@needs_processes
def test_a_runner_that_cannot_be_made_says_so_of_each_job(executor: str) -> None:
    found = ended(events(executor, of("a", "b"), WorkerConfig(runner="nosuchmodule:Runner", setting=None)))
    assert all("could not be made ready" in record.reason for record in found.values()) and len(found) == 2


@pytest.mark.parametrize("executor", ["local"], indirect=True)
def test_a_job_that_takes_more_memory_than_it_may_has_failed_alone(executor: str, tmp_path: Path) -> None:
    given = config(tmp_path, memory_limit=300 * 2**20, time_limit=60)
    found = ended(events(executor, of("memory-1", "a"), given))
    assert found["memory-1"].status is Status.FAILED and "more than the limit of 0.29" in found["memory-1"].reason
    assert found["a"].status is Status.UNSUPPORTED


@pytest.mark.parametrize("executor", ["ray"], indirect=True)
def test_files_travel_both_ways(executor: str, tmp_path: Path) -> None:
    file = FileMade("weights", bytes(3_000_000))

    def pack(task: Task) -> Task:
        return replace(task, files=(file,))

    found = events(executor, of("a", "b"), config(tmp_path), pack=pack)
    assert [e for e in found if isinstance(e, FileMade)] == [FileMade("back/weights", file.content)] * 2


@pytest.mark.parametrize("executor", ["ray"], indirect=True)
def test_workers_share_a_gpu_by_parts_and_what_runs_alone_has_a_whole_one(executor: str, tmp_path: Path) -> None:
    from genbench.core.errors import UsageError
    from genbench.executors import ray as on_ray

    given = config(tmp_path, device="cuda", gpus=0.5, workers=0)
    assert (on_ray._room(given), on_ray._room(replace(given, gpus=1.0))) == (2, 1)
    assert on_ray._wanted(given, alone=True)["num_gpus"] == 1.0
    with pytest.raises(UsageError, match="no place for a worker"):
        on_ray._room(replace(given, threads=5))
    found = ended(events(executor, of("slow-1", "slow-2", "x-alone", alone=["x-alone"]), given))
    process = {key: record.reason.split()[0] for key, record in found.items()}
    assert len(set(process.values())) == 3  # two beside each other on one GPU, then one alone


@pytest.mark.parametrize("executor", ["ray"], indirect=True)
def test_an_actor_that_was_stopped_is_asked_nothing(
    executor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genbench.executors import ray as on_ray

    worker = on_ray._RayWorker(config(tmp_path), queue.SimpleQueue(), lambda task: task, alone=False)
    unreachable = on_ray.ray.exceptions.ActorUnavailableError("no answer", None)
    asked: list[float] = []

    def get(_: object, timeout: float) -> None:
        asked.append(timeout)
        if len(asked) == 2:
            worker.stop()
        raise unreachable

    with monkeypatch.context() as patch:
        patch.setattr(on_ray.ray, "get", get)
        assert worker._verdict(unreachable) == (unreachable, False) and len(asked) == 2
    worker.join(time.monotonic() + 60)
    assert not any(listener.is_alive() for listener in worker.listeners)
