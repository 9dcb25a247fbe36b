"""`genbench run`: progress while it runs, the leaderboard when it has ended."""

from __future__ import annotations

import datetime
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from genbench.cli import console
from genbench.cli.boards import print_boards
from genbench.core.values import Status
from genbench.report.files import RunFolder, board_records, write_report
from genbench.run.options import Options
from genbench.run.session import Prepared, Result, execute, prepare
from genbench.run.suite import Suite
from genbench.run.task import Evaluated, Event, Fitted, Started


def show_plan(suite: Suite, options: Options, *, as_json: bool) -> None:
    """What a run would do."""
    prepared = prepare(suite, options)
    counted = Counter((job.row.dataset, job.settings.name) for job in prepared.missing)
    fits = {job.fit.key for job in prepared.missing}
    if as_json:
        jobs = [
            {
                "key": j.key,
                "label": j.row.label,
                "dataset": j.row.dataset,
                "seed": j.row.seed,
                "evaluation": j.settings.name,
            }
            for j in prepared.missing
        ]
        console.print_json({"total": len(prepared.plan.jobs), "missing": jobs, "fits": len(fits)})
        return
    console.out.print(f"{len(prepared.missing)} of {len(prepared.plan.jobs)} jobs are missing, on {len(fits)} fits:")
    for (dataset, evaluation), number in counted.items():
        console.out.print(f"  {number:4d}  {evaluation} on {dataset}")


def run_and_show(suite: Suite, options: Options, *, as_json: bool) -> int:
    """Run, report, print; the exit status."""
    prepared = prepare(suite, options)
    with progress() as show:
        result = execute(prepared, show, command=options.command)
    folder = RunFolder(result.folder, result.store_url)
    page = folder.folder / "report.html"
    if result.done or not page.exists():
        page = write_report(folder)
    if as_json:
        console.print_json(_json(result, page, folder))
    else:
        _print(result, page, folder)
    return 0 if result.ok else 1


def _json(result: Result, page: Path, folder: RunFolder) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "report": str(page),
        "total": result.total,
        "done": result.done,
        "counts": {str(status): n for status, n in result.counts.items()},
        "failed": list(result.failed),
        "leaderboard": board_records(folder),
    }


def _print(result: Result, page: Path, folder: RunFolder) -> None:
    print_boards(folder)
    if result.done == 0:
        console.out.print(f"Nothing was missing: all {result.total} jobs were done before.")
    for line in result.failed:
        console.err.print(Text(line, style="red"), soft_wrap=True)
    if result.failed:
        console.err.print(
            f"{len(result.failed)} of {result.total} jobs did not end well; see {result.folder}/failures."
        )
    console.out.print(f"Report: {page}", soft_wrap=True)


ENOUGH = 5
"""Jobs that must have ended before the time left is told: the first one pays for imports, data and a first fit."""


class _Progress:
    """What both ways of showing progress count."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.begun = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None: ...

    def planned(self, prepared: Prepared) -> None:
        self.total = len(prepared.missing)

    def event(self, event: Event) -> None:
        if isinstance(event, Evaluated):
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
    if isinstance(event, Started):
        row = event.job.row
        return f"{row.label} on {row.dataset}, seed {row.seed}: {event.job.settings.name}"
    if isinstance(event, Fitted):
        return f"{event.record.model} on {event.record.dataset}, seed {event.record.seed}: fitted"
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

    def planned(self, prepared: Prepared) -> None:
        super().planned(prepared)
        self._task = self._bar.add_task("", total=self.total)

    def event(self, event: Event) -> None:
        super().event(event)
        self._bar.update(self._task, completed=self.done, description=_says(event))
        if isinstance(event, Evaluated) and event.record.status is Status.FAILED:
            self._bar.console.print(f"failed: {_says(event)}: {event.record.reason}", markup=False)


class _Lines(_Progress):
    """Plain lines for logs: one every twentieth of the work, and one for each failure."""

    def planned(self, prepared: Prepared) -> None:
        super().planned(prepared)
        self._next = 0.0
        if self.total:
            fits = len({job.fit.key for job in prepared.missing})
            console.err.print(f"{self.total} of {len(prepared.plan.jobs)} jobs to do, on {fits} fits")

    def event(self, event: Event) -> None:
        super().event(event)
        if not isinstance(event, Evaluated):
            return
        if event.record.status is Status.FAILED:
            console.err.print(f"failed: {_says(event)}: {event.record.reason}", markup=False, soft_wrap=True)
        if self.done >= self._next:
            self._next = self.done + self.total / 20
            left = self.left()
            told = "" if left is None else f", about {left:.0f} s left"
            console.err.print(f"{self.done}/{self.total}{told}: {_says(event)}", markup=False)
