"""What has ended is kept the moment it exists: files, rows of the store, lines of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from genbench.core.jobs import Event, FileMade, FitEnded, JobEnded
from genbench.runs.folder import RunFolder
from genbench.store import Store


def keep(folder: RunFolder, store: Store, events: Sequence[Event], run: str) -> None:
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
