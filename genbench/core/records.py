"""What a run is made of and leaves behind, as plain records: facts of data, jobs, fits, pictures, plans, runs.

Torch-free: plan, store and report share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from genbench.core.text import safe_text
from genbench.core.values import Status


class DataKind(StrEnum):
    """What a dataset's examples are: images, points of a law whose density is known, or rows of numbers."""

    IMAGES = "images"
    POINTS = "points"
    TABLE = "table"

    @property
    def words(self) -> str:
        """As a sentence says it: `is ...`."""
        return _KIND_WORDS[self]


_KIND_WORDS = {
    DataKind.IMAGES: "images",
    DataKind.POINTS: "points of a known density",
    DataKind.TABLE: "a table of numbers",
}

DATA_WORDS = {
    "images": "has no images",
    "unit-images": "has no images in [0, 1]",
    "labels": "has no labels",
    "factors": "has no ground-truth factors",
    "density": "has no known density",
    "modes": "has no known modes",
    "line": "is not one-dimensional",
    "mark": "has no marked value",
    "outliers": "has no outlier sets",
    "rare": "has no rare classes",
    "attributes": "has no labels and no attributes",
    "pool": "has no pool of unlabelled examples",
}
"""What a metric or an evaluation may ask of a dataset, and what is said of one that lacks it."""


def check_data_words(what: str, words: Iterable[str]) -> None:
    """Raise `ValueError` where a declaration asks data for something that nobody knows."""
    for word in words:
        if word not in DATA_WORDS:
            raise ValueError(f"{what} asks of data {word!r}: it is one of {', '.join(DATA_WORDS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What is known of a dataset before anything is measured on it.

    `has`: the words of `DATA_WORDS` that are true of it. `outliers`: the fingerprint of each outlier set by its name;
    `near`: those of them that are hard. `pool`: the fingerprint of its pool of unlabelled examples, where it has one.
    `family`: what it shares with sets of its kind, over which a report shows the mean (`digits-without-*`).
    """

    name: str
    fingerprint: str
    kind: DataKind
    has: frozenset[str] = frozenset()
    outliers: Mapping[str, str] = field(default_factory=dict)
    near: frozenset[str] = frozenset()
    pool: str = ""
    family: str = ""

    def lacks(self, words: Iterable[str]) -> str | None:
        """What is said of the first of these words that is not true of the dataset; None where all are."""
        return next((DATA_WORDS[word] for word in words if word not in self.has), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who is measured: a model with its sampler on a dataset from one seed; `label` is its name in the suite."""

    label: str
    model: str
    family: str
    sampler: str
    dataset: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One evaluation of one row, ended. `key` is its content key; `seconds` adds up over tries.

    `budget`: what its training was given, in `budget_unit` (`images`, `flops`, `seconds`; empty: not known). `settled`:
    how it ended is final; a run tries again what is not. `run`: the run that did it.
    """

    key: str
    fit: str
    row: Row
    evaluation: str
    status: Status
    reason: str | None = None
    seconds: float = 0.0
    budget: float = 0
    budget_unit: str = ""
    trained: str = ""
    device: str = ""
    settled: bool = True
    run: str = ""

    def __post_init__(self) -> None:
        if self.reason is not None:
            object.__setattr__(self, "reason", safe_text(self.reason))


ELSEWHERE = "elsewhere"
"""How a model was trained that genbench did not train."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRecord:
    """One fitted model. `trained` says how (plain, captured, stack of which seeds, closed form).

    `seconds`: of wall clock, a seed's share of its stack. `images`: training images that it read. `updates`: optimiser
    steps of the network that samples, None where nothing samples. `flops`: floating-point operations of the training, a
    multiply-add counts 2, None where they cannot be counted. `weights`: which weights are measured (`last`, `ema
    0.999`). `remark`: why it was not trained the fast way, or why its operations were not counted.
    `curve`: for each objective its losses over images seen, `{"images": [...], "elbo": [...], ...}`; `details`: further
    series over the same stretches (gradient norms, images a second).
    """

    key: str
    model: str
    dataset: str
    seed: int
    status: Status
    reason: str | None = None
    seconds: float = 0.0
    parameters: int = 0
    images: int = 0
    updates: int | None = None
    flops: int | None = None
    trained: str = ""
    weights: str = ""
    remark: str = ""
    device: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    details: Mapping[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "remark", safe_text(self.remark))
        if self.reason is not None:
            object.__setattr__(self, "reason", safe_text(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image file of a job. `name`: `samples`, `reconstructions`, ...; `path` is below the run's DIR."""

    job: str
    name: str
    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan as the store keeps it: whose numbers a report, an export or a sample shows.

    `id`: over its jobs' keys. `suite`: its name. `content`: what a report needs beside the numbers: headlines, notes,
    facts of datasets. `asked`: when it was last asked for.
    """

    id: str
    suite: str
    jobs: tuple[str, ...]
    content: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One call of `genbench run`: what was asked, by which command, with which versions, on what hardware."""

    id: str
    suite: str
    started: str
    command: str
    plan: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
