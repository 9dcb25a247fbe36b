"""Doing a task: fit the model (or load it), then evaluate it, one result after the other. What each executor runs.

A model's code is held to what is its own. It gets copies; the datasets are looked at after each job, and where one was
changed the job has failed and all is loaded anew; what belongs to the process is put back. Where that cannot be done
the process is `spoilt`: the local executor ends it and starts another. One process for each fit would make every
reference, classifier and feature again for each of them; the check costs a few milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from genbench import registry
from genbench.core.errors import DataError, GenbenchError, Unavailable, contained
from genbench.core.jobs import FINAL, Event, FitEnded, FitsLeft, Job, JobEnded, JobStarted, Task, without_value
from genbench.core.process_state import ProcessState
from genbench.core.records import ELSEWHERE, FitRecord, JobRecord, Picture
from genbench.core.values import DRAWS, Measurement, Status
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome
from genbench.runs.fit import FittedModel, Refit, fitted, fitted_beside, status_of
from genbench.runs.folder import RunFolder
from genbench.runs.setting import TaskSetting
from genbench.runs.suite import CONTROL


@dataclass(slots=True)
class TaskRunner:
    """Does tasks in this process. `context`: what is loaded; `folder`: where artifacts are kept; `share`: fits that
    others can do meanwhile are left to them; `spoilt`: whether something of the process was changed that could not be
    put back."""

    context: RunContext
    folder: RunFolder
    share: bool = False
    spoilt: bool = False
    evidence: dict[tuple[str, str], Evidence] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], Outcome] = field(default_factory=dict)
    of_model: dict[str, dict[Any, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: TaskSetting) -> TaskRunner:
        """The runner of a worker process that sees the run's folder, as others beside it do."""
        return cls(setting.context(), RunFolder(setting.place), share=True)

    def run(self, task: Task) -> Iterator[Event]:
        """Fit or load, then evaluate; every outcome is an event, no error leaves."""
        with self.context.pinned():
            yield from self._events(task)

    def _events(self, task: Task) -> Iterator[Event]:
        yield JobStarted(task.jobs[0])
        shares = self.share and len(task.fits) > 1 and not task.alone
        fits = (fitted_beside if shares else fitted)(task.fits, self.context, self.folder)
        while True:
            with self._put_back(task.jobs[0]):
                while isinstance(one := next(fits, None), FitsLeft):
                    yield one
            if one is None:
                return
            if one.error is not None:
                name = f"fit-{one.fit.model}-{one.fit.dataset}-seed{one.fit.seed}"
                self._log(name, one.error, one.record.status)
            yield FitEnded(one.record)
            yield from self._evaluations(one, [job for job in task.jobs if job.fit.key == one.fit.key])

    def _evaluations(self, one: FittedModel, jobs: Sequence[Job]) -> Iterator[Event]:
        self._forget_made()
        for job in jobs:
            yield JobStarted(job)
            if one.model is None:
                reason = one.record.reason or "the model could not be fitted"
                retry = isinstance(one.error, Unavailable)
                yield without_value(job, one.record.status, reason, device=one.record.device, retry=retry)
                continue
            yield self._evaluated(job, one)

    def _evidence(self, job: Job, one: FittedModel) -> Evidence:
        """What was made of this model and sampler so far. Raises `DataError` where the data are not those planned."""
        assert one.model is not None
        sampler = job.row.sampler
        found = self.evidence.get((one.fit.key, sampler))
        if found is None:
            again = None if one.record.trained == ELSEWHERE else Refit(one.fit, self.context)
            found = self.evidence[one.fit.key, sampler] = Evidence(
                one.model,
                sampler,
                job.fit.dataset,
                job.fit.seed,
                self.context,
                record=one.record,
                refit=again,
                of_model=self.of_model.setdefault(one.fit.key, {}),
            )
        if dict(job.content) != dict(job.config.content(found.dataset.facts)):  # type: ignore[attr-defined]
            raise DataError(f"the outlier sets of {job.fit.dataset} are not those planned: run the same command again.")
        return found

    def _evaluated(self, job: Job, one: FittedModel) -> JobEnded:
        start, fit = time.perf_counter(), one.record
        try:
            with contained(), self._put_back(job), torch.no_grad():
                evidence = self._evidence(job, one)
                evidence.model.eval()
                outcome = self._outcome(job, evidence)
            changed = self._changed(job)
            if changed:
                raise GenbenchError(
                    f"{job.row.label} or {job.evaluation} changed the data in place ({changed} of {job.fit.dataset}), "
                    "so its numbers are not kept: work on copies."
                )
            pictures = [self.folder.save_picture(job.key, i.name, i.png, i.caption) for i in outcome.images]
        except Exception as error:
            self._changed(job)
            status, reason = status_of(error)
            name = f"{job.row.label}-{job.row.dataset}-seed{job.row.seed}-{job.evaluation}"
            self._log(name, error, status)
            spent, retry = time.perf_counter() - start, isinstance(error, Unavailable)
            return without_value(job, status, reason, seconds=spent, device=fit.device, retry=retry)
        return _ended(job, evidence, outcome, fit, tuple(pictures), time.perf_counter() - start)

    def _outcome(self, job: Job, evidence: Evidence) -> Outcome:
        """What the evaluation gives; of rows that differ in their sampler alone it is asked once, if it draws none."""
        entry = registry.evaluations.get(job.evaluation)
        evaluate = entry.load()
        if not entry.card.of_model:
            outcome: Outcome = evaluate(evidence, job.config)
            return outcome
        key = (job.fit.key, job.evaluation, job.config.model_dump_json())
        if key not in self.outcomes:
            self.outcomes[key] = evaluate(evidence, job.config)
        return self.outcomes[key]

    def _changed(self, job: Job) -> str | None:
        """The split of its dataset that was changed; whatever comes next then works on one that is loaded anew."""
        changed = self.context.changed(job.fit.dataset)
        if changed is not None:
            self.context.forget()
            self._forget_made()
        return changed

    def _forget_made(self) -> None:
        """Nothing that was made of a model is there any more."""
        for made in (self.evidence, self.outcomes, self.of_model):
            made.clear()

    @contextmanager
    def _put_back(self, job: Job) -> Iterator[None]:
        """What the code inside changes of the process is put back; a process that cannot be put right is spoilt."""
        before = ProcessState()
        try:
            yield
        finally:
            changed, stuck = before.restore()
            if changed:
                self.folder.log("put back", model=job.row.label, evaluation=job.evaluation, changed=changed)
            self.spoilt = self.spoilt or bool(stuck)

    def _log(self, name: str, error: Exception, status: Status) -> None:
        """Keep the traceback of a real failure where the reader can find it."""
        if status is Status.FAILED:
            self.folder.keep_traceback(name, error)


def _ended(
    job: Job, evidence: Evidence, outcome: Outcome, fit: FitRecord, pictures: tuple[Picture, ...], seconds: float
) -> JobEnded:
    status, why = _worst(outcome.measurements)
    fault = "" if job.row.family == CONTROL else evidence.draws  # some controls say the same thing always
    found = [_drawn(one, fault) for one in outcome.measurements] if fault else outcome.measurements
    record = JobRecord(
        key=job.key,
        fit=job.fit.key,
        row=replace(job.row, sampler=evidence.sampler),
        evaluation=job.evaluation,
        status=status,
        reason=why,
        seconds=seconds,
        budget=0 if fit.trained == ELSEWHERE else job.fit.budget.amount,
        budget_unit="" if fit.trained == ELSEWHERE else job.fit.budget.unit,
        trained=fit.trained,
        device=fit.device,
        settled=status in FINAL and not any(m.value.retry for m in outcome.measurements),
    )
    return JobEnded(record, tuple(found), pictures)


def _drawn(one: Measurement, fault: str) -> Measurement:
    """The measurement with what is wrong with the samples that it may stand on."""
    return replace(one, value=replace(one.value, details={**one.value.details, DRAWS: fault}))


def _worst(measurements: Sequence[Measurement]) -> tuple[Status, str | None]:
    """A job in which a metric failed has failed, whatever the others gave; their values are kept."""
    broken = next((m for m in measurements if m.value.status is Status.FAILED), None)
    return (Status.OK, None) if broken is None else (Status.FAILED, f"{broken.metric}: {broken.value.reason}")
