"""Encoders that must be trained are so before the first job: by several processes where several lack, alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from genbench import Unsupported
from genbench.core import tensor_files
from genbench.core.jobs import Event, Task
from genbench.data.loading import load_dataset
from genbench.encoders.in_domain import CACHED, in_domain
from genbench.encoders.loading import must_be_trained
from genbench.executors.config import WorkerConfig
from genbench.runs import preparation
from genbench.runs.options import Options, chosen_suite
from genbench.runs.preparation import train_encoders
from genbench.runs.session import Session, prepare

SUITE = """
schema = 1
name = "prepared"
summary = "Two digits each, whose classifiers nobody has trained."
models = ["control-marginals"]
datasets = {datasets}
seeds = 1

[[evaluations]]
name = "sample-quality"
samples = 50

[[evaluations]]
name = "diversity"
samples = 50
"""
TWO = ["digits-without-3", "digits-without-8"]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], WorkerConfig]]:
    """What worker processes were asked for: the datasets of their tasks, and how they were started."""
    asked: list[tuple[list[str], WorkerConfig]] = []
    real = preparation.run_local

    def noted(tasks: Sequence[Task], config: WorkerConfig) -> Iterator[Sequence[Event]]:
        asked.append(([task.jobs[0].row.dataset for task in tasks], config))
        yield from real(tasks, config)

    monkeypatch.setattr(preparation, "run_local", noted)
    return asked


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is yet."""
    monkeypatch.setenv("GENBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def session(tmp_path: Path, datasets: Sequence[str] = TWO, executor: str = "local") -> Session:
    file = tmp_path / "prepared.toml"
    file.write_text(SUITE.format(datasets=list(datasets)))
    options = Options(device="cpu", out=tmp_path / "run", executor=executor, workers=2, controls=False)
    return prepare(chosen_suite(str(file), options), options)


def test_several_are_trained_side_by_side_and_are_those_of_one_process(
    tmp_path: Path, cache: Path, handed: list[tuple[list[str], WorkerConfig]]
) -> None:
    train_encoders(session(tmp_path))
    ((datasets, config),) = handed
    assert datasets == TWO and config.workers == 2 and config.places == ()
    files = sorted((cache / CACHED).iterdir())
    assert len(files) == 2
    for name in TWO:
        in_domain(load_dataset(name), cache=tmp_path / "alone", device=torch.device("cpu"))
    for file in files:
        here, there = (tensor_files.read(place / CACHED / file.name) for place in (cache, tmp_path / "alone"))
        assert here[1] == there[1] and all(torch.equal(here[0][name], there[0][name]) for name in there[0])
    train_encoders(session(tmp_path))
    assert len(handed) == 1  # there is nothing left to train


@pytest.mark.parametrize(
    ("datasets", "executor"),
    [(TWO[:1], "local"), (TWO, "inline"), (["digits", "digits-without-3", "ring8"], "local")],
    ids=["one", "inline", "shipped or without"],
)
def test_one_alone_and_a_run_without_workers_start_none(
    datasets: Sequence[str], executor: str, tmp_path: Path, handed: list[tuple[list[str], WorkerConfig]]
) -> None:
    train_encoders(session(tmp_path, datasets, executor))
    assert not handed


def test_what_cannot_be_had_need_not_be_trained(tmp_path: Path) -> None:
    points = load_dataset("ring8")
    with pytest.raises(Unsupported):
        in_domain(points, cache=tmp_path, device=torch.device("cpu"))
    assert not must_be_trained("in-domain", points, cache=tmp_path)
    assert not must_be_trained("in-domain", load_dataset("digits"), cache=tmp_path)  # its weights are shipped
    assert must_be_trained("in-domain", load_dataset(TWO[0]), cache=tmp_path)
    assert not must_be_trained("pixels", load_dataset(TWO[0]), cache=tmp_path)


def test_a_worker_that_dies_leaves_the_training_to_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = "test_preparation:Dying.of"
    monkeypatch.setattr(preparation, "TRAINER", gone)
    planned = session(tmp_path)
    train_encoders(planned)
    assert planned.context.encoder("auto", planned.context.dataset(TWO[0])).name == "in-domain"


class Dying:
    """A runner whose process ends in the middle."""

    spoilt = False

    @classmethod
    def of(cls, setting: object) -> Dying:
        del setting
        return cls()

    def run(self, task: Task) -> Iterator[Event]:
        import os

        del task
        os._exit(3)
        yield
