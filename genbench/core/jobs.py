"""What is to be done and what happens: fits, jobs, tasks, plans, and the events of doing them. Torch-free.

Every fit and job has a content key: a hash of all that its numbers depend on. The same key means the same numbers, so
what is known is never done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from genbench.core.records import DataFacts, FitRecord, JobRecord, Picture, Row
from genbench.core.values import Measurement, Status, Value

BUDGET_WORDS = {"images": "images", "flops": "operations", "seconds": "seconds"}
"""The units of budgets, in words."""


class BudgetConfig(BaseModel):
    """How much training each model gets, in batches of `batch`: `images` (a batch for each optimiser step, every
    objective's counted), or optimiser `steps`, or `flops` (operations, a multiply-add counts 2), or `seconds` of wall
    clock; 100,000 images unless said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: int = Field(default=0, ge=0, le=10**12)
    steps: int = Field(default=0, ge=0, le=10**10)
    seconds: float = Field(default=0.0, ge=0, le=10**8, allow_inf_nan=False)
    flops: float = Field(default=0.0, ge=0, le=1e26, allow_inf_nan=False)
    batch: int = Field(default=128, ge=1, le=2**20)

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = [name for name in ("images", "steps", "seconds", "flops") if value.get(name)]
        if len(given) > 1:
            raise ValueError(f"a budget is one of images, steps, seconds and flops; got {' and '.join(given)}")
        return value if given else value | {"images": 100_000}

    @property
    def shown(self) -> int:
        """Images that the budget is; 0 where operations or the wall clock decide."""
        return self.images or self.steps * self.batch

    @property
    def unit(self) -> str:
        """In what it is given: `images` (steps are that many batches), `flops` or `seconds`."""
        return "images" if self.shown else "flops" if self.flops else "seconds"

    @property
    def amount(self) -> float:
        """How many images, operations or seconds it is."""
        return self.shown or self.flops or self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One model to be fitted on one dataset from one seed.

    `stack_key`: what fits that can be trained together share, all but the seed and numbers among the options. `data`:
    the dataset's fingerprint when the run was planned, `""` where nobody knows it. `checkpoint`: the file with its
    weights, where it is not trained.
    """

    key: str
    stack_key: str
    model: str
    options: Mapping[str, Any]
    dataset: str
    seed: int
    budget: BudgetConfig
    out_of_memory: Literal["split", "fail"] = "split"
    precision: Literal["float32", "bfloat16"] = "float32"
    data: str = ""
    checkpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One evaluation of one row; it stands on a fit.

    `config`: the evaluation's table in the suite, its encoder named and its metrics those that are measured.
    `alone`: nothing else may run beside it. `content`: what its configuration says of the dataset's other parts.
    """

    key: str
    fit: Fit
    row: Row
    config: BaseModel
    evaluation: str
    metrics: tuple[str, ...]
    alone: bool = False
    content: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """Fits of one model on one dataset, which differ in seeds and numbers among their options, and the jobs that stand
    on them: done in one go by one worker."""

    fits: tuple[Fit, ...]
    jobs: tuple[Job, ...]
    files: tuple[FileMade, ...] = ()
    """Files of the run's folder that it stands on, for a worker that does not see them."""

    @property
    def alone(self) -> bool:
        """Whether nothing else may run beside this task."""
        return any(job.alone for job in self.jobs)

    def of(self, fits: Iterable[Fit]) -> Task:
        """The part of the task that stands on these of its fits."""
        keys = {fit.key for fit in fits}
        return self.only(job for job in self.jobs if job.fit.key in keys)

    def only(self, jobs: Iterable[Job]) -> Task:
        """The part of the task that is these of its jobs, with the fits that they stand on."""
        left = tuple(jobs)
        return replace(self, fits=tuple({job.fit.key: job.fit for job in left}.values()), jobs=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All jobs of a suite, in the order in which they are best done.

    `headlines`: by dataset and evaluation the metric that stands for it. `notes`: a line for each evaluation or metric
    that does not apply to a dataset. `datasets`: what was known of each.
    """

    jobs: tuple[Job, ...]
    headlines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    datasets: Mapping[str, DataFacts] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its jobs, in order."""
        return tuple(job.key for job in self.jobs)

    @property
    def id(self) -> str:
        """12 hex digits over the keys: the same jobs are the same plan."""
        return content_key(jobs=self.keys, headlines=self.headlines)[:12]

    def missing(self, settled: Mapping[str, bool], *, force: bool = False) -> list[Job]:
        """The jobs still to do: those that nobody did or that did not settle; with `force` all."""
        return [job for job in self.jobs if force or not settled.get(job.key, False)]


def tasks(jobs: Iterable[Job], *, together: bool = False) -> list[Task]:
    """Jobs by fit, in order; evaluations that must run alone come as tasks of their own, last.

    `together`: one task for all fits that can be trained as a stack.
    """
    shared: dict[str, list[Job]] = {}
    alone: dict[str, list[Job]] = {}
    for job in jobs:
        group = job.fit.stack_key if together else job.fit.key
        (alone if job.alone else shared).setdefault(group, []).append(job)
    return [Task((), ()).only(group) for group in [*shared.values(), *alone.values()]]


def content_key(**parts: Any) -> str:
    """20 hex digits of SHA-256 over the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job is being worked on from now; its time limit starts."""

    job: Job


@dataclass(frozen=True, slots=True)
class FitEnded:
    """A model was fitted, or could not be."""

    record: FitRecord


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job ended, with all that it measured."""

    record: JobRecord
    measurements: tuple[Measurement, ...]
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class FileMade:
    """A file of the run's folder that was made where the folder is not seen. `path`: below it."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FitsLeft:
    """Fits of a task that whoever does it leaves to other workers, in groups that are trained together."""

    groups: tuple[tuple[Fit, ...], ...]


Event = JobStarted | FitEnded | JobEnded | FileMade | FitsLeft


FINAL = frozenset({Status.OK, Status.UNSUPPORTED, Status.DIVERGED})
"""How a job may have ended so that it is not tried again: the other statuses may have had a passing cause."""


def without_value(
    job: Job, status: Status, reason: str, *, seconds: float = 0.0, device: str = "", retry: bool = False
) -> JobEnded:
    """A job that ended without numbers: a row with this status for each metric that it would have given."""
    record = JobRecord(
        key=job.key,
        fit=job.fit.key,
        row=job.row,
        evaluation=job.evaluation,
        status=status,
        reason=reason,
        seconds=seconds,
        budget=job.fit.budget.amount,
        budget_unit=job.fit.budget.unit,
        device=device,
        settled=status in FINAL and not retry,
    )
    return JobEnded(record, tuple(Measurement(metric=m, value=Value.missing(status, reason)) for m in job.metrics))
