"""Doing a task: fit the model (or load it), then evaluate it, one result after the other. What each executor runs."""

from __future__ import annotations

import dataclasses
import json
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from genbench import registry
from genbench.errors import Diverged, Unsupported
from genbench.evaluations.bench import Bench
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome
from genbench.plan import Fit, Job, Task
from genbench.protocols.model import Budget
from genbench.records import FitRecord, JobRecord, Picture
from genbench.training.trainer import build, fit
from genbench.training.weights import load_weights, save_weights
from genbench.values import Measurement, Status, Value


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
    model, record = _fitted(task.fit, bench, folder)
    yield Fitted(record)
    evidence: dict[str, Evidence] = {}
    for job in task.jobs:
        yield Started(job)
        if model is None:
            yield ended(job, record)
            continue
        sampler, fit_ = job.row.sampler, job.fit
        if sampler not in evidence:
            evidence[sampler] = Evidence(model, sampler, fit_.dataset, fit_.seed, bench)
        yield _evaluated(job, evidence[sampler], record, folder)


def ended(job: Job, record: FitRecord) -> Evaluated:
    """A job that could not start, because its model could not be fitted: the fit's status and reason are its own."""
    return without_value(job, record.status, record.reason or "the model could not be fitted", device=record.device)


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
        budget=job.fit.budget.images,
        device=device,
    )
    return Evaluated(record, tuple(Measurement(metric=m, value=Value.missing(status, reason)) for m in chosen))


def weights_path(folder: Path, fit_key: str) -> Path:
    """Where the weights of a fit are kept."""
    return folder / "artifacts" / "fits" / f"{fit_key}.safetensors"


def _fitted(wanted: Fit, bench: Bench, folder: Path) -> tuple[nn.Module | None, FitRecord]:
    """(model in eval(), its record); no model where it could not be fitted."""
    path = weights_path(folder, wanted.key)
    common: dict[str, Any] = {
        "key": wanted.key,
        "model": wanted.model,
        "dataset": wanted.dataset,
        "seed": wanted.seed,
        "options": dict(wanted.options),
    }
    start = time.perf_counter()
    try:
        data = bench.dataset(wanted.dataset)
        model = build(registry.models.get(wanted.model).load(), data.spec, wanted.options, seed=wanted.seed)
        model.to(bench.device)
        if path.exists():
            return model, FitRecord(**json.loads(load_weights(model, path)["fit"]))
        budget = Budget(images=wanted.budget.images, batch=wanted.budget.batch)
        training = fit(model, data, budget, seed=wanted.seed, device=bench.device)
    except Exception as error:
        status, reason = _status(error)
        _log(folder, f"fit-{wanted.model}-{wanted.dataset}-seed{wanted.seed}", error, status)
        spent = time.perf_counter() - start
        return None, FitRecord(**common, status=status, reason=reason, seconds=spent, device=str(bench.device))
    record = FitRecord(
        **common,
        status=Status.OK,
        seconds=training.seconds,
        parameters=sum(p.numel() for p in model.parameters()),
        images=training.images,
        trained=training.trained,
        device=str(bench.device),
        curve=training.curve,
    )
    save_weights(model, path, {"fit": json.dumps(dataclasses.asdict(record))})
    return model, record


def _evaluated(job: Job, evidence: Evidence, fitted: FitRecord, folder: Path) -> Evaluated:
    start = time.perf_counter()
    try:
        evaluate = registry.evaluations.get(job.settings.name).load()
        evidence.model.eval()
        with torch.no_grad():
            outcome: Outcome = evaluate(evidence, job.settings)
        pictures = outcome.save_pictures(job.key, folder)
    except Exception as error:
        status, reason = _status(error)
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
        budget=job.fit.budget.images,
        trained=fitted.trained,
        device=fitted.device,
    )
    return Evaluated(record, tuple(outcome.measurements), tuple(pictures))


def _status(error: Exception) -> tuple[Status, str]:
    if isinstance(error, Unsupported):
        return Status.UNSUPPORTED, str(error)
    if isinstance(error, Diverged):
        return Status.DIVERGED, str(error)
    return Status.FAILED, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _log(folder: Path, name: str, error: Exception, status: Status) -> None:
    """Keep the traceback of a real failure where the reader can find it."""
    if status is not Status.FAILED:
        return
    path = folder / "failures" / f"{name.replace('/', '_').replace(':', '_')}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
