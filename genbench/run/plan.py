"""A suite to jobs: which model is fitted on what, and which evaluations follow. Pure and torch-free.

Every fit and job has a content key: a hash of all that its numbers depend on (code, options, data, seed, budget,
settings, device kind, threads). The same key means the same numbers, so what is known is never done again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import genbench
from genbench import registry
from genbench.core.records import Row
from genbench.core.values import Status
from genbench.evaluations.settings import AnySettings, OutlierDetection
from genbench.run.suite import BudgetSettings, ModelUse, Suite

SETTLED = frozenset({Status.OK, Status.UNSUPPORTED, Status.DIVERGED})
"""How a job may have ended so that it is not tried again: the other statuses may have had a passing cause."""

ONCE_A_ROW = frozenset({"speed"})
"""Evaluations that are measured on the first seed alone, with nothing else running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What keys depend on besides the suite: `fingerprints` of the datasets and of each one's `outliers` by name, the
    device kind, the machine. `nonce`: stands for code that has no source, so that its results are never used again."""

    fingerprints: Mapping[str, str]
    outliers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    device: str = "cpu"
    machine: str = ""
    nonce: str = field(default_factory=lambda: secrets.token_hex(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One model to be fitted on one dataset from one seed."""

    key: str
    model: str
    options: Mapping[str, Any]
    dataset: str
    seed: int
    budget: BudgetSettings
    out_of_memory: Literal["split", "fail"] = "split"
    precision: Literal["float32", "bfloat16"] = "float32"

    @property
    def family(self) -> str:
        """What fits that can be trained together share: all but the seed."""
        return content_key(model=self.model, options=self.options, dataset=self.dataset, budget=str(self.budget))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One evaluation of one row; it stands on a fit."""

    key: str
    fit: Fit
    row: Row
    settings: AnySettings


@dataclass(frozen=True, slots=True)
class Task:
    """Fits of one model on one dataset, one a seed, and the jobs that stand on them: done in one go by one worker."""

    fits: tuple[Fit, ...]
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All jobs of a suite, in the order in which they are best done."""

    jobs: tuple[Job, ...]

    def missing(self, known: Mapping[str, Status], *, force: bool = False) -> list[Job]:
        """The jobs still to do: unknown ones, failed and timed-out ones again; with `force` all."""
        return [job for job in self.jobs if force or known.get(job.key) not in SETTLED]


def tasks(jobs: Iterable[Job], *, together: bool = False) -> list[Task]:
    """Jobs by fit, in order; evaluations that must run alone come as tasks of their own, last.

    `together`: one task for all seeds of a model, so that they can be trained as a stack.
    """
    shared: dict[str, list[Job]] = {}
    alone: dict[str, list[Job]] = {}
    for job in jobs:
        group = job.fit.family if together else job.fit.key
        (alone if job.settings.name in ONCE_A_ROW else shared).setdefault(group, []).append(job)
    return [_task(group) for group in [*shared.values(), *alone.values()]]


def _task(jobs: Sequence[Job]) -> Task:
    return Task(tuple({job.fit.key: job.fit for job in jobs}.values()), tuple(jobs))


def runs_alone(task: Task) -> bool:
    """Whether nothing else may run beside this task."""
    return any(job.settings.name in ONCE_A_ROW for job in task.jobs)


def make_plan(suite: Suite, conditions: Conditions) -> Plan:
    """Every job of the suite: seeds outermost, so that a run cut short has compared all models at least once."""
    jobs = [
        make_job(suite, conditions, use, dataset, seed, settings)
        for seed in range(suite.seeds)
        for dataset in suite.all_datasets()
        for use in suite.models
        for settings in suite.evaluations
        if dataset in (suite.datasets if settings.datasets is None else settings.datasets)
        and (seed == 0 or settings.name not in ONCE_A_ROW)
    ]
    return Plan(tuple(jobs))


def make_job(
    suite: Suite, conditions: Conditions, use: ModelUse, dataset: str, seed: int, settings: AnySettings
) -> Job:
    """One evaluation of one row of the suite on one dataset from one seed."""
    fit = _fit(suite, conditions, use, dataset, seed)
    family = registry.models.get(use.model).card.family
    row = Row(label=use.name, model=use.model, family=family, sampler=use.sampler, dataset=dataset, seed=seed)
    key = content_key(
        fit=fit.key,
        label=use.name,
        sampler=use.sampler,
        settings=settings.model_dump(mode="json", exclude={"datasets", "headline"}),
        metrics=_versions(registry.evaluations.get(settings.name).card.metrics),
        evaluation=_code(registry.evaluations.get(settings.name), conditions),
        machine=conditions.machine if settings.name in ONCE_A_ROW else "",
        outliers=_outliers(conditions.outliers.get(dataset, {}), settings),
    )
    return Job(key=key, fit=fit, row=row, settings=settings)


def _outliers(known: Mapping[str, str], settings: AnySettings) -> Mapping[str, str]:
    """The fingerprints of the outlier sets that an evaluation looks at."""
    if not isinstance(settings, OutlierDetection):
        return {}
    return {name: known.get(name, "") for name in settings.outliers or known}


def _fit(suite: Suite, conditions: Conditions, use: ModelUse, dataset: str, seed: int) -> Fit:
    options = suite.options_of(use, dataset)
    key = content_key(
        genbench=genbench.__version__,
        model=use.model,
        code=_code(registry.models.get(use.model), conditions),
        options=options,
        data=conditions.fingerprints[dataset],
        seed=seed,
        budget=suite.budget.model_dump(mode="json"),
        device=conditions.device,
        threads=suite.threads if conditions.device == "cpu" else 0,
        **({} if suite.precision == "float32" else {"precision": suite.precision}),  # float32 keeps its older keys
    )
    return Fit(
        key=key,
        model=use.model,
        options=options,
        dataset=dataset,
        seed=seed,
        budget=suite.budget,
        out_of_memory=suite.out_of_memory,
        precision=suite.precision,
    )


def _code(entry: registry.Entry[Any], conditions: Conditions) -> str:
    code = entry.code_hash()
    return conditions.nonce if code is None else code


def _versions(metrics: Sequence[str]) -> dict[str, int]:
    return {name: registry.metrics.get(name).card.version for name in metrics if name in registry.metrics}


def content_key(**parts: Any) -> str:
    """20 hex digits of SHA-256 over the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
