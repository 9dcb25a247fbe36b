"""Whether this process repeats what another one registered, and where that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from genbench.registry import sites

_depth = 0


class ReplayEnds(BaseException):
    """Raised where a script that is being repeated would start a run: what it has registered until there is known.

    No `Exception`, so that a script that goes on after a failed run does not swallow it.
    """


def replaying() -> bool:
    """Whether a script, module or plugin is being executed only for what it registers."""
    return _depth > 0


def run_begins() -> None:
    """Every function that starts a run says so first. Raises `ReplayEnds` while replaying.

    What the calling script registers later could not be repeated in a worker; `unrepeatable` will say so.
    """
    if replaying():
        raise ReplayEnds
    sites.mark_run()


@contextmanager
def replay_begins() -> Iterator[None]:
    """While this lasts, no run may start."""
    global _depth  # noqa: PLW0603
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
