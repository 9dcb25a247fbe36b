"""What is no frame is noticed, and each job has one end whatever comes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.core.jobs import BudgetConfig, Event, Fit, Job, JobEnded, JobStarted, without_value
from genbench.core.records import Row
from genbench.core.values import Status
from genbench.executors import frames
from genbench.executors.accounting import LOST, each_once
from genbench.protocols.evaluation import EvaluationConfig


def job(key: str) -> Job:
    fit = Fit(key=f"f{key}", stack_key="s", model="m", options={}, dataset="d", seed=0, budget=BudgetConfig(images=1))
    row = Row(label="m", model="m", family="f", sampler="", dataset="d", seed=0)
    return Job(key=key, fit=fit, row=row, config=EvaluationConfig(name="x"), evaluation="x", metrics=("mse",))


def ended(key: str) -> JobEnded:
    return without_value(job(key), Status.UNSUPPORTED, "no")


def test_messages_come_as_they_went() -> None:
    file = io.BytesIO(frames.packed(3, {"a": 1}) + frames.packed(4, "b"))
    first, second = frames.read(file), frames.read(file)
    assert first is not None and (first.number, first.message()) == (3, {"a": 1})
    assert second is not None and (second.number, second.message()) == (4, "b") and frames.read(file) is None


@given(st.binary(max_size=80), st.integers(0, 200))
@settings(max_examples=300)
def test_anything_else_in_the_pipe_is_unreadable(noise: bytes, place: int) -> None:
    whole = frames.packed(1, "hello") + frames.packed(1, "world")
    file = io.BytesIO(whole[:place] + noise + whole[place:])
    said = []
    try:
        while (frame := frames.read(file)) is not None:
            said.append(frame.message())
    except frames.Unreadable:
        pass
    assert said in ([], ["hello"], ["hello", "world"])


def test_bytes_that_are_no_pickle_are_unreadable() -> None:
    for content in (b"", b"nonsense", b"cnosuch\nname\n."):
        with pytest.raises(frames.Unreadable):
            frames.Frame(1, content).message()


def ends(batches: Iterable[Sequence[Event]], jobs: Sequence[Job]) -> list[JobEnded]:
    return [event for events in each_once(batches, jobs) for event in events if isinstance(event, JobEnded)]


def test_each_job_ends_once() -> None:
    jobs = [job("a"), job("b"), job("c")]
    events = [JobStarted(jobs[0]), ended("a"), ended("a"), ended("foreign"), ended("b")]
    kept = ends([events[:3], events[3:]], jobs)
    assert [e.record.key for e in kept] == ["a", "b", "c"]
    assert (kept[2].record.status, kept[2].record.reason, kept[2].record.settled) == (Status.FAILED, LOST, False)


def test_an_executor_that_breaks_down_loses_no_job() -> None:
    def broken():
        yield [ended("a")]
        raise RuntimeError("out of pipes")

    kept = ends(broken(), [job("a"), job("b")])
    assert [e.record.key for e in kept] == ["a", "b"] and "out of pipes" in (kept[1].record.reason or "")


def test_whoever_stops_a_run_stops_it() -> None:
    def stopped():
        yield [ended("a")]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each_once(stopped(), [job("a"), job("b")]))
