"""A suite to jobs: which model is fitted on what, which evaluations apply, and the content key of each. Torch-free."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import genbench
from genbench import registry
from genbench.core.errors import SuiteError
from genbench.core.jobs import Fit, Job, Plan, content_key
from genbench.core.paths import is_file, is_folder
from genbench.core.records import DataFacts, Row
from genbench.evaluations.choice import Choice, choose
from genbench.protocols.card import NETS
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.runs.suite import ModelUse, Suite

CHUNK = 500
"""`core.seeds.CHUNK`, which is part of what samples are; a test holds the two together (that module needs torch)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What keys depend on besides the suite: facts of the datasets, the device kind, the machine, the encoders.

    `encoder`: (name in the suite, dataset) -> (name, identity) of the encoder that stands for it. `nonce`: enters keys
    in the place of code that has no source, so that it is never taken for known.
    """

    datasets: Mapping[str, DataFacts]
    device: str = "cpu"
    machine: str = ""
    encoder: Callable[[str, str], tuple[str, str]] = lambda name, dataset: (name, "")
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))


def make_plan(suite: Suite, conditions: Conditions) -> Plan:
    """Every job of the suite that applies: seeds outermost, so that a run cut short has compared all models once."""
    chosen, notes = choices(suite, conditions)
    maker = JobMaker(suite, conditions)
    jobs = [
        maker.job(use, dataset, seed, config)
        for seed in range(suite.seeds)
        for dataset in suite.all_datasets()
        for use in suite.models
        for config in suite.evaluations
        if dataset in suite.datasets_of(config) and (dataset, config.name) in chosen
        if seed == 0 or not record_of(config).once_a_row
    ]
    headlines: dict[str, dict[str, str]] = {}
    for (dataset, name), choice in chosen.items():
        headlines.setdefault(dataset, {})[name] = choice.headline
    return Plan(jobs=tuple(jobs), headlines=headlines, notes=tuple(notes), datasets=conditions.datasets)


def choices(suite: Suite, conditions: Conditions) -> tuple[dict[tuple[str, str], Choice], list[str]]:
    """What each evaluation measures on each dataset, and a line for each that does not apply."""
    chosen: dict[tuple[str, str], Choice] = {}
    notes = []
    for dataset, config in suite.pairs():
        choice = choose(record_of(config), config, conditions.datasets[dataset])
        if isinstance(choice, str):
            notes.append(f"{config.name} does not apply to {dataset}: it {choice}.")
        else:
            chosen[dataset, config.name] = choice
            notes += [f"{config.name} leaves out {note}." for note in choice.notes]
    if not chosen:
        raise SuiteError(f"suite {suite.name!r}: no evaluation applies to its datasets. " + " ".join(notes))
    return chosen, notes


def record_of(config: EvaluationConfig) -> Evaluation:
    """The evaluation that a table of the suite configures."""
    record: Evaluation = registry.evaluations.get(config.name).card
    return record


def make_job(
    suite: Suite, conditions: Conditions, use: ModelUse, dataset: str, seed: int, config: EvaluationConfig
) -> Job:
    """One evaluation of one row of the suite on one dataset from one seed."""
    return JobMaker(suite, conditions).job(use, dataset, seed, config)


@dataclass(frozen=True, slots=True)
class _Settled:
    """An evaluation as it is asked for on a dataset: what its jobs share. `parts`: of their content keys."""

    config: EvaluationConfig
    evaluation: Evaluation
    metrics: tuple[str, ...]
    other_data: Mapping[str, str]
    parts: Mapping[str, Any]


@dataclass(slots=True)
class JobMaker:
    """Makes the jobs of a suite; fits, and what jobs of one evaluation on one dataset share, are made once."""

    suite: Suite
    conditions: Conditions
    _fits: dict[tuple[str, str, int], Fit] = field(default_factory=dict)
    _evaluations: dict[tuple[str, int], _Settled] = field(default_factory=dict)

    def job(self, use: ModelUse, dataset: str, seed: int, config: EvaluationConfig) -> Job:
        """One evaluation of one row on one dataset from one seed."""
        settled, fit = self._settled(dataset, config), self._fit(use, dataset, seed)
        family = registry.models.get(use.model).card.family
        return Job(
            key=content_key(fit=fit.key, label=use.name, sampler=use.sampler, **settled.parts),
            fit=fit,
            row=Row(label=use.name, model=use.model, family=family, sampler=use.sampler, dataset=dataset, seed=seed),
            config=settled.config,
            evaluation=settled.evaluation.name,
            metrics=settled.metrics,
            alone=settled.evaluation.once_a_row,
            content=settled.other_data,
        )

    def _fit(self, use: ModelUse, dataset: str, seed: int) -> Fit:
        key = (use.name, dataset, seed)
        if key not in self._fits:
            self._fits[key] = make_fit(self.suite, self.conditions, use, dataset, seed)
        return self._fits[key]

    def _settled(self, dataset: str, config: EvaluationConfig) -> _Settled:
        key = (dataset, id(config))  # the suite's own tables, which stay while it is there
        if key not in self._evaluations:
            self._evaluations[key] = _settled(self.conditions, dataset, config)
        return self._evaluations[key]


def _settled(conditions: Conditions, dataset: str, config: EvaluationConfig) -> _Settled:
    """The evaluation with its metrics chosen and its encoder named."""
    record, facts = record_of(config), conditions.datasets[dataset]
    choice = choose(record, config, facts)
    if isinstance(choice, str):
        raise SuiteError(f"{config.name} does not apply to {dataset}: it {choice}.")
    changes: dict[str, Any] = {"metrics": choice.metrics, "headline": None, "datasets": None}
    encoder = ""
    if hasattr(config, "encoder"):
        changes["encoder"], encoder = conditions.encoder(config.encoder, dataset)
    settled = config.model_copy(update=changes)
    other_data = dict(config.content(facts))
    parts = {
        "config": settled.identity(),
        "evaluation": [record.version, _code(registry.evaluations.get(record.name), conditions)],
        "metrics": {name: _metric(name, conditions) for name in choice.metrics},
        "encoder": encoder,
        "data": other_data,
        "machine": conditions.machine if record.timed else "",
        "chunk": CHUNK,
    }
    return _Settled(settled, record, choice.metrics, other_data, parts)


def _metric(name: str, conditions: Conditions) -> list[Any]:
    entry = registry.metrics.get(name)
    return [entry.card.version, _code(entry, conditions)]


def make_fit(suite: Suite, conditions: Conditions, use: ModelUse, dataset: str, seed: int) -> Fit:
    """One model of the suite on one dataset from one seed, whatever is evaluated of it."""
    options = suite.options_of(use, dataset)
    entry = registry.models.get(use.model)
    content: dict[str, Any] = {
        "genbench": genbench.__version__,
        "model": use.model,
        "code": _code(entry, conditions),
        "options": options,
        "files": file_contents(entry.defaults() | options),
        "dataset": dataset,
        "data": conditions.datasets[dataset].fingerprint,
        "budget": suite.budget.model_dump(mode="json"),
        "device": conditions.device,
        "threads": suite.threads if conditions.device == "cpu" else 0,
        "precision": suite.precision,
    }
    if use.checkpoint:  # by content, wherever it lies; and no budget is spent on it
        content |= {"checkpoint": _digest(Path(use.checkpoint)), "budget": None}
    content |= later_versions(entry, options)
    own = frozenset() if use.checkpoint else entry.card.stacked
    alike = {name: value for name, value in options.items() if name not in own}
    unset = sorted(name for name, value in (entry.defaults() | options).items() if name in own and value is None)
    return Fit(
        key=content_key(seed=seed, **content),
        stack_key=content_key(**content | {"options": alike, "unset": unset}),
        model=use.model,
        options=options,
        dataset=dataset,
        seed=seed,
        budget=suite.budget,
        out_of_memory=suite.out_of_memory,
        precision=suite.precision,
        data=conditions.datasets[dataset].fingerprint,
        checkpoint=use.checkpoint,
    )


def later_versions(entry: registry.Entry[Any], options: Mapping[str, Any]) -> dict[str, int]:
    """Those of a model and of genbench's backbone in it, from the second on: fits of the first keep the keys that they
    had before there were versions."""
    net = options.get("net", "") if entry.site is None else ""
    found = {"version": entry.card.version, "net version": NETS.get(net, 1)}
    return {name: version for name, version in found.items() if version > 1}


def _code(entry: registry.Entry[Any], conditions: Conditions) -> str:
    """The hash of a third party's code, or what makes sure that it is not taken for known."""
    found = entry.code_hash()
    return conditions.nonce if found is None else found


def file_contents(options: Mapping[str, Any]) -> dict[str, str]:
    """The hash of each file or folder that an option names, so that another checkpoint under the same name is another
    model."""
    named = {name: _there(value) for name, value in options.items() if isinstance(value, str | Path) and value}
    return {name: _digest(place) for name, place in named.items() if place is not None}


def _there(value: str | Path) -> Path | None:
    """The place that a word names, None where there is none."""
    return Path(value) if is_file(value) or is_folder(value) else None


def _digest(place: Path) -> str:
    """16 hex digits over a file's content, or over the names and contents of a folder's files."""
    if place.is_file():
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    inside = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}
    return content_key(**{name: _digest(path) for name, path in sorted(inside.items())})[:16]
