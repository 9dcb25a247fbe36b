"""What a run would do: its jobs, every setting with the defaults, and about how much time and disk it will take."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from genbench import registry
from genbench.cli import console
from genbench.core.errors import contained
from genbench.report import formatting
from genbench.runs.options import Options
from genbench.runs.progress import estimate, is_fitted
from genbench.runs.session import Session, prepare
from genbench.runs.suite import ModelUse, Suite

SPOKEN_OF = "schema_ name summary models datasets named budget evaluations options tuned".split()
"""Keys of a suite that have lines of their own, or none."""

PICTURE = 20_000
"""Bytes of an evaluation's pictures, about."""
ROWS = 5_000
"""Bytes of an evaluation's rows in the store, about."""


def show_plan(suite: Suite, options: Options, *, as_json: bool) -> None:
    """What a run would do; nothing is trained and nothing is written."""
    session = prepare(suite, options)
    fits = {job.fit.key for job in session.missing}
    if as_json:
        console.print_json(_plan_json(session, len(fits)))
        return
    counted = Counter((job.row.dataset, job.evaluation) for job in session.missing)
    console.out.print(f"{len(session.missing)} of {len(session.plan.jobs)} jobs are missing, on {len(fits)} fits:")
    for (dataset, evaluation), number in counted.items():
        console.out.print(f"  {number:4d}  {evaluation} on {dataset}", markup=False)
    for note in (*session.reading(), *session.plan.notes):
        console.out.print(note, markup=False, soft_wrap=True)
    for line in _cost_lines(session):
        console.out.print(line, markup=False, soft_wrap=True)
    console.out.print("\nSettings, the defaults too:")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in settings(session).items():
        table.add_row(Text(name), Text(_toml(value)))
    console.out.print(table)


def settings(session: Session) -> dict[str, Any]:
    """Every setting of a run by its name: of the suite, of the machine, of each evaluation, of each row."""
    suite, workers = session.suite, session.workers
    found: dict[str, Any] = {
        "suite": suite.name,
        "datasets": [f"{d}={suite.named[d]}" if d in suite.named else d for d in suite.all_datasets()],
        "budget": {suite.budget.unit: suite.budget.amount, "batch": suite.budget.batch},
        **{key: getattr(suite, key) for key in Suite.model_fields if key not in SPOKEN_OF},
        "device": session.setting.device,
        "executor": session.executor,
        "workers": 1 if session.executor == "inline" else workers.workers or "as many as the cluster holds",
        "time limit": "none" if workers.time_limit is None else f"{workers.time_limit:g} s a job",
        "memory limit": "none" if workers.memory_limit is None else f"{workers.memory_limit / 2**30:g} GiB a worker",
        "force": session.force,
        "folder": str(session.folder.root),
        "store": str(session.folder.place),
        "cache": str(session.setting.cache),
        "data root": session.setting.data_root or "GENBENCH_DATA, else none",
    }
    found |= {f"evaluation {config.name}": _evaluation(session, config) for config in suite.evaluations}
    found |= {f"row {use.name}": _options(session, use) for use in suite.models}
    return found | {f"row {row} on {d}": own for d, rows in suite.options.items() for row, own in rows.items()}


def _options(session: Session, use: ModelUse) -> dict[str, Any]:
    """The options of a row; the defaults are in the model's code, which is read where something is to be done."""
    return (registry.models.get(use.model).options() if session.missing else {}) | use.options


def _evaluation(session: Session, config: Any) -> dict[str, Any]:
    """The settings of an evaluation as its jobs have them, the names chosen for `auto` among them."""
    own = [job.config for job in session.plan.jobs if job.evaluation == config.name]
    given: dict[str, Any] = config.model_dump(mode="json", exclude={"name", "datasets", "headline"})
    return given | {
        name: " or ".join(dict.fromkeys(str(getattr(one, name)) for one in own))
        for name in given
        if given[name] == "auto" and own
    }


def _toml(value: Any) -> str:
    """A value as a suite would write it, without quotes at the top."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_inside(one)}" for name, one in value.items()) or "no options"
    return value if isinstance(value, str) else _inside(value)


def _inside(value: Any) -> str:
    if value is None:
        return "(chosen)"
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False, default=str)


def _cost_lines(session: Session) -> Iterator[str]:
    """Time and disk, and what the guess of the time stands on."""
    if not session.missing:
        return
    time = estimate(session)
    why = (
        "nothing like most of it has run on this machine: the run says better after its first jobs"
        if time.is_rough
        else "by what such jobs took on this machine before"
    )
    yield f"Time: {formatting.estimate(time.seconds, is_rough=time.is_rough)} ({why})."
    weights, rest = disk(session)
    yield f"Disk: about {_size(weights + rest)} ({_size(weights)} of weights, {_size(rest)} of pictures and tables)."


def disk(session: Session) -> tuple[int, int]:
    """Bytes of the weights of all missing fits, and of everything else that they leave; about."""
    by_stack: dict[str, int] = {}
    fits = {job.fit.key: job.fit for job in session.missing if not is_fitted(session, job.fit.key)}
    for fit in fits.values():
        if fit.stack_key not in by_stack:
            by_stack[fit.stack_key] = _weights(fit, session)
    pictures = sum(bool(registry.evaluations.get(job.evaluation).card.pictures) for job in session.missing)
    rest = pictures * PICTURE + len(session.missing) * ROWS
    return sum(by_stack[fit.stack_key] for fit in fits.values()), rest


def _weights(fit: Any, session: Session) -> int:
    """Bytes of the weights of a model before it is trained; 0 where it cannot be built, which its row will say."""
    from genbench.runs.train import build_model, data_of

    try:
        with contained():
            model = build_model(fit, data_of(fit, session.context))
    except Exception:
        return 0
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())


def _size(count: float) -> str:
    """Bytes in words: `12 kB`, `3.4 MB`, `1.2 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            return f"{count / factor:.2g} {unit}" if count < 100 * factor else f"{count / factor:,.0f} {unit}"
    return f"{count / 1e3:.0f} kB"


def _plan_json(session: Session, fits: int) -> dict[str, Any]:
    jobs = [
        {
            "key": job.key,
            "label": job.row.label,
            "dataset": job.row.dataset,
            "seed": job.row.seed,
            "evaluation": job.evaluation,
        }
        for job in session.missing
    ]
    time, (weights, rest) = estimate(session), disk(session)
    return {
        "plan": session.plan.id,
        "total": len(session.plan.jobs),
        "missing": jobs,
        "fits": fits,
        "notes": list(session.plan.notes),
        "datasets": session.reading(),
        "settings": settings(session),
        "estimate": {
            "seconds": time.seconds,
            "measured": _share(time.known, time.seconds),
            "bytes": weights + rest,
        },
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
