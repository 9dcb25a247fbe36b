"""What a report is made of: the tidy table, fits, pictures, runs and their plan; and one typed record a table row."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import pandas as pd

from genbench.core.records import FitRecord, PlanRecord, RunRecord
from genbench.core.values import Status
from genbench.report import glossary

FITS = [f.name for f in dataclasses.fields(FitRecord)]
PICTURES = ["job", "name", "path", "caption", "label", "dataset", "seed", "evaluation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunData:
    """All that a report reads.

    `table`: the tidy table, one row a value; columns beyond the contract's (`label`, `m`, `split`, ...) may be missing.
    `fits`: one row a fitted model (the fields of `FitRecord`). `pictures`: one row an image file, with the label,
    dataset, seed and evaluation of its job. `plan`: whose numbers these are, None for a bare table or an old store.
    `runs`: the calls of this plan and those that made its jobs, the oldest first. `root`: the folder that picture paths
    are below, None where there are no files.
    """

    table: pd.DataFrame
    fits: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FITS))
    pictures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PICTURES))
    runs: Sequence[RunRecord] = ()
    root: Path | None = None
    plan: PlanRecord | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        """What the plan holds beside its jobs: headlines, notes, facts of datasets; empty without a plan."""
        return self.plan.content if self.plan else {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the plan leaves out and why, a line each, as the page, the terminal and the Markdown export show it."""
        return tuple(map(str, self.content.get("notes", ())))

    @property
    def suite(self) -> str:
        """The name of what was run, `""` for a bare table."""
        return self.plan.suite if self.plan else self.runs[-1].suite if self.runs else ""

    @property
    def last_run(self) -> RunRecord | None:
        """The last call of this plan (of all, where none is the plan's): whose settings the page shows."""
        own = [run for run in self.runs if self.plan and run.plan == self.plan.id]
        return next(reversed(own or list(self.runs)), None)


class Measured(NamedTuple):
    """One row of the tidy table; numbers that are not there are None, words that are not there are empty."""

    label: str
    model: str
    family: str
    sampler: str
    dataset: str
    seed: int
    evaluation: str
    metric: str
    target: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int | None
    m: int | None
    direction: str
    kind: str
    encoder: str
    status: str
    reason: str
    score: str
    split: str
    likelihood: str
    encoder_fingerprint: str
    metric_version: int | None
    budget: float | None
    budget_unit: str
    device: str
    fit: str
    details: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.status == Status.OK and self.value is not None

    @property
    def is_control(self) -> bool:
        """Whether the row is a floor, a ceiling or another known answer, not a model."""
        return self.family == "control"


def read_rows(table: pd.DataFrame) -> list[Measured]:
    """The rows of the tidy table in their order; a table without `label` is labelled by model and sampler."""
    columns = {name: _column(table, name, kind) for name, kind in get_type_hints(Measured).items()}
    if "label" not in table:
        columns["label"] = [_label(*names) for names in zip(columns["model"], columns["sampler"], strict=True)]
    return list(map(Measured._make, zip(*columns.values(), strict=True)))


def _label(model: str, sampler: str) -> str:
    """The sampler is named where it is not the model's own: `ae` has none, so `ae+prior` is said whole."""
    card = glossary.model(model)
    own = card.sampler if card else "prior"
    return model if sampler in ("", own) or (own and sampler == "prior") else f"{model}+{sampler}"


def _column(table: pd.DataFrame, name: str, kind: Any) -> list[Any]:
    """The values of a column as the field's type; what is absent is None, or empty where words are meant."""
    if get_origin(kind) is Mapping:
        return [_mapping(v) for v in table[name].tolist()] if name in table else [{}] * len(table)
    make = next(made for made in (str, int, float) if made in (kind, *get_args(kind)))
    absent = "" if make is str else None
    if name not in table:
        return [absent] * len(table)
    column = table[name]
    given, missing = column.tolist(), (column.isna() | (column == "")).to_numpy()
    if not missing.any():
        return list(map(make, given))
    return [absent if bad else make(v) for v, bad in zip(given, missing.tolist(), strict=True)]


def _mapping(given: Any) -> Mapping[str, Any]:
    """A nested cell of the tidy table: a mapping, or its JSON text where the table came from a CSV file."""
    found = json.loads(given) if isinstance(given, str) and given.startswith("{") else given
    return found if isinstance(found, Mapping) else {}
