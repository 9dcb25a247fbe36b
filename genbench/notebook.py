"""How far a run is, on one line: in a notebook an output that changes, elsewhere a line of standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from genbench.core.jobs import Event
from genbench.report import formatting
from genbench.runs.progress import Tally, words
from genbench.runs.session import Session

OFTEN = 0.2
"""Seconds between two changes of the line."""


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this; nothing is imported to find out."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class OneLine(Tally):
    """A tally that keeps one line up to date, and leaves how much was done in which time."""

    def __init__(self) -> None:
        super().__init__()
        self._write, self._shown = _writer(), 0.0

    def __enter__(self) -> OneLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped()
        if self.total:
            spent = formatting.duration(time.monotonic() - self.begun)
            self._write(f"{self.done} of {self.total} jobs done in {spent}", last=True)

    def planned(self, session: Session) -> None:
        super().planned(session)
        self._say("")

    def event(self, event: Event) -> None:
        super().event(event)
        if time.monotonic() - self._shown > OFTEN:
            self._say(words(event))

    def _say(self, what: str) -> None:
        left = self.left()
        if left is not None:
            self._shown = time.monotonic()
            remaining = f"{formatting.estimate(left.seconds, is_rough=left.is_rough)} left"
            self._write(": ".join(filter(None, (f"{self.done} of {self.total} jobs, {remaining}", what))))


Writer = Callable[..., None]


def _writer() -> Writer:
    """`write(text, last=False)`: in the place of what was written before."""
    if not in_notebook():
        return _to_stderr
    display: Any = sys.modules["IPython"].display
    shown: list[Any] = []

    def write(text: str, *, last: bool = False) -> None:
        del last
        content = {"text/plain": text}
        if shown:
            shown[0].update(content, raw=True)
        else:
            shown.append(display.display(content, raw=True, display_id=True))

    return write


def _to_stderr(text: str, *, last: bool = False) -> None:
    width = 100
    sys.stderr.write(f"\r{text[:width]:<{width}}" + ("\n" if last else ""))
    sys.stderr.flush()
