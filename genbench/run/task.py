"""Doing a task: fit the model (or load it), then evaluate it, one result after the other. What each executor runs."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from genbench import registry
from genbench.core.records import FitRecord, JobRecord, Picture
from genbench.core.values import Measurement, Status, Value
from genbench.evaluations.bench import Bench
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome
from genbench.run import fit as fitting
from genbench.run.plan import Job, Task


@dataclass(frozen=True, slots=True)
class Started:
    """A job is being worked on from now; its time limit starts."""

    job: Job


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model was fitted, or could not be."""

    record: FitRecord


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A job ended, with all that it measured."""

    record: JobRecord
    measurements: tuple[Measurement, ...]
    pictures: tuple[Picture, ...] = ()


Event = Started | Fitted | Evaluated


def run_task(task: Task, bench: Bench, folder: Path) -> Iterator[Event]:
    """Fit or load, then evaluate; every outcome is an event, no error leaves. `folder`: where artifacts are kept."""
    yield Started(task.jobs[0])
    for fitted in fitting.fitted(task.fits, bench, folder):
        if fitted.error is not None:
            name = f"fit-{fitted.fit.model}-{fitted.fit.dataset}-seed{fitted.fit.seed}"
            _log(folder, name, fitted.error, fitted.record.status)
        yield Fitted(fitted.record)
        yield from _evaluations(fitted, [job for job in task.jobs if job.fit == fitted.fit], bench, folder)


def without_value(job: Job, status: Status, reason: str, *, seconds: float = 0.0, device: str = "") -> Evaluated:
    """A job that ended without numbers: a row with this status for each metric that it would have given."""
    card = registry.evaluations.get(job.settings.name).card
    chosen = getattr(job.settings, "metrics", None) or card.metrics
    record = JobRecord(
        key=job.key,
        fit=job.fit.key,
        row=job.row,
        evaluation=job.settings.name,
        status=status,
        reason=reason,
        seconds=seconds,
        budget=job.fit.budget.shown,
        device=device,
    )
    return Evaluated(record, tuple(Measurement(metric=m, value=Value.missing(status, reason)) for m in chosen))


def _evaluations(fitted: fitting.Fitted, jobs: list[Job], bench: Bench, folder: Path) -> Iterator[Event]:
    evidence: dict[str, Evidence] = {}
    for job in jobs:
        yield Started(job)
        if fitted.model is None:
            reason = fitted.record.reason or "the model could not be fitted"
            yield without_value(job, fitted.record.status, reason, device=fitted.record.device)
            continue
        sampler = job.row.sampler
        if sampler not in evidence:
            evidence[sampler] = Evidence(fitted.model, sampler, job.fit.dataset, job.fit.seed, bench)
        yield _evaluated(job, evidence[sampler], fitted.record, folder)


def _evaluated(job: Job, evidence: Evidence, fitted: FitRecord, folder: Path) -> Evaluated:
    start = time.perf_counter()
    try:
        evaluate = registry.evaluations.get(job.settings.name).load()
        evidence.model.eval()
        with torch.no_grad():
            outcome: Outcome = evaluate(evidence, job.settings)
        pictures = outcome.save_pictures(job.key, folder)
    except Exception as error:
        status, reason = fitting.status_of(error)
        _log(folder, f"{job.row.label}-{job.row.dataset}-seed{job.row.seed}-{job.settings.name}", error, status)
        spent = time.perf_counter() - start
        return without_value(job, status, reason, seconds=spent, device=fitted.device)
    record = JobRecord(
        key=job.key,
        fit=job.fit.key,
        row=replace(job.row, sampler=evidence.sampler),
        evaluation=job.settings.name,
        status=Status.OK,
        seconds=time.perf_counter() - start,
        budget=job.fit.budget.shown,
        trained=fitted.trained,
        device=fitted.device,
    )
    return Evaluated(record, tuple(outcome.measurements), tuple(pictures))


def _log(folder: Path, name: str, error: Exception, status: Status) -> None:
    """Keep the traceback of a real failure where the reader can find it."""
    if status is not Status.FAILED:
        return
    path = folder / "failures" / f"{name.replace('/', '_').replace(':', '_')}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
