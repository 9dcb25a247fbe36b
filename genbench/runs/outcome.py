"""How a run ended, and what of its plan did not end well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench.core.jobs import Job
from genbench.core.values import Status
from genbench.runs.folder import RunFolder
from genbench.runs.session import Session
from genbench.store import Store
from genbench.store.place import redacted


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


def outcome(session: Session, store: Store, done: int) -> Result:
    """How all jobs of the plan ended, of which so many were done just now."""
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
