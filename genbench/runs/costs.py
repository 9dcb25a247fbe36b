"""What fits and jobs have cost on this machine, and what those still to do will take. Torch-free.

A guess stands on what is most like it among what was measured: the same fit, the same model on the same data an image,
the same model an image. Where nothing is, it is a rough constant, and says so.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genbench.core.errors import GenbenchError
from genbench.core.jobs import Fit, Job
from genbench.core.paths import json_in, last_writer
from genbench.core.records import FitRecord, JobRecord
from genbench.core.values import Status

FILE = "costs.json"
MOST = 5_000
"""Kinds that the file keeps, the newest."""

FIT_SECONDS = 2.5e-5
"""A training image of 64 values through the default networks on one core of 2020s servers."""
JOB_SECONDS = 0.2
"""An evaluation of a small model on a dataset of `Extent()`; it grows by the power 0.7 of the dataset's numbers."""
ALONE_SECONDS = 1.0
"""One that must be alone: what is timed is done again and again."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a dataset is: numbers of an example, examples of the reference. Unless known, as `digits`."""

    values: int = 64
    examples: int = 449


@dataclass(frozen=True, slots=True)
class Guess:
    """Seconds that something will take; `known`: the part of them that stands on measurements."""

    seconds: float = 0.0
    known: float = 0.0

    @property
    def is_rough(self) -> bool:
        """Whether less than half of it stands on measurements."""
        return self.known < 0.5 * self.seconds

    def __add__(self, other: Guess) -> Guess:
        return Guess(self.seconds + other.seconds, self.known + other.known)

    def over(self, workers: float) -> Guess:
        """Shared by so many workers."""
        return Guess(self.seconds / workers, self.known / workers)


@dataclass(slots=True)
class _Seen:
    """Costs of one kind: how many, their sum and the largest of them."""

    count: int = 0
    total: float = 0.0
    largest: float = 0.0

    def add(self, amount: float) -> None:
        self.count, self.total, self.largest = self.count + 1, self.total + amount, max(self.largest, amount)

    @property
    def usual(self) -> float:
        """Their mean, less the largest of several: the first of its kind pays for what is made once."""
        return self.total if self.count == 1 else (self.total - self.largest) / (self.count - 1)


@dataclass(slots=True)
class CostBook:
    """Costs by kind, of earlier runs on this machine and of this one so far; `place`: the file, None for no file."""

    place: Path | None = None
    device: str = "cpu"
    seen: dict[str, _Seen] = field(default_factory=dict)
    _kinds: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, device: str) -> CostBook:
        """The book of this device in the cache; an empty one where there is none that can be read."""
        book = cls(folder / FILE, device.partition(":")[0])
        content = json_in(folder / FILE)
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            book.seen = {
                str(kind): _Seen(int(n), float(total), float(top)) for kind, (n, total, top) in content.items()
            }
        return book

    def write(self) -> None:
        """Keep it for the next run; a cache that cannot be written keeps nothing."""
        if self.place is None:
            return
        newest = dict(list(self.seen.items())[-MOST:])
        content = {kind: (one.count, one.total, one.largest) for kind, one in newest.items()}
        with contextlib.suppress(OSError, GenbenchError):
            self.place.parent.mkdir(parents=True, exist_ok=True)
            with last_writer(self.place) as temporary:
                temporary.write_text(json.dumps(content), encoding="utf-8")

    def add_fit(self, fit: Fit, record: FitRecord) -> None:
        """Learn from a fit that ended well."""
        if record.status is Status.OK:
            each = record.seconds / max(1, fit.budget.amount)
            self._add(zip(_fit_kinds(fit), (record.seconds, each, each), strict=True))

    def add_job(self, job: Job, record: JobRecord) -> None:
        """Learn from a job, whichever way it ended."""
        self._add((kind, record.seconds) for kind in self._kinds_of(job))

    def fit_seconds(self, fit: Fit, *, family: str = "", extent: Extent = Extent()) -> Guess:
        """What a fit will take on a dataset of this extent."""
        if fit.checkpoint:
            return Guess()
        amount = max(1, fit.budget.amount)
        for kind, unit in zip(_fit_kinds(fit), (1.0, amount, amount), strict=True):
            found = self.seen.get(self._key(kind))
            if found is not None:
                return Guess(found.usual * unit, found.usual * unit)
        if family in ("control", "classical", "outside"):  # which are not trained by gradients
            return Guess(0.01)
        return Guess(_unseen_fit(fit, extent))

    def job_seconds(self, job: Job, *, extent: Extent = Extent()) -> Guess:
        """What an evaluation will take once its model is fitted."""
        for kind in self._kinds_of(job):
            found = self.seen.get(self._key(kind))
            if found is not None:
                return Guess(found.usual, found.usual)
        return Guess(ALONE_SECONDS if job.alone else _unseen_job(job, extent))

    def _kinds_of(self, job: Job) -> tuple[str, ...]:
        if job.key not in self._kinds:
            self._kinds[job.key] = _job_kinds(job)
        return self._kinds[job.key]

    def _add(self, costs: Iterable[tuple[str, float]]) -> None:
        for kind, cost in costs:
            self.seen.setdefault(self._key(kind), _Seen()).add(cost)

    def _key(self, kind: str) -> str:
        return f"{self.device} {kind}"


def _unseen_fit(fit: Fit, extent: Extent) -> float:
    """Seconds of a fit of which nothing is known."""
    if fit.budget.unit == "seconds":
        return fit.budget.amount
    images: float = fit.budget.shown or fit.budget.flops / 2e6
    return FIT_SECONDS * images * float(max(1.0, extent.values / Extent().values) ** 0.8)


def _unseen_job(job: Job, extent: Extent) -> float:
    """Seconds of an evaluation of which nothing is known."""
    asked = getattr(job.config, "samples", None)
    examples = min(extent.examples, asked) if isinstance(asked, int) else extent.examples
    size = examples * extent.values / (Extent().examples * Extent().values)
    return JOB_SECONDS * float(max(1.0, size) ** 0.7)


def _fit_kinds(fit: Fit) -> tuple[str, str, str]:
    """What a fit is, the most telling first: itself but for its seed; its model and data; its model. The budget's unit
    is part of all."""
    about = f"fit {fit.model} {fit.budget.unit} {fit.precision}"
    return f"fit {fit.stack_key}", f"{about} {fit.dataset}", about


def _job_kinds(job: Job) -> tuple[str, ...]:
    """What a job is, the most telling first."""
    row, settings = job.row, job.config.model_dump_json(exclude={"datasets", "headline"})
    about = f"job {job.evaluation} {row.dataset}"
    return f"{about} {row.model}+{row.sampler} {settings}", f"{about} {settings}", about, f"job {job.evaluation}"


def remaining(
    jobs: Iterable[Job], book: CostBook, *, workers: float, fitted: Callable[[str], bool], extents: Mapping[str, Extent]
) -> Guess:
    """What these jobs and the fits that they stand on will take.

    `workers`: how many work side by side; what must be alone is not shared by them. `fitted`: whether a fit is there,
    by its key. `extents`: of each dataset.
    """
    shared = alone = Guess()
    known: set[str] = set()
    for job in jobs:
        extent = extents.get(job.row.dataset, Extent())
        if job.fit.key not in known and not fitted(job.fit.key):
            shared += book.fit_seconds(job.fit, family=job.row.family, extent=extent)
        known.add(job.fit.key)
        if job.alone:
            alone += book.job_seconds(job, extent=extent)
        else:
            shared += book.job_seconds(job, extent=extent)
    return shared.over(max(1.0, workers)) + alone
