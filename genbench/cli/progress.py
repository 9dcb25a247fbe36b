"""How a run goes on: a bar in a terminal, lines in a log."""

from __future__ import annotations

import datetime
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from genbench.cli import console
from genbench.core.jobs import Event, FileMade, FitEnded, JobEnded, JobStarted
from genbench.core.values import Status
from genbench.runs.session import Session

ENOUGH = 5
"""Jobs that must have ended before the time left is shown: the first one pays for imports, data and a first fit."""


class _Progress:
    """What both ways of showing progress count."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.begun = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None: ...

    def planned(self, session: Session) -> None:
        self.total = len(session.missing)

    def event(self, event: Event) -> None:
        if isinstance(event, JobEnded):
            self.done += 1

    def left(self) -> float | None:
        """Seconds left at the rate so far; None until enough is done for the first job's start-up not to count."""
        if self.done < min(ENOUGH, self.total):
            return None
        return (time.monotonic() - self.begun) / self.done * (self.total - self.done)


def progress() -> _Progress:
    """A bar in a terminal, lines in a log."""
    return _Live() if console.err.is_terminal else _Lines()


def _says(event: Event) -> str:
    if isinstance(event, JobStarted):
        row = event.job.row
        return f"{row.label} on {row.dataset}, seed {row.seed}: {event.job.evaluation}"
    if isinstance(event, FitEnded):
        return f"{event.record.model} on {event.record.dataset}, seed {event.record.seed}: fitted"
    if isinstance(event, FileMade):
        return event.path
    return f"{event.record.row.label} on {event.record.row.dataset}: {event.record.evaluation} {event.record.status}"


class _Left(ProgressColumn):
    """The time left, as the lines tell it."""

    def __init__(self, progress: _Progress) -> None:
        super().__init__()
        self._progress = progress

    def render(self, task: Task) -> Text:
        del task
        left = self._progress.left()
        return Text("" if left is None else f"{datetime.timedelta(seconds=round(left))} left", style="cyan")


class _Live(_Progress):
    """A bar with the time left and what is being done."""

    def __init__(self) -> None:
        super().__init__()
        columns = (BarColumn(30), MofNCompleteColumn(), _Left(self), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=console.err, transient=True)

    def __enter__(self) -> _Live:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def planned(self, session: Session) -> None:
        super().planned(session)
        self._task = self._bar.add_task("", total=self.total)

    def event(self, event: Event) -> None:
        super().event(event)
        self._bar.update(self._task, completed=self.done, description=_says(event))
        if isinstance(event, JobEnded) and event.record.status is Status.FAILED:
            self._bar.console.print(f"failed: {_says(event)}: {event.record.reason}", markup=False)


class _Lines(_Progress):
    """Plain lines for logs: one every twentieth of the work, and one for each failure."""

    def planned(self, session: Session) -> None:
        super().planned(session)
        self._next = 0.0
        if self.total:
            fits = len({job.fit.key for job in session.missing})
            console.err.print(f"{self.total} of {len(session.plan.jobs)} jobs to do, on {fits} fits")

    def event(self, event: Event) -> None:
        super().event(event)
        if not isinstance(event, JobEnded):
            return
        if event.record.status is Status.FAILED:
            console.err.print(f"failed: {_says(event)}: {event.record.reason}", markup=False, soft_wrap=True)
        if self.done >= self._next:
            self._next = self.done + self.total / 20
            left = self.left()
            time_left = "" if left is None else f", about {left:.0f} s left"
            console.err.print(f"{self.done}/{self.total}{time_left}: {_says(event)}", markup=False)
