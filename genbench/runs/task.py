"""Doing a task: fit the model (or load it), then evaluate it, one result after the other. What each executor runs."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from genbench import registry
from genbench.core.errors import Unavailable
from genbench.core.jobs import FINAL, Event, FitEnded, Job, JobEnded, JobStarted, Task, without_value
from genbench.core.records import FitRecord, JobRecord
from genbench.core.values import Measurement, Status
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome
from genbench.runs.fit import FittedModel, Refit, fitted, status_of
from genbench.runs.folder import RunFolder
from genbench.store import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSetting:
    """What a process needs to do tasks, as it can be sent to another one."""

    place: Place
    cache: Path
    device: str = "cpu"
    threads: int = 1
    data_root: str | None = None

    def context(self) -> RunContext:
        """An empty context."""
        return RunContext(root=self.data_root, cache=self.cache, device=self.device, threads=self.threads)


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """Does tasks in this process. `context`: what is loaded; `folder`: where artifacts are kept."""

    context: RunContext
    folder: RunFolder

    @classmethod
    def of(cls, setting: TaskSetting) -> TaskRunner:
        """The runner of a worker process."""
        return cls(setting.context(), RunFolder(setting.place))

    def run(self, task: Task) -> Iterator[Event]:
        """Fit or load, then evaluate; every outcome is an event, no error leaves."""
        with self.context.pinned():
            yield from self._events(task)

    def _events(self, task: Task) -> Iterator[Event]:
        yield JobStarted(task.jobs[0])
        for one in fitted(task.fits, self.context, self.folder):
            if one.error is not None:
                name = f"fit-{one.fit.model}-{one.fit.dataset}-seed{one.fit.seed}"
                self._log(name, one.error, one.record.status)
            yield FitEnded(one.record)
            yield from self._evaluations(one, [job for job in task.jobs if job.fit == one.fit])

    def _evaluations(self, one: FittedModel, jobs: Sequence[Job]) -> Iterator[Event]:
        evidence: dict[str, Evidence] = {}
        for job in jobs:
            yield JobStarted(job)
            if one.model is None:
                reason = one.record.reason or "the model could not be fitted"
                retry = isinstance(one.error, Unavailable)
                yield without_value(job, one.record.status, reason, device=one.record.device, retry=retry)
                continue
            sampler = job.row.sampler
            if sampler not in evidence:
                again = Refit(one.fit, self.context)
                evidence[sampler] = Evidence(
                    one.model, sampler, job.fit.dataset, job.fit.seed, self.context, record=one.record, refit=again
                )
            yield self._evaluated(job, evidence[sampler], one.record)

    def _evaluated(self, job: Job, evidence: Evidence, fit: FitRecord) -> JobEnded:
        start = time.perf_counter()
        try:
            evaluate = registry.evaluations.get(job.evaluation).load()
            evidence.model.eval()
            with torch.no_grad():
                outcome: Outcome = evaluate(evidence, job.config)
            pictures = [self.folder.save_picture(job.key, i.name, i.png, i.caption) for i in outcome.images]
        except Exception as error:
            status, reason = status_of(error)
            name = f"{job.row.label}-{job.row.dataset}-seed{job.row.seed}-{job.evaluation}"
            self._log(name, error, status)
            spent, retry = time.perf_counter() - start, isinstance(error, Unavailable)
            return without_value(job, status, reason, seconds=spent, device=fit.device, retry=retry)
        status, why = _worst(outcome.measurements)
        record = JobRecord(
            key=job.key,
            fit=job.fit.key,
            row=replace(job.row, sampler=evidence.sampler),
            evaluation=job.evaluation,
            status=status,
            reason=why,
            seconds=time.perf_counter() - start,
            budget=job.fit.budget.amount,
            budget_unit=job.fit.budget.unit,
            trained=fit.trained,
            device=fit.device,
            settled=status in FINAL and not any(m.value.retry for m in outcome.measurements),
        )
        return JobEnded(record, tuple(outcome.measurements), tuple(pictures))

    def _log(self, name: str, error: Exception, status: Status) -> None:
        """Keep the traceback of a real failure where the reader can find it."""
        if status is not Status.FAILED:
            return
        path = self.folder.failures / f"{name.replace('/', '_').replace(':', '_')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")


def _worst(measurements: Sequence[Measurement]) -> tuple[Status, str | None]:
    """A job in which a metric failed has failed, whatever the others gave; their values are kept."""
    broken = next((m for m in measurements if m.value.status is Status.FAILED), None)
    return (Status.OK, None) if broken is None else (Status.FAILED, f"{broken.metric}: {broken.value.reason}")
