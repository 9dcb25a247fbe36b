"""Doing what is missing of a plan: each result is in the store before anybody hears of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Protocol

from genbench.core.jobs import Event, JobEnded, Task, tasks
from genbench.core.stopping import held
from genbench.core.text import safe_text
from genbench.executors.accounting import each_once
from genbench.executors.inline import run_inline
from genbench.executors.local import run_local
from genbench.runs.crash import CrashNote
from genbench.runs.folder import AT_WORK
from genbench.runs.keeping import keep
from genbench.runs.outcome import Result, outcome
from genbench.runs.records import plan_record, run_record
from genbench.runs.session import Session, settled_in
from genbench.store import Store
from genbench.store.claims import Claims


class Listener(Protocol):
    """Whoever shows how a run goes on."""

    def planned(self, session: Session) -> None: ...

    def event(self, event: Event) -> None: ...


def execute(session: Session, listener: Listener, *, command: str = "") -> Result:
    """Do what is missing. A result is in the store before the listener hears of it.

    Where another run is at work in the folder, this one waits until that has ended; of jobs that another run does into
    the same store it waits for the results. Then it does what is still missing.
    """
    if not session.missing:  # nothing but the plan is written, which the database orders
        with session.folder.open(existing=False) as store:
            return _executed(session, store, listener, command)
    with session.folder.claimed(wait=True):
        settled = settled_in(session.folder)  # another run may have ended since
        missing = session.plan.missing(settled, force=session.force)
        with session.folder.open(existing=False) as store:
            return _executed(dataclasses.replace(session, missing=missing), store, listener, command)


def _executed(session: Session, store: Store, listener: Listener, command: str) -> Result:
    listener.planned(session)
    store.keep_plan(plan_record(session))
    run = ""
    if session.missing or not any(known.plan == session.plan.id for known in store.runs(session.plan.id)):
        record = run_record(session, command)
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
    return outcome(session, store, done)


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
            keep(session.folder, store, events, run)
        for event in events:
            done += isinstance(event, JobEnded)
            listener.event(event)
    return done


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
    left = [task.only(job for job in task.jobs if job.key not in skipped) for task in work]
    left = [task for task in left if task.jobs]
    yield from note.watched(run_inline(left, TaskRunner(session.context, session.folder)))
