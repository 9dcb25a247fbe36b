"""A run as trackers of experiments see it: one record for each row on a dataset from a seed. Torch-free."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genbench.report import formatting
from genbench.report.data import Measured, RunData, read_rows

Curve = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedRun:
    """One fitted row with all that was measured of it.

    `name`: of its own, fit for a folder. `params`: what it is and how it was trained. `values`: by
    `evaluation/metric[/target][/score]`, each with the ends of its interval as `.../ci_low` and `.../ci_high` where it
    has one. `missing`: what has no value, with status and reason. `curves`: by `loss/OBJECTIVE` losses over images
    shown.
    """

    name: str
    params: Mapping[str, str | int | float]
    values: Mapping[str, float]
    missing: Mapping[str, str]
    curves: Mapping[str, Curve] = field(default_factory=dict)


def tracked_runs(data: RunData) -> list[TrackedRun]:
    """The rows of a run in the order of its tidy table."""
    groups: dict[tuple[str, str, int], list[Measured]] = {}
    for measured in read_rows(data.table):
        groups.setdefault((measured.label, measured.dataset, measured.seed), []).append(measured)
    fits = {fit["key"]: fit for fit in data.fits.to_dict("records")}
    taken: Counter[str] = Counter()
    return [_tracked(data, found, fits.get(found[0].fit, {}), taken) for found in groups.values()]


def _tracked(data: RunData, found: Sequence[Measured], fit: Mapping[str, Any], taken: Counter[str]) -> TrackedRun:
    first = found[0]
    name = file_name(f"{first.label}-{first.dataset}-seed{first.seed}")
    taken[name] += 1
    keyed = list(_keyed(found))
    return TrackedRun(
        name=name if taken[name] == 1 else f"{name}-{taken[name]}",
        params=_params(data, first, fit),
        values={name: value for key, one in keyed for name, value in _numbers(key, one)},
        missing={key: f"{one.status}: {one.reason}" if one.reason else one.status for key, one in keyed if not one.ok},
        curves=_curves(fit),
    )


def file_name(text: str) -> str:
    """The text as the name of a file or folder, and as a label that trackers take."""
    return re.sub(r"[^\w.+=-]", "_", text)[:150]


def _keyed(found: Sequence[Measured]) -> Iterator[tuple[str, Measured]]:
    """Each value under its key; with encoder, split and likelihood where two would else have one key."""
    short = ["/".join(filter(None, (e.evaluation, e.metric, e.target, e.score))) for e in found]
    for key, e in zip(short, found, strict=True):
        own = "/".join(filter(None, (e.encoder, e.split, e.likelihood))) if short.count(key) > 1 else ""
        yield re.sub(r"[^\w./ -]", "_", f"{key}/{own}" if own else key), e


def _numbers(key: str, one: Measured) -> Iterator[tuple[str, float]]:
    if not one.ok:
        return
    for name, value in ((key, one.value), (f"{key}/ci_low", one.ci_low), (f"{key}/ci_high", one.ci_high)):
        if value is not None:
            yield name, value


def _params(data: RunData, first: Measured, fit: Mapping[str, Any]) -> dict[str, str | int | float]:
    run = data.last_run
    versions = run.provenance.get("versions", {}) if run else {}
    said: dict[str, Any] = {
        "label": first.label,
        "model": first.model,
        "family": first.family,
        "sampler": first.sampler,
        "dataset": first.dataset,
        "seed": first.seed,
        "suite": data.suite,
        "plan": data.plan.id if data.plan else "",
        "genbench": versions.get("genbench", ""),
        "budget": formatting.budget(first.budget or 0, first.budget_unit),
        "device": first.device,
        "options": json.dumps(fit["options"], sort_keys=True) if fit.get("options") else "",
    }
    said |= {name: fit.get(name) for name in ("trained", "weights", "parameters", "images", "flops", "seconds")}
    return {name: value for name, value in said.items() if value is not None and not _is_nan(value) and value != ""}


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _curves(fit: Mapping[str, Any]) -> dict[str, Curve]:
    curve = fit.get("curve")
    if not isinstance(curve, dict):
        return {}
    images = curve.get("images", ())
    return {
        f"loss/{name}": [(int(at), float(loss)) for at, loss in zip(images, losses, strict=False)]
        for name, losses in curve.items()
        if name != "images"
    }
