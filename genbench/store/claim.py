"""Whose turn it is in a run's folder: one process at a time works there."""

from __future__ import annotations

import datetime
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from genbench.core import paths
from genbench.core.errors import UsageError

LOCK, NOTE = ".lock", ".lock.json"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """The folder is this process's alone inside; raises `UsageError` that names who is at work there.

    The operating system holds the lock and drops it when the process ends, however it ends: no lock goes stale. The
    note beside it only says whose it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, note = FileLock(folder / LOCK), folder / NOTE
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"another run{_who(note)} is at work in {folder}: wait until it has ended, or give another --out."
        ) from None
    try:
        with paths.last_writer(note) as temporary:
            temporary.write_text(json.dumps(_me()), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _me() -> dict[str, str | int]:
    now = datetime.datetime.now(datetime.UTC)
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now:%Y-%m-%d %H:%M:%S} UTC"}


def _who(note: Path) -> str:
    """`""` in the instant in which the other has its lock and not yet its note."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return ""
    return f" (process {found['pid']} on {found['host']}, since {found['since']})"
