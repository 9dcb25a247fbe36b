"""How many workers a run has, and on which devices: every GPU, several on each where memory and cores allow."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from test_plan import suite

from genbench.core.errors import UsageError
from genbench.executors.local import emptiest
from genbench.runs import crew, session
from genbench.runs.crew import Crew, crew_of
from genbench.runs.options import Options, _check_executor

GIB = 2**30


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """A machine with so many GPUs of so much memory, and so many cores."""

    def machine(count: int, *, gib: int = 80, cores: int = 16, visible: str | None = None) -> None:
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda i: SimpleNamespace(total_memory=gib * GIB))
        monkeypatch.setattr(crew, "cores", lambda: cores)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    return machine


def test_every_gpu_gets_workers(gpus) -> None:
    gpus(4)
    each = crew.SIDE_BY_SIDE
    assert crew_of(suite(), Options(), "local", "cuda") == Crew(4 * each, ("0", "1", "2", "3"), each)
    assert crew_of(suite(), Options(workers_per_device=2), "local", "cuda") == Crew(8, ("0", "1", "2", "3"), 2)
    assert crew_of(suite(), Options(workers=6), "local", "cuda") == Crew(6, ("0", "1", "2", "3"), 2)


def test_the_gpus_are_those_that_the_process_sees(gpus) -> None:
    gpus(2, visible="3, GPU-8f2a")
    assert crew_of(suite(), Options(workers_per_device=1), "local", "cuda").places == ("3", "GPU-8f2a")


def test_one_gpu_that_is_named_is_the_only_one(gpus) -> None:
    gpus(4)
    assert crew_of(suite(), Options(workers_per_device=2), "local", "cuda:1") == Crew(2, (), 2)


def test_memory_cores_and_a_budget_of_seconds_hold_them_back(gpus) -> None:
    gpus(1, gib=12)
    assert crew_of(suite(), Options(), "local", "cuda").workers == 1
    gpus(4, cores=4)
    assert crew_of(suite(), Options(), "local", "cuda").workers == 4
    gpus(1)
    timed = suite(budget={"seconds": 5})
    assert crew_of(timed, Options(), "local", "cuda") == Crew(1, ("0",), 1), "a neighbour would take of its time"


def test_more_share_a_gpu_where_they_need_not_take_turns(gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(2, cores=64)
    monkeypatch.setattr(crew.mps, "check", lambda: None)
    assert crew_of(suite(), Options(nvidia_mps=True), "local", "cuda").a_device == min(
        crew.AT_ONCE, 80 * GIB // crew.ROOM
    )
    assert crew_of(suite(), Options(nvidia_mps=True, workers_per_device=2), "local", "cuda").workers == 4
    for executor, device in (("ray", "cuda"), ("inline", "cuda"), ("local", "cpu"), ("local", "mps")):
        with pytest.raises(UsageError, match=rf"--nvidia-mps .* got the executor {executor} on the device {device}"):
            crew_of(suite(), Options(nvidia_mps=True), executor, device)


def test_other_executors_and_the_cpu_have_their_own(gpus) -> None:
    gpus(2)
    assert crew_of(suite(), Options(), "inline", "cuda") == Crew(1)
    assert crew_of(suite(), Options(), "ray", "cuda") == Crew(0)
    assert crew_of(suite(), Options(gpus=0.5), "ray", "cuda") == Crew(0, (), 2), "each counts on half of the memory"
    assert crew_of(suite(threads=4), Options(), "local", "cpu") == Crew(4)
    assert crew_of(suite(), Options(workers=3), "local", "cpu") == Crew(3)
    assert crew_of(suite(), Options(), "local", "mps") == Crew(1)
    with pytest.raises(UsageError, match="take --workers"):
        crew_of(suite(), Options(workers_per_device=2), "local", "cpu")


@pytest.mark.parametrize(
    "given, said",
    [
        ({"workers_per_device": 2, "workers": 2}, "give one"),
        ({"workers_per_device": 2, "executor": "inline"}, "--executor local"),
        ({"stack": "maybe"}, "auto, on, off"),
    ],
)
def test_what_cannot_be_said_together_is_refused(given, said) -> None:
    with pytest.raises(UsageError, match=said):
        _check_executor(Options(**given))


@pytest.mark.parametrize("limit", [{"time_limit": 5.0}, {"memory_limit": 1.0}])
def test_no_limit_is_left_aside_in_silence(limit, monkeypatch) -> None:
    """Not by `inline`, which cannot keep it, and not by `auto`, whatever it takes."""
    assert session._executor(Options(**limit)) == "local"
    with pytest.raises(UsageError, match="a process cannot stop itself"):
        _check_executor(Options(executor="inline", **limit))
    monkeypatch.setattr(session.registry, "unrepeatable", lambda: ["mine"])
    assert session._executor(Options()) == "inline"
    with pytest.raises(UsageError, match="cannot be kept for mine"):
        session._executor(Options(**limit))


def test_the_emptiest_place_is_next() -> None:
    taken: list[str] = []
    for _ in range(5):
        taken.append(emptiest(("0", "1"), taken))
    assert taken == ["0", "1", "0", "1", "0"] and emptiest((), []) == ""
    assert emptiest(("0", "1"), ["1", "1"]) == "0"
