"""A run: read the suite, plan, do what is missing, keep each result the moment it exists, write the report."""

from __future__ import annotations

import dataclasses
import datetime
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from genbench import registry
from genbench.core import paths
from genbench.core.errors import SuiteError, Unsupported, nearest
from genbench.core.records import RunRecord
from genbench.core.values import Status
from genbench.evaluations.bench import Bench
from genbench.evaluations.settings import FeatureSettings
from genbench.executors.inline import make_bench, run_inline
from genbench.executors.local import run_local
from genbench.executors.setting import Setting, cores
from genbench.models import solvers
from genbench.protocols.dataset import Dataset
from genbench.run import provenance
from genbench.run.options import Options
from genbench.run.plan import Conditions, Job, Plan, Task, make_plan, tasks
from genbench.run.suite import ModelUse, Suite
from genbench.run.task import Evaluated, Event, Fitted
from genbench.store import Store, claimed


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite, its plan, and where everything is: what a run needs, and what `--dry-run` shows."""

    suite: Suite
    plan: Plan
    missing: list[Job]
    setting: Setting
    store_url: str
    executor: str
    bench: Bench
    force: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `counts`: all jobs of the plan by status; `failed`: those that did not end well, with reason."""

    folder: Path
    store_url: str
    total: int
    done: int
    counts: Mapping[Status, int] = field(default_factory=dict)
    failed: Sequence[str] = ()

    @property
    def ok(self) -> bool:
        """Whether every job ended ok or unsupported."""
        return set(self.counts) <= {Status.OK, Status.UNSUPPORTED}


class Listener(Protocol):
    """Whoever shows how a run goes on."""

    def planned(self, prepared: Prepared) -> None: ...

    def event(self, event: Event) -> None: ...


Planner = Callable[[Suite, Conditions], Plan]


def prepare(suite: Suite, options: Options, planner: Planner = make_plan) -> Prepared:
    """Everything up to the first job; raises `UsageError` for whatever cannot be. Nothing is trained.

    `planner`: what makes the plan of the suite; `make_plan` gives each evaluation of each row.
    """
    device = provenance.pick_device(options.device)
    executor = options.executor if options.executor != "auto" else "local" if device == "cpu" else "inline"
    folder = options.out or Path("runs") / suite.name
    setting = Setting(
        folder=folder,
        cache=paths.cache_dir(),
        device=device,
        threads=suite.threads,
        data_root=options.data_root,
        origins=registry.origins(),
        time_limit=options.time_limit,
        workers=options.workers or max(1, cores() // suite.threads),
    )
    for use in suite.models:
        for dataset in suite.all_datasets():
            check_options(use, suite.options_of(use, dataset))
    bench = make_bench(setting)
    datasets = {d: bench.dataset(d) for d in suite.all_datasets()}
    conditions = Conditions(
        fingerprints={name: data.fingerprint for name, data in datasets.items()},
        outliers={name: data.outlier_fingerprints for name, data in datasets.items()},
        device=device.partition(":")[0],
        machine=provenance.machine(device),
    )
    plan = planner(suite, conditions)
    store_url = options.store or str(folder / "genbench.db")
    known = _known(store_url)
    missing = plan.missing(known, force=options.force)
    return Prepared(suite, plan, missing, setting, store_url, executor, bench, options.force)


def check_options(use: ModelUse, options: Mapping[str, Any]) -> None:
    """Raise `SuiteError` where a suite gives a model an option or a sampler that it does not have."""
    try:
        solvers.check(registry.models.get(use.model).load(), use.sampler)
    except Unsupported as error:
        raise SuiteError(f"the model {use.name!r}: {error}") from error
    if not options:
        return
    known = registry.models.get(use.model).options()
    for name in options:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"it has {', '.join(known) or 'none'}."
            raise SuiteError(f"the model {use.name!r} has no option {name!r}: {hint}")


def _known(store_url: str) -> Mapping[str, Status]:
    if "://" not in store_url and not Path(store_url).exists():
        return {}
    store = Store(store_url)
    try:
        return store.statuses()
    finally:
        store.close()


def execute(prepared: Prepared, listener: Listener, *, command: str = "") -> Result:
    """Do what is missing. Each result is in the store before the next one is asked for.

    Raises `UsageError` where another run is at work in the folder.
    """
    if not prepared.missing:
        return _executed(prepared, listener, command)
    with claimed(prepared.setting.folder):
        known = _known(prepared.store_url)  # another run may have ended since
        missing = prepared.plan.missing(known, force=prepared.force)
        return _executed(dataclasses.replace(prepared, missing=missing), listener, command)


def _executed(prepared: Prepared, listener: Listener, command: str) -> Result:
    listener.planned(prepared)
    store = Store(prepared.store_url)
    done = 0
    try:
        if prepared.missing:
            run = _record(prepared, command)
            store.add_run(run)
            _write_json(prepared.setting.folder / "run.json", dataclasses.asdict(run))
        for event in _events(_tasks(prepared), prepared):
            if isinstance(event, Fitted):
                store.add_fit(event.record)
            if isinstance(event, Evaluated):
                store.add_job(event.record, event.measurements, event.pictures)
                done += 1
            listener.event(event)
        statuses = store.statuses()
        counts = Counter(statuses[job.key] for job in prepared.plan.jobs if job.key in statuses)
        return Result(
            prepared.setting.folder,
            prepared.store_url,
            len(prepared.plan.jobs),
            done,
            counts,
            _failures(store, prepared),
        )
    finally:
        store.close()


def _tasks(prepared: Prepared) -> list[Task]:
    """On a GPU all seeds of a model make one task: they are trained together."""
    return tasks(prepared.missing, together=prepared.setting.device.startswith("cuda"))


def _events(work: Sequence[Task], prepared: Prepared) -> Iterator[Event]:
    if prepared.executor == "local" and work:
        return run_local(work, prepared.setting)
    return run_inline(work, prepared.setting)


def _failures(store: Store, prepared: Prepared) -> list[str]:
    """A line for each job of the plan that failed, diverged or ran out of time."""
    reasons = store.reasons()
    lines = []
    for job in prepared.plan.jobs:
        status, reason = reasons.get(job.key, (Status.OK, None))
        if status not in (Status.OK, Status.UNSUPPORTED):
            row = job.row
            lines.append(f"{row.label} on {row.dataset}, seed {row.seed}, {job.settings.name}: {status}: {reason}")
    return lines


def _record(prepared: Prepared, command: str) -> RunRecord:
    suite, bench = prepared.suite, prepared.bench
    datasets = {name: bench.dataset(name) for name in suite.all_datasets()}
    encoders = dict(_encoder_entry(bench, datasets[name], asked) for name, asked in sorted(_encoders(suite)))
    details: dict[str, Any] = {
        "suite": suite.model_dump(mode="json", by_alias=True),
        "seeds": sorted({job.row.seed for job in prepared.plan.jobs}),
        "threads": suite.threads,
        "device": prepared.setting.device,
        "machine": provenance.machine(prepared.setting.device),
        "versions": provenance.versions(),
        "hardware": provenance.hardware(prepared.setting.device),
        "datasets": {name: provenance.dataset_entry(data) for name, data in datasets.items()},
        "encoders": encoders,
    }
    now = datetime.datetime.now(datetime.UTC)
    identity = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    return RunRecord(
        id=identity, suite=suite.name, started=now.isoformat(timespec="seconds"), command=command, provenance=details
    )


def _encoder_entry(bench: Bench, dataset: Dataset, asked: str) -> tuple[str, dict[str, Any]]:
    """One that cannot be had is written down with the reason; the rows that need it will say the same."""
    try:
        encoder = bench.encoder(asked, dataset)
    except Unsupported as error:
        return f"{asked} for {dataset.name}", {"name": asked, "missing": str(error)}
    return f"{encoder.name} for {dataset.name}", provenance.encoder_entry(encoder)


def _encoders(suite: Suite) -> set[tuple[str, str]]:
    return {
        (dataset, settings.encoder)
        for settings in suite.evaluations
        if isinstance(settings, FeatureSettings)
        for dataset in (suite.datasets if settings.datasets is None else settings.datasets)
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with paths.last_writer(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
