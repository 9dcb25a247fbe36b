"""What the inline executor leaves behind for the case that a model takes the whole process with it.

A segmentation fault ends the process that runs everything. The next run finds which job was at work and what Python's
`faulthandler` wrote, lets that job fail, and goes on with the others, instead of dying at the same place again.
"""

from __future__ import annotations

import faulthandler
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from genbench.core.jobs import Event, FitEnded, Job, JobEnded, JobStarted, without_value
from genbench.core.paths import json_in
from genbench.core.text import safe_text
from genbench.core.values import Status

MOST_TRIES = 3
"""Deaths at one job without a trace (killed, perhaps for want of memory) after which it fails."""


@dataclass(frozen=True, slots=True)
class _AtWork:
    """What the note says: the job, its fit, whether that was fitted already, and how often it was begun."""

    job: str
    fit: str
    fitted: bool = False
    tries: int = 1


@dataclass(frozen=True, slots=True)
class CrashNote:
    """The note at `path` of the job at work: it is there while one is, or where the process died at it."""

    path: Path

    @property
    def trace(self) -> Path:
        """Where a crash is written down."""
        return self.path.with_name(f"{self.path.stem}-crash.txt")

    def victims(self, jobs: Sequence[Job]) -> list[JobEnded]:
        """The failed ends of the jobs at which an earlier process has crashed, or died too often to be tried again."""
        note, crash = self._read(), self._crash()
        if note is None or not (crash or note.tries >= MOST_TRIES):
            return []
        self.clear()
        how = f"crashed ({crash})" if crash else f"died {note.tries} times without a trace"
        why = f"the process {how} while it worked at this with --executor inline; the same command tries it again."
        dead = [job for job in jobs if job.key == note.job or (job.fit.key == note.fit and not note.fitted)]
        return [without_value(job, Status.FAILED, why) for job in dead]

    def watched(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events of an inline run, with a note of the job at work while they come."""
        before, now = self._read(), _AtWork("", "")
        with self._traced():
            for event in events:
                if isinstance(event, JobStarted):
                    job, fit = event.job.key, event.job.fit.key
                    again = before.tries + 1 if before is not None and before.job == job else 1
                    now = _AtWork(job, fit, fitted=now.fitted and now.fit == fit, tries=again)
                    self._write(now)
                elif isinstance(event, FitEnded):
                    now = replace(now, fit=event.record.key, fitted=True)
                    self._write(now)
                yield event
        self.clear()

    def clear(self) -> None:
        """Nothing is at work."""
        for path in (self.path, self.trace):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _write(self, note: _AtWork) -> None:
        with suppress(OSError):
            self.path.write_text(json.dumps(asdict(note)), encoding="utf-8")

    def _read(self) -> _AtWork | None:
        try:
            return _AtWork(**json_in(self.path))
        except TypeError:  # there is none, or it says something else
            return None

    def _crash(self) -> str:
        """The first line of what `faulthandler` wrote, empty where it wrote nothing."""
        try:
            lines = self.trace.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return safe_text(next(iter(lines), "")).removeprefix("Fatal Python error: ")

    @contextmanager
    def _traced(self) -> Iterator[None]:
        """Python writes down where it crashes, unless somebody else has asked it to already."""
        if faulthandler.is_enabled():
            yield
            return
        with self.trace.open("w", encoding="utf-8") as file:
            faulthandler.enable(file)
            try:
                yield
            finally:
                faulthandler.disable()
