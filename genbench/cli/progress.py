"""How a run goes on: a bar in a terminal, lines in a log, nothing where quiet was asked for."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from genbench.cli import console
from genbench.core.jobs import Event, FitEnded, JobEnded
from genbench.report import formatting
from genbench.runs.progress import Tally, words
from genbench.runs.session import Session

PARTS = 20
"""Lines that a log gets of a run, unless every job is asked for."""


class _Shown(Tally):
    """A tally that is shown while it counts."""

    def __enter__(self) -> _Shown:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped()

    def left_words(self) -> str:
        """`about 4 min left`; empty where nothing is left."""
        left = self.left()
        return "" if left is None else f"{formatting.estimate(left.seconds, is_rough=left.is_rough)} left"

    def failed(self, event: Event) -> str:
        """A line for a job that failed, once for all jobs of its row that fail alike; else empty."""
        if not (isinstance(event, JobEnded) and self.is_news(event)):
            return ""
        return f"failed: {words(event)}: {event.record.reason}"


def progress() -> _Shown:
    """A bar in a terminal, lines in a log; with `--verbose` a line for each fit and job, with `--quiet` nothing."""
    if console.level() is console.Level.QUIET:
        return _Shown()
    if console.level() is console.Level.VERBOSE:
        return _Lines(every=True)
    return _Live() if console.err.is_terminal else _Lines()


class _Left(ProgressColumn):
    """The time left, as the lines say it."""

    def __init__(self, shown: _Shown) -> None:
        super().__init__()
        self._shown = shown

    def render(self, task: Task) -> Text:
        del task
        return Text(self._shown.left_words(), style="cyan")


class _Live(_Shown):
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
        super().__exit__()

    def planned(self, session: Session) -> None:
        super().planned(session)
        self._task = self._bar.add_task("", total=self.total)

    def event(self, event: Event) -> None:
        super().event(event)
        self._bar.update(self._task, completed=self.done, description=words(event))
        failed = self.failed(event)
        if failed:
            self._bar.console.print(failed, markup=False)


class _Lines(_Shown):
    """Plain lines for logs: one every twentieth of the work (or `every` fit and job), and one for each failure."""

    def __init__(self, *, every: bool = False) -> None:
        super().__init__()
        self._every = every

    def planned(self, session: Session) -> None:
        super().planned(session)
        self._next = 0.0
        if self.total:
            counted = f"{self.total} of {len(session.plan.jobs)} jobs to do, on {self.fits} fits"
            console.err.print(f"{counted}; {self.left_words().removesuffix(' left')}", soft_wrap=True)

    def event(self, event: Event) -> None:
        super().event(event)
        if self._every and isinstance(event, FitEnded):
            console.err.print(words(event), markup=False, soft_wrap=True)
        if not isinstance(event, JobEnded):
            return
        failed = self.failed(event)
        if failed:
            console.err.print(failed, markup=False, soft_wrap=True)
        if self._every or self.done >= self._next:
            self._next = self.done + self.total / PARTS
            left = self.left_words()
            console.err.print(f"{self.done}/{self.total}{left and f', {left}'}: {words(event)}", markup=False)
