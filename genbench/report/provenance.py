"""Where a page's numbers come from: commands, versions, datasets, the run in numbers, and what training cost."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from genbench.core.records import ELSEWHERE, RunRecord
from genbench.core.values import Status
from genbench.report import formatting, glossary
from genbench.report.data import Measured, RunData
from genbench.report.identity import budget_of


def origins(data: RunData) -> dict[str, Any]:
    """The provenance of the plan's last run, with the datasets and encoders of all."""
    merged: dict[str, Any] = {"versions": {}, "hardware": {}, "datasets": {}, "encoders": {}}
    for run in (*_others(data), *filter(None, [data.last_run])):
        for name, value in run.provenance.items():
            merged[name] = merged[name] | value if name in ("datasets", "encoders") else value
    return merged


def _others(data: RunData) -> list[RunRecord]:
    return [run for run in data.runs if run is not data.last_run]


def commands(data: RunData) -> list[tuple[str, str]]:
    """Each command with when it was last given, the oldest first."""
    last = {run.command: run.started for run in data.runs}
    return list(last.items())


def changes(data: RunData) -> list[str]:
    """What was different in other runs: numbers of this page may come from them."""
    found: dict[str, None] = {}
    last = data.last_run.provenance if data.last_run else {}
    for run in _others(data):
        for part in ("versions", "hardware"):
            now, then = last.get(part, {}), run.provenance.get(part, {})
            found |= {f"{name} {value}": None for name, value in then.items() if now.get(name) != value}
    return list(found)


def run_facts(data: RunData, found: Sequence[Measured]) -> list[str]:
    """What the run was, in numbers."""
    models = {e.label for e in found if not e.is_control}
    controls = {e.label for e in found if e.is_control}
    bad = [e for e in found if not e.ok and e.status != Status.UNSUPPORTED]
    failed = len({(e.label, e.dataset, e.seed, e.evaluation) for e in bad})
    parts = [
        count(len(models), "model"),
        f"{count(len(controls), 'control')} with known answers",
        count(len({e.dataset for e in found}), "dataset"),
        count(len({e.seed for e in found}), "seed"),
        count(sum(e.ok for e in found), "measurement"),
    ]
    parts += [f"trained on {given}" if "images" in given else f"trained for {given}" for given in _budgets(found)]
    parts += [f"{count(failed, 'job')} failed" if failed else "nothing failed"]
    return [*parts, str(data.last_run.started)[:10]] if data.last_run else parts


def _budgets(found: Sequence[Measured]) -> list[str]:
    """Each budget that a model was given, in words."""
    return list(dict.fromkeys(filter(None, (budget_of(e) for e in found if not e.is_control))))


def count(number: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dataset_facts(known: Mapping[str, Any]) -> tuple[str, ...]:
    """Sizes of the splits, and the shape."""
    parts = [f"{size:,} {split}" for split, size in known.get("splits", {}).items() if size]
    shape = " × ".join(map(str, known.get("shape", ())))
    return (*parts, *((f"shape {shape}",) if shape else ()))


def encoder_facts(provenance: Mapping[str, Any], dataset: str) -> tuple[str, ...]:
    """What the features of a dataset are, where they are a classifier's: `in-domain features: a classifier, 97.1 %
    right on real data held out`."""
    own = [known for name, known in provenance.get("encoders", {}).items() if name.endswith(f" for {dataset}")]
    return tuple(
        f"{known['name']} features: a classifier, {100 * known['accuracy']:.1f} % right on real data held out"
        for known in own
        if known.get("accuracy")
    )


@dataclass(frozen=True, slots=True)
class TrainingCost:
    """What the training of one model on one dataset cost, the median over seeds, as text; `–` is not known."""

    model: str
    dataset: str
    images: str
    updates: str
    operations: str
    seconds: str


def training_costs(data: RunData) -> list[TrainingCost]:
    """A row for each model, with its options, on each dataset; controls have no training."""
    fits = data.fits
    if fits.empty:
        return []
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fit in fits[fits["status"] == Status.OK].to_dict("records"):
        if _is_control(str(fit["model"])):
            continue
        options = fit.get("options")
        words = ", ".join(f"{k} = {v}" for k, v in options.items()) if isinstance(options, Mapping) else ""
        name = f"{fit['model']} ({words})" if words else str(fit["model"])
        if fit.get("trained") == ELSEWHERE:  # what that took nobody here knows
            name += ", trained elsewhere"
            fit.update(dict.fromkeys(("images", "updates", "flops", "seconds")))
        groups.setdefault((name, str(fit["dataset"])), []).append(fit)
    return [_cost(*names, own) for names, own in groups.items()]


def _cost(model: str, dataset: str, fits: Sequence[Mapping[str, Any]]) -> TrainingCost:
    def shown(name: str, unit: float = 1.0, *, whole: bool = True) -> str:
        known = [float(v) / unit for fit in fits if (v := fit.get(name)) is not None and not pd.isna(v)]
        if not known:
            return "–"
        middle = statistics.median(known)
        return formatting.text(middle, 0 if whole else formatting.decimals(middle, None))

    operations, seconds = shown("flops", 1e9, whole=False), shown("seconds", whole=False)
    return TrainingCost(model, dataset, shown("images"), shown("updates"), operations, seconds)


def _is_control(model: str) -> bool:
    card = glossary.model(model)
    return card is not None and card.family == "control"
