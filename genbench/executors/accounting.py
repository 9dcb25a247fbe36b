"""Every planned job ends in exactly one record, whatever an executor, a worker or a model does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genbench.core.errors import UsageError
from genbench.core.jobs import Event, Job, JobEnded, without_value
from genbench.core.text import safe_text
from genbench.core.values import Status

LOST = "lost: the run ended without a word of it; the same command tries it again"


def each_once(events: Iterable[Event], jobs: Iterable[Job], *, device: str = "") -> Iterator[Event]:
    """The events, with one end for each of the jobs.

    A second end of a job, and that of a job that nobody asked for, is dropped. What has none when the events are over,
    or when whoever gives them breaks down, has failed.
    """
    open_jobs = {job.key: job for job in jobs}
    why = LOST
    try:
        for event in events:
            if not isinstance(event, JobEnded) or open_jobs.pop(event.record.key, None) is not None:
                yield event
    except UsageError:  # nothing can be started as it was asked for
        raise
    except Exception as error:
        why = f"lost: the executor broke down ({type(error).__name__}: {safe_text(error)})"
    for job in open_jobs.values():
        yield without_value(job, Status.FAILED, why, device=device)
