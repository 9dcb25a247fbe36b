"""How far a run is: what has ended, what is left, how long that will take."""

from __future__ import annotations

import time

from genbench.core.jobs import Event, Fit, FitEnded, FitsLeft, Job, JobEnded, JobStarted
from genbench.core.values import Status
from genbench.runs.costs import CostBook, Extent, Guess, remaining
from genbench.runs.session import Session

AGAIN = 1.0
"""Seconds for which an estimate of the time left is shown before it is made anew."""


class Tally:
    """A listener that counts. `total`: jobs to do; `done`: those that have ended; `fits`: fits that they stand on."""

    def __init__(self) -> None:
        self.total = self.done = self.fits = 0
        self.begun = time.monotonic()
        self._left: dict[str, Job] = {}
        self._fits: dict[str, Fit] = {}
        self._extents: dict[str, Extent] = {}
        self._fitted: set[str] = set()
        self._told: set[tuple[str, str, str]] = set()
        self._estimate: tuple[float, Guess | None] = (0.0, None)
        self._seconds = 0.0
        self.book = CostBook()

    def planned(self, session: Session) -> None:
        """Take over what is missing, and what is known of its costs."""
        self.begun, self.done = time.monotonic(), 0
        self._session = session
        self._left = {job.key: job for job in session.missing}
        self._fits = {job.fit.key: job.fit for job in session.missing}
        self.total, self.fits = len(self._left), len(self._fits)
        self._fitted = {key for key in self._fits if is_fitted(session, key)}
        self._extents = extents(session)
        self.book = CostBook.read(session.setting.cache, session.setting.device)

    def event(self, event: Event) -> None:
        """Count what has ended, and learn what it has cost."""
        if isinstance(event, FitEnded) and event.record.key in self._fits:
            if event.record.key not in self._fitted:
                self.book.add_fit(self._fits[event.record.key], event.record)
                self._seconds += event.record.seconds
            self._fitted.add(event.record.key)
        if isinstance(event, JobEnded):
            self.done += 1
            job = self._left.pop(event.record.key, None)
            if job is not None and event.record.status is not Status.TIMEOUT:
                self.book.add_job(job, event.record)
            self._seconds += event.record.seconds
        if self.done == self.total:
            self.book.write()

    def stopped(self) -> None:
        """Keep what was learnt, however the run ends."""
        if self.total:
            self.book.write()

    def left(self) -> Guess | None:
        """What is still to do, in seconds of wall clock; None where nothing is left or nothing was planned."""
        now = time.monotonic()
        if not self._left:
            return None
        made, estimate = self._estimate
        if estimate is None or now - made > AGAIN:
            estimate = self._remaining()
            self._estimate = (now, estimate)
        return estimate

    def is_news(self, event: Event) -> bool:
        """Whether a job has failed in a way that none of the same row and dataset has before."""
        if not isinstance(event, JobEnded) or event.record.status is not Status.FAILED:
            return False
        row = event.record.row
        said = (row.label, row.dataset, event.record.reason or "")
        is_new = said not in self._told
        self._told.add(said)
        return is_new

    def _remaining(self) -> Guess:
        return remaining(
            self._left.values(),
            self.book,
            workers=self._workers(),
            fitted=self._fitted.__contains__,
            extents=self._extents,
        )

    def _workers(self) -> float:
        """How many work side by side; where a cluster decides, as many as the seconds spent so far speak for."""
        planned = workers(self._session)
        return planned or max(1.0, self._seconds / max(1e-9, time.monotonic() - self.begun))


def workers(session: Session) -> int:
    """How many workers a run has; 0 where a cluster decides."""
    return 1 if session.executor == "inline" else session.workers.workers


def is_fitted(session: Session, key: str) -> bool:
    """Whether a fit's weights are there and will be used."""
    return not session.force and session.folder.weights(key).is_file()


def extents(session: Session) -> dict[str, Extent]:
    """How large each dataset is, where they are loaded already: for a guess alone nothing is."""
    if not session.missing or session.known.given is None:
        return {}
    loaded = {name: session.context.dataset(name) for name in session.suite.all_datasets()}
    return {name: Extent(data.spec.size, len(data.reference)) for name, data in loaded.items()}


def estimate(session: Session) -> Guess:
    """What a run will take, before it has begun."""
    book = CostBook.read(session.setting.cache, session.setting.device)
    return remaining(
        session.missing,
        book,
        workers=workers(session),
        fitted=lambda key: is_fitted(session, key),
        extents=extents(session),
    )


def words(event: Event) -> str:
    """What an event says, in a line."""
    if isinstance(event, JobStarted):
        row = event.job.row
        return f"{row.label} on {row.dataset}, seed {row.seed}: {event.job.evaluation}"
    if isinstance(event, FitEnded):
        record = event.record
        return f"{record.model} on {record.dataset}, seed {record.seed}: fitted in {record.seconds:.1f} s"
    if isinstance(event, JobEnded):
        return (
            f"{event.record.row.label} on {event.record.row.dataset}: {event.record.evaluation} {event.record.status}"
        )
    if isinstance(event, FitsLeft):
        return f"{sum(map(len, event.groups))} models are left to others"
    return event.path
