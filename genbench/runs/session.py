"""A run: plan the suite, do what is missing, keep each result the moment it exists."""

from __future__ import annotations

import dataclasses
import datetime
import secrets
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from genbench import registry
from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.core.jobs import Event, FileMade, FitEnded, Job, JobEnded, Plan, Task, tasks
from genbench.core.records import PlanRecord, RunRecord
from genbench.core.stopping import held
from genbench.core.text import safe_text
from genbench.core.values import Status
from genbench.executors.accounting import each_once
from genbench.executors.config import WorkerConfig
from genbench.executors.inline import run_inline
from genbench.executors.local import run_local
from genbench.runs import provenance
from genbench.runs.crash import CrashNote
from genbench.runs.crew import crew_of
from genbench.runs.folder import AT_WORK, RunFolder
from genbench.runs.known import Known
from genbench.runs.options import Options
from genbench.runs.plan import Conditions, make_plan
from genbench.runs.setting import TaskSetting
from genbench.runs.suite import Suite
from genbench.store import Store
from genbench.store.claims import Claims
from genbench.store.connections import is_blank
from genbench.store.place import redacted

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext


@dataclass(frozen=True, slots=True)
class Session:
    """A suite, its plan, what of it is missing, and all that doing it takes: what `--dry-run` shows. `together`: fits
    that differ in seeds and numbers make one task, and are trained as a stack."""

    suite: Suite
    plan: Plan
    missing: list[Job]
    folder: RunFolder
    known: Known
    setting: TaskSetting
    workers: WorkerConfig
    executor: str
    force: bool = False
    ray_address: str | None = None
    together: bool = False

    @property
    def context(self) -> RunContext:
        """Where datasets and encoders of this process are loaded."""
        return self.known.context

    def reading(self) -> list[str]:
        """How files were read into datasets, and what of these is too small: a sentence each."""
        names = self.suite.all_datasets()
        return [f"{name}: {note}" for name in names for note in self.known.dataset(name).notes]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `counts`: all jobs of the plan by status; `failed`: those that did not end well, with reason;
    `troubles`: the same, a line for each reason of a row; `notes`: what does not apply."""

    run: RunFolder
    plan: str
    total: int
    done: int
    counts: Mapping[Status, int] = field(default_factory=dict)
    failed: Sequence[str] = ()
    troubles: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.run.root

    @property
    def store_url(self) -> str:
        """Where the results are, without secrets."""
        return redacted(self.run.place.url.render_as_string(hide_password=True))

    @property
    def ok(self) -> bool:
        """Whether every job of the plan has a record, and ended ok or unsupported."""
        return sum(self.counts.values()) == self.total and set(self.counts) <= {Status.OK, Status.UNSUPPORTED}


class Listener(Protocol):
    """Whoever shows how a run goes on."""

    def planned(self, session: Session) -> None: ...

    def event(self, event: Event) -> None: ...


Planner = Callable[[Suite, Conditions], Plan]


def prepare(
    suite: Suite, options: Options, planner: Planner = make_plan, *, context: RunContext | None = None
) -> Session:
    """Everything up to the first job; raises `UsageError` for whatever cannot be. Nothing is trained.

    `planner`: what makes the plan of the suite; `make_plan` gives each evaluation of each row. `context`: what is
    loaded already.
    """
    device = provenance.pick_device(options.device)
    folder = RunFolder.to_make(options.folder(suite.name), options.store)
    executor = _executor(options)
    crew = crew_of(suite, options, executor, device)
    setting = TaskSetting(
        place=folder.place,
        cache=paths.cache_dir(),
        device=device,
        threads=suite.threads,
        data_root=options.data_root,
        named=suite.named,
        share=1 / crew.a_device,
    )
    known = Known(setting, context)
    plan = planner(suite, conditions_of(suite, known))
    plan = dataclasses.replace(plan, notes=(*plan.notes, *_fallbacks(suite, known)))
    workers = WorkerConfig(
        runner=_RUNNERS.get(executor, "genbench.runs.task:TaskRunner.of"),
        setting=setting,
        device=device,
        threads=suite.threads,
        origins=registry.origins(),
        time_limit=options.time_limit,
        memory_limit=round(options.memory_limit * 2**30) if options.memory_limit is not None else None,
        workers=crew.workers,
        retries=suite.retries,
        gpus=options.gpus,
        places=crew.places,
    )
    together = options.stack == "on" or (options.stack == "auto" and device.startswith("cuda"))
    missing = plan.missing(_settled(folder), force=options.force)
    return Session(
        suite, plan, missing, folder, known, setting, workers, executor, options.force, options.ray_address, together
    )


_RUNNERS = {"ray": "genbench.runs.remote:RemoteRunner.of"}
"""What does tasks where the run's folder is not seen."""


def conditions_of(suite: Suite, known: Known) -> Conditions:
    """What the keys of a plan depend on, here and now."""
    device = known.setting.device
    return Conditions(
        datasets={name: known.dataset(name).facts for name in suite.all_datasets()},
        device=device.partition(":")[0],
        machine=provenance.machine(device),
        encoder=known.encoder,
    )


def _fallbacks(suite: Suite, known: Known) -> Iterator[str]:
    """A line for each dataset whose features are not those of a classifier of its own."""
    automatic = {dataset for dataset, config in suite.pairs() if getattr(config, "encoder", "") == "auto"}
    for dataset in suite.all_datasets():
        note = known.dataset(dataset).fallback if dataset in automatic else ""
        if note:
            yield note


def _executor(options: Options) -> str:
    """`auto` is worker processes (one for an accelerator); what cannot be made known to another process runs here."""
    stuck, asked = registry.unrepeatable(), options.executor
    if asked == "auto":
        asked = "inline" if stuck else "local"
        if asked == "inline" and (options.time_limit or options.memory_limit) is not None:
            raise UsageError(
                f"a limit of time or memory cannot be kept for {', '.join(stuck)}: defined in a notebook or a prompt, "
                "it runs in this process, which cannot stop itself. Put it into a file and give --plugin FILE."
            )
    if asked in ("local", "ray") and stuck:
        raise UsageError(
            f"--executor {asked} cannot run {', '.join(stuck)}: defined in a notebook or a prompt, worker processes do "
            "not know it. Take --executor inline, or put it into a file and give --plugin FILE."
        )
    return asked


def _settled(folder: RunFolder) -> Mapping[str, bool]:
    file = folder.place.file
    there = file.exists() and not is_blank(file) if file is not None else Store.is_at(folder.place.url)
    if not there:
        return {}
    with folder.open() as store:
        return store.settled()


def execute(session: Session, listener: Listener, *, command: str = "") -> Result:
    """Do what is missing. A result is in the store before the listener hears of it.

    Where another run is at work in the folder, this one waits until that has ended; of jobs that another run does into
    the same store it waits for the results. Then it does what is still missing.
    """
    if not session.missing:  # nothing but the plan is written, which the database orders
        with session.folder.open(existing=False) as store:
            return _executed(session, store, listener, command)
    with session.folder.claimed(wait=True):
        settled = _settled(session.folder)  # another run may have ended since
        missing = session.plan.missing(settled, force=session.force)
        with session.folder.open(existing=False) as store:
            return _executed(dataclasses.replace(session, missing=missing), store, listener, command)


def _executed(session: Session, store: Store, listener: Listener, command: str) -> Result:
    listener.planned(session)
    store.keep_plan(plan_record(session))
    run = ""
    if session.missing or not any(known.plan == session.plan.id for known in store.runs(session.plan.id)):
        record = _record(session, command)
        store.add_run(record)
        session.folder.write_record(record)
        run = record.id
    session.folder.log("run begins", run=run, plan=session.plan.id, missing=len(session.missing), command=command)
    done = 0
    try:
        with closing(_parts(session, store, run)) as parts:
            for part in parts:
                done += _done(part, store, listener, run)
    except BaseException as error:
        session.folder.log("run stopped", run=run, why=f"{type(error).__name__}: {safe_text(error)}")
        raise
    session.folder.log("run ends", run=run, done=done)
    return _result(session, store, done)


def _parts(session: Session, store: Store, run: str) -> Generator[Session]:
    """What is missing and no other run is at work at; then what others that were have left."""
    claims, missing = Claims(store, run), session.missing
    with claims.living():
        while missing:
            own = claims.take([job.key for job in missing])
            if own:
                yield dataclasses.replace(session, missing=[job for job in missing if job.key in own])
            claims.release()
            missing = [job for job in missing if job.key not in own]
            claims.wait([job.key for job in missing])
            settled = store.settled() if missing and not session.force else {}
            missing = [job for job in missing if not settled.get(job.key, False)]


def _done(session: Session, store: Store, listener: Listener, run: str) -> int:
    """How many of the missing jobs were done."""
    if session.force:
        _forget(session, store)
    done = 0
    for events in each_once(_events(session), session.missing, device=session.setting.device):
        with held():  # what has ended is kept, whoever wants the process to end
            _keep(session.folder, store, events, run)
        for event in events:
            done += isinstance(event, JobEnded)
            listener.event(event)
    return done


def _keep(folder: RunFolder, store: Store, events: Sequence[Event], run: str) -> None:
    """Write down what ended or was made: files before what names them, and all that ended in one transaction."""
    for event in events:
        if isinstance(event, FileMade):
            folder.receive(event)
    fits = [event.record for event in events if isinstance(event, FitEnded)]
    jobs = [replace(e, record=replace(e.record, run=run)) for e in events if isinstance(e, JobEnded)]
    if fits or jobs:
        store.add_ended(jobs, fits)
    for fit in fits:
        folder.log(
            "fit ended",
            fit=fit.key,
            model=fit.model,
            dataset=fit.dataset,
            seed=fit.seed,
            status=fit.status,
            reason=fit.reason,
            seconds=round(fit.seconds, 3),
        )
    for job in (end.record for end in jobs):
        folder.log(
            "job ended",
            job=job.key,
            label=job.row.label,
            dataset=job.row.dataset,
            seed=job.row.seed,
            evaluation=job.evaluation,
            status=job.status,
            reason=job.reason,
            seconds=round(job.seconds, 3),
        )


def _forget(session: Session, store: Store) -> None:
    """What the jobs have made is removed, so that it is made again and not found again."""
    fits = list(dict.fromkeys(job.fit.key for job in session.missing))
    store.forget([job.key for job in session.missing], fits)
    session.folder.remove_made(fits)


def _events(session: Session) -> Iterator[Sequence[Event]]:
    """Where they are trained together all seeds and trials of a model make one task."""
    work: list[Task] = tasks(session.missing, together=session.together)
    if not work:
        return iter(())
    if session.executor == "local":
        return run_local(work, session.workers)
    if session.executor == "ray":
        from genbench.executors.ray import run_ray  # an extra
        from genbench.runs.remote import packed

        return run_ray(
            work,
            session.workers,
            address=session.ray_address,
            pack=partial(packed, folder=session.folder),
        )
    return ([event] for event in _inline(session, work))


def _inline(session: Session, work: Sequence[Task]) -> Iterator[Event]:
    """In this process; where an earlier one has crashed, its job ends as failed and the others are done."""
    from genbench.runs.task import TaskRunner

    note = CrashNote(session.folder.root / AT_WORK)
    dead = note.victims(session.missing)
    yield from dead
    skipped = {end.record.key for end in dead}
    left = [replace(task, jobs=tuple(j for j in task.jobs if j.key not in skipped)) for task in work]
    left = [replace(task, fits=tuple({j.fit.key: j.fit for j in task.jobs}.values())) for task in left if task.jobs]
    yield from note.watched(run_inline(left, TaskRunner(session.context, session.folder)))


def _result(session: Session, store: Store, done: int) -> Result:
    ends = store.ends(session.plan.keys)
    counts = Counter(Status(ends[key]["status"]) for key in session.plan.keys if key in ends)
    return Result(
        run=session.folder,
        plan=session.plan.id,
        total=len(session.plan.jobs),
        done=done,
        counts=counts,
        failed=_failures(session.plan.jobs, ends, together=False),
        troubles=_failures(session.plan.jobs, ends, together=True),
        notes=session.plan.notes,
    )


def _failures(jobs: Sequence[Job], ends: Mapping[str, Mapping[str, Any]], *, together: bool) -> list[str]:
    """A line for each job of the plan that failed, diverged or ran out of time; or for all of a row and a reason."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for job in jobs:
        end = ends.get(job.key, {"status": Status.OK, "reason": None})
        if end["status"] not in (Status.OK, Status.UNSUPPORTED):
            what = (f"{job.row.label} on {job.row.dataset}, seed {job.row.seed}", end["status"], end["reason"])
            found.setdefault(what if together else (*what, job.key), []).append(job.evaluation)
    return [f"{place}, {', '.join(names)}: {status}: {reason}" for (place, status, reason, *_), names in found.items()]


def plan_record(session: Session) -> PlanRecord:
    """The plan as the store keeps it, with what a report needs beside the numbers."""
    plan = session.plan
    facts = {
        name: {"kind": str(f.kind), "near": sorted(f.near), "family": f.family} for name, f in plan.datasets.items()
    }
    content = {"headlines": plan.headlines, "notes": list(plan.notes), "datasets": facts, "named": session.suite.named}
    return PlanRecord(id=plan.id, suite=session.suite.name, jobs=plan.keys, content=content)


def _record(session: Session, command: str) -> RunRecord:
    suite, context, device = session.suite, session.context, session.setting.device
    datasets = {name: context.dataset(name) for name in suite.all_datasets()}
    details: dict[str, Any] = {
        "suite": suite.model_dump(mode="json", by_alias=True),
        "seeds": sorted({job.row.seed for job in session.plan.jobs}),
        "threads": suite.threads,
        "device": device,
        "machine": provenance.machine(device),
        "versions": provenance.versions(),
        "hardware": provenance.hardware(device),
        "datasets": {name: provenance.dataset_entry(data) for name, data in datasets.items()},
        "encoders": _encoders(session),
        "plugins": provenance.plugins(),
    }
    now = datetime.datetime.now(datetime.UTC)
    return RunRecord(
        id=f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}",
        suite=suite.name,
        started=now.isoformat(timespec="seconds"),
        command=redacted(command),
        plan=session.plan.id,
        provenance=details,
    )


def _encoders(session: Session) -> dict[str, Any]:
    """The encoders that numbers stand on; one that cannot be had is written down with the reason, as its rows say."""
    asked = {(job.row.dataset, getattr(job.config, "encoder", "")) for job in session.plan.jobs}
    entries = (provenance.encoder_entry(session.context, dataset, name) for dataset, name in sorted(asked) if name)
    return dict(entries)
