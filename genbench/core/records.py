"""What a run leaves behind, as plain records: jobs, fits, pictures, runs. Torch-free: store and report share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genbench.core.values import Status


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
    """One evaluation of one row, ended. `key` is its content key; `seconds` adds up over tries."""

    key: str
    fit: str
    row: Row
    evaluation: str
    status: Status
    reason: str | None = None
    seconds: float = 0.0
    budget: int = 0
    trained: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRecord:
    """One fitted model. `trained` says how (plain, captured, stack of which seeds, closed form).

    `weights`: which weights are measured (`last`, `ema 0.999`). `remark`: why it was not trained the fast way.
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
    trained: str = ""
    weights: str = ""
    remark: str = ""
    device: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    details: Mapping[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image file of a job. `name`: `samples`, `reconstructions`, ...; `path` is below the run's DIR."""

    job: str
    name: str
    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One call of `genbench run`: what was asked, by which command, with which versions, on what hardware."""

    id: str
    suite: str
    started: str
    command: str
    provenance: Mapping[str, Any] = field(default_factory=dict)
