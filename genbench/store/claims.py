"""Which run does which job, where several write into one store at once: no job is done by two of them.

A claim is a row of the store. It counts while its run lives, which a lock shows that the operating system (beside an
SQLite file) or the server drops when the process ends, however it ends: no claim goes stale.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from genbench.store import schema
from genbench.store.database import Store
from genbench.store.rows import MANY

LOOK = 0.5
"""Seconds between two looks at what others do."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The jobs that the run of this id has for itself in a store."""

    store: Store
    run: str

    @contextmanager
    def living(self) -> Iterator[None]:
        """Inside, what this run claims is its own. What it still claims when it is broken off counts for nothing."""
        self.store.write(lambda c: schema.claims.create(c, checkfirst=True))  # a store of an older genbench has none
        with self._lock(self.run):
            yield

    def take(self, jobs: Sequence[str]) -> set[str]:
        """Claim those of the jobs that no other living run has: which."""
        free: set[str] = set()

        def change(connection: sa.Connection) -> None:
            known = connection.scalars(sa.select(schema.claims.c.run).distinct()).all()
            gone = [run for run in known if run == self.run or not self._lives(run)]
            connection.execute(schema.claims.delete().where(schema.claims.c.run.in_(gone)))
            others = self._others(connection, jobs)
            free.clear()
            free.update(job for job in jobs if job not in others)
            rows = [{"job": job, "run": self.run} for job in jobs if job in free]
            for start in range(0, len(rows), MANY):
                connection.execute(schema.claims.insert(), rows[start : start + MANY])

        self.store.write(change)
        return free

    def release(self) -> None:
        """Claim nothing any more."""
        self.store.write(lambda c: c.execute(schema.claims.delete().where(schema.claims.c.run == self.run)))

    def wait(self, jobs: Sequence[str]) -> None:
        """Until no other living run has one of the jobs; where one has, with a warning."""
        warned = False
        while jobs:
            with self.store.reading() as connection:
                others = self._others(connection, jobs)
            if not any(self._lives(run) for run in set(others.values())):
                return
            if not warned:
                at = f"another run does {len(others)} of these jobs into {self.store.name}"
                warnings.warn(f"{at}: waiting until it has ended.", stacklevel=2)
                warned = True
            time.sleep(LOOK)

    def _others(self, connection: sa.Connection, jobs: Sequence[str]) -> dict[str, str]:
        """The run that has it, for each of the jobs that another has."""
        own = schema.claims.c
        found: dict[str, str] = {}
        for keys in _parts(jobs):
            rows = connection.execute(sa.select(own.job, own.run).where(own.job.in_(keys), own.run != self.run))
            found |= {row.job: row.run for row in rows}
        return found

    def _lives(self, run: str) -> bool:
        """Whether somebody has the lock of a run."""
        with self._lock(run) as had:
            return not had

    @contextmanager
    def _lock(self, run: str) -> Iterator[bool]:
        """The lock of a run, inside, and whether it could be had."""
        file = self.store.file
        if self.store.is_server:
            with self.store.tried_lock(int.from_bytes(hashlib.sha256(run.encode()).digest()[:7])) as had:
                yield had
        elif file is not None:
            with _file_lock(file.with_name(f".{file.name}.{run}.lock")) as had:
                yield had
        else:  # a database in memory is this process's alone
            yield True


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + MANY] for start in range(0, len(keys), MANY))
