"""NVIDIA's multi-process service by a pretended command: there before the first worker, gone after the last."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_local_pool import tasks

from genbench.core.errors import UsageError
from genbench.core.jobs import Event, JobEnded, JobStarted, Task, without_value
from genbench.core.values import Status
from genbench.executors import mps
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local

PIPE = "CUDA_MPS_PIPE_DIRECTORY"
"""Where a process looks for the service."""

Control = Callable[[str], Path]


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Control:
    """Puts a command of NVIDIA's name on the PATH that runs these lines of sh; where it writes what it was told."""

    def pretend(lines: str) -> Path:
        folder, told = tmp_path / "bin", tmp_path / "told"
        folder.mkdir()
        command = folder / mps.CONTROL
        command.write_text(
            f'#!/bin/sh\ntold={told}\n[ "$1" = -d ] || echo "$(cat) $CUDA_MPS_PIPE_DIRECTORY" >>$told\n{lines}\n'
        )
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return told

    return pretend


STARTS = (
    'if [ "$1" = -d ]; then echo "start $CUDA_MPS_PIPE_DIRECTORY" >>$told; ls -d $CUDA_MPS_LOG_DIRECTORY >/dev/null; fi'
)


@dataclass
class Environment:
    """Ends each job with a variable of its process."""

    setting: str
    spoilt: bool = False

    def run(self, task: Task) -> Iterator[Event]:
        for one in task.jobs:
            yield JobStarted(one)
            yield without_value(one, Status.UNSUPPORTED, os.environ.get(self.setting, "none"))


def reasons(work: list[Task], *, shared: bool, name: str = PIPE, places: tuple[str, ...] = ()) -> list[str | None]:
    config = WorkerConfig(
        runner="test_mps:Environment", setting=name, nvidia_mps=shared, workers=max(1, len(places)), places=places
    )
    return [e.record.reason for events in run_local(work, config) for e in events if isinstance(e, JobEnded)]


def test_workers_find_the_service_and_it_ends_with_them(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    told = control(STARTS)
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    assert reasons(tasks(1), shared=False) == ["none"] and not told.exists()
    (place,) = set(reasons(tasks(2), shared=True))
    assert told.read_text().splitlines() == [f"start {place}", f"quit {place}"]
    assert place is not None and not Path(place).exists()


@pytest.mark.parametrize("places", [("5", "GPU-b"), ()])
def test_a_service_of_some_gpus_counts_them_from_0(
    control: Control, monkeypatch: pytest.MonkeyPatch, places: tuple[str, ...]
) -> None:
    control(STARTS)
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, GPU-b")
    seen = set(reasons(tasks(8), shared=True, name="CUDA_VISIBLE_DEVICES", places=places))
    assert seen <= {"0", "1"} if places else seen == {"0,1"}
    without = set(reasons(tasks(8), shared=False, name="CUDA_VISIBLE_DEVICES", places=places))
    assert without <= set(places) if places else without == {"5, GPU-b"}
    assert [mps.counted(name)["CUDA_VISIBLE_DEVICES"] for name in ("5", "GPU-b")] == ["0", "1"]


def test_a_service_of_all_gpus_leaves_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert mps.counted("3") == {"CUDA_VISIBLE_DEVICES": "3"} and mps.counted("") == {}


def test_it_ends_also_where_the_run_is_given_up(control: Control) -> None:
    told = control(STARTS)
    with pytest.raises(KeyboardInterrupt), mps.service():
        raise KeyboardInterrupt
    assert [line.split()[0] for line in told.read_text().splitlines()] == ["start", "quit"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("echo 'An instance of this daemon is already running'; exit 1", "An instance of .* running"),
        ("exit 1", "it did not say why"),
    ],
)
def test_one_that_does_not_start_says_why(control: Control, lines: str, why: str) -> None:
    control(lines)
    with (
        pytest.raises(UsageError, match=rf"does not start \({why}\): leave --nvidia-mps out"),
        mps.service(),
    ):
        pytest.fail("there is none")


def test_without_the_command_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=mps.CONTROL):
        mps.check()
