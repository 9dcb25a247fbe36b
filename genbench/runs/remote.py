"""Doing tasks on a machine that does not see the run's folder: in a folder of its own, whose files travel.

What a task needs (weights that were trained before) comes with it; what it makes (weights, pictures, tracebacks, lines
of the log) goes back as events, before the event that speaks of it. A training in progress stays where it is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from genbench.core import paths
from genbench.core.jobs import Event, FileMade, Task
from genbench.runs.folder import LOG, RunFolder
from genbench.runs.setting import TaskSetting
from genbench.runs.task import TaskRunner
from genbench.store import Place

SENT = ("artifacts/fits", "artifacts/pictures", "failures")
"""What is sent back, below the folder."""


@dataclass(slots=True)
class RemoteRunner:
    """A `TaskRunner` in a temporary folder. `sent`: the files that the driver has, with their size and time."""

    inner: TaskRunner
    sent: dict[Path, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: TaskSetting) -> RemoteRunner:
        """The runner of a worker elsewhere: with this machine's cache, and the GPU that it was given."""
        place = Place.of(Path(tempfile.mkdtemp(prefix="genbench-")))
        device = "cuda" if setting.device.startswith("cuda") else setting.device
        there = replace(setting, place=place, cache=paths.cache_dir(), device=device)
        return cls(TaskRunner(there.context(), RunFolder(place)))  # which nobody else sees

    @property
    def spoilt(self) -> bool:
        """Whether the process is of no more use."""
        return self.inner.spoilt

    def run(self, task: Task) -> Iterator[Event]:
        """The task's events, each after the files that it speaks of."""
        folder = self.inner.folder
        for file in task.files:
            folder.receive(file)
            self.sent[folder.root / file.path] = _state(folder.root / file.path)
        for event in self.inner.run(replace(task, files=())):
            yield from self._new()
            yield event
        yield from self._new()
        shutil.rmtree(folder.root, ignore_errors=True)
        self.sent.clear()

    def _new(self) -> Iterator[FileMade]:
        root = self.inner.folder.root
        for path in sorted(path for name in SENT for path in (root / name).glob("[!.]*")):
            state = _state(path)
            if self.sent.get(path) != state:
                self.sent[path] = state
                yield FileMade(path.relative_to(root).as_posix(), path.read_bytes())
        log = root / LOG
        if log.exists():
            yield FileMade(LOG, log.read_bytes())
            log.unlink()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def packed(task: Task, folder: RunFolder) -> Task:
    """The task with the weights of its fits that are in the folder."""
    found = [folder.weights(fit.key) for fit in task.fits]
    files = [FileMade(path.relative_to(folder.root).as_posix(), path.read_bytes()) for path in found if path.is_file()]
    return replace(task, files=tuple(files))
