"""Signals that ask the process to end: what has ended is committed first, then it ends with the signal's exit status.

Only the command line installs these handlers; a notebook's own stay as they are.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from genbench.core.errors import Stopped

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

_depth = 0
_asked = 0
"""The signal that has been asked for, 0 for none."""


def install() -> None:
    """From now on the first of these signals raises `Stopped` where that is safe; a second ends the process at once."""
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP: so do we
            with suppress(ValueError):  # not the main thread
                signal.signal(number, _handle)


@contextmanager
def held() -> Iterator[None]:
    """Inside, the process is not stopped: a signal that comes then counts at the end."""
    global _depth  # noqa: PLW0603
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
    if _asked and not _depth:
        raise _stopped(_asked)


def _handle(number: int, _: FrameType | None) -> None:
    global _asked
    if _asked and number == signal.SIGINT:
        os._exit(128 + number)
    first, _asked = not _asked, _asked or number
    if first and not _depth:
        raise _stopped(number)


def _stopped(number: int) -> Stopped:
    return Stopped(128 + number, signal.Signals(number).name)
