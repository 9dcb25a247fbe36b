"""Every planned job ends in exactly one record, whatever an executor, a worker or a model does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from genbench.core.errors import UsageError
from genbench.core.jobs import Event, Job, JobEnded, without_value
from genbench.core.text import safe_text
from genbench.core.values import Status

LOST = "lost: the run ended without a word of it; the same command tries it again"


def each_once(
    batches: Iterable[Sequence[Event]], jobs: Iterable[Job], *, device: str = ""
) -> Iterator[Sequence[Event]]:
    """The events, as they come together, with one end for each of the jobs.

    A second end of a job, and that of a job that nobody asked for, is dropped. What has none when the events are over,
    or when whoever gives them breaks down, has failed.
    """
    open_jobs = {job.key: job for job in jobs}
    why = LOST
    try:
        for events in batches:
            kept = [e for e in events if not isinstance(e, JobEnded) or open_jobs.pop(e.record.key, None) is not None]
            if kept:
                yield kept
    except UsageError:  # nothing can be started as it was asked for
        raise
    except Exception as error:
        why = f"lost: the executor broke down ({type(error).__name__}: {safe_text(error)})"
    if open_jobs:
        yield [without_value(job, Status.FAILED, why, device=device) for job in open_jobs.values()]
