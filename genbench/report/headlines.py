"""Which metric stands for an evaluation on a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genbench.core.records import DataKind
from genbench.report import glossary
from genbench.report.data import Measured, RunData

Headlines = Mapping[str, Mapping[str, str]]
"""The metric by dataset and evaluation."""


def headlines(data: RunData, found: Sequence[Measured]) -> Headlines:
    """The plan's word; else, of those that were measured on the dataset, the first of: the last run's suite, the
    evaluation's record for this kind of data, the first metric of the table."""
    chosen: dict[str, dict[str, str]] = {}
    for (dataset, evaluation), metrics in _measured(found).items():
        planned = _at(data.content, "headlines", dataset, evaluation)
        wanted = [*_of_suite(data, dataset, evaluation), *_of_record(data, dataset, evaluation), *metrics]
        chosen.setdefault(dataset, {})[evaluation] = planned or next(name for name in wanted if name in metrics)
    return chosen


def _measured(found: Sequence[Measured]) -> dict[tuple[str, str], list[str]]:
    """The metrics that have a value, by dataset and evaluation; where none has one, all that are named."""
    named: dict[tuple[str, str], dict[str, bool]] = {}
    for one in found:
        metrics = named.setdefault((one.dataset, one.evaluation), {})
        metrics[one.metric] = metrics.get(one.metric, False) or one.ok
    return {key: [name for name, ok in of.items() if ok] or list(of) for key, of in named.items()}


def _of_suite(data: RunData, dataset: str, evaluation: str) -> Iterator[str]:
    """What the last run's suite names for this evaluation on this dataset, the last word first."""
    suite = data.last_run.provenance.get("suite", {}) if data.last_run else {}
    for asked in reversed(suite.get("evaluations", ())):
        if asked["name"] == evaluation and dataset in (asked.get("datasets") or (dataset,)) and asked.get("headline"):
            yield asked["headline"]


def _of_record(data: RunData, dataset: str, evaluation: str) -> Iterator[str]:
    """What the evaluation's record names for the dataset's kind; where that is not known, for every kind."""
    kind = _at(data.content, "datasets", dataset, "kind")
    for one in DataKind if kind not in list(DataKind) else [DataKind(kind)]:
        yield glossary.evaluation(evaluation).headline_on(one)


def _at(content: Any, *path: str) -> str:
    """The word at this path of nested tables, `""` where there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content if isinstance(content, str) else ""
