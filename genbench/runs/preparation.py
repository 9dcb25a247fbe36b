"""Before the first job: the encoders that must be trained, side by side where there are several.

A dataset's own classifier takes a processor up to a minute, and one after another those of twenty datasets would take
twenty. Nothing else is prepared here: what a worker makes for itself it makes while others work. Torch-free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genbench.core.jobs import Event, Job, JobStarted, Task
from genbench.executors.config import cores
from genbench.executors.local import run_local
from genbench.runs.session import Session
from genbench.runs.setting import TaskSetting

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext

TRAINER = "genbench.runs.preparation:EncoderTrainer.of"
"""What worker processes do here, as their configuration says it."""


def train_encoders(session: Session) -> None:
    """Train what the plan's encoders lack, in worker processes where more than one does and this run may have them.

    Whatever goes wrong here goes wrong again, and is told, where the encoder is asked for.
    """
    if session.executor == "inline":
        return
    lacking = list(_lacking(session))
    workers = min(len(lacking), session.workers.workers if session.setting.device == "cpu" else cores())
    if workers < 2:
        return
    config = replace(
        session.workers,
        runner=TRAINER,
        setting=replace(session.setting, device="cpu"),
        device="cpu",
        time_limit=None,
        workers=workers,
        places=(),
        nvidia_mps=False,
    )
    for _ in run_local([Task((), ()).only([job]) for job in lacking], config):
        pass


def encoders_of(jobs: Sequence[Job]) -> dict[tuple[str, str], Job]:
    """The encoders that jobs stand on: dataset and name, and the first job of each."""
    found: dict[tuple[str, str], Job] = {}
    for job in jobs:
        if name := getattr(job.config, "encoder", ""):
            found.setdefault((job.row.dataset, name), job)
    return dict(sorted(found.items(), key=lambda item: item[0]))


def _lacking(session: Session) -> Iterator[Job]:
    """A job of each encoder that is not trained yet."""
    from genbench.encoders.loading import must_be_trained

    context = session.context
    for (dataset, asked), job in encoders_of(session.plan.jobs).items():
        data = context.dataset(dataset)
        if must_be_trained(context.encoder_name(asked, data), data, cache=context.cache):
            yield job


@dataclass(frozen=True, slots=True)
class EncoderTrainer:
    """What a worker process does here: it loads the encoder of a task's job, which trains it and keeps it."""

    context: RunContext
    spoilt: bool = False

    @classmethod
    def of(cls, setting: TaskSetting) -> EncoderTrainer:
        """The trainer in a process of its own."""
        return cls(setting.context())

    def run(self, task: Task) -> Iterator[Event]:
        """Nothing is reported but that it has begun."""
        job = task.jobs[0]
        yield JobStarted(job)
        with suppress(Exception), self.context.pinned():
            self.context.encoder(job.config.encoder, self.context.dataset(job.row.dataset))  # type: ignore[attr-defined]
