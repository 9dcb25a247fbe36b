"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import codecs
import contextlib
import datetime
import enum
import io
import json
import math
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from genbench.core.errors import UsageError
from genbench.core.text import safe_text, without_controls


class _Console(Console):
    """A console that writes no control characters but its own: names and texts come from files and from others."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=without_controls(segment.text))


out = _Console(soft_wrap=False, highlight=False, emoji=False)
err = _Console(stderr=True, highlight=False, emoji=False)


USUAL_WIDTH = 80


class Level(enum.Enum):
    """How much is said beside results and errors: nothing, what a reader needs, every fit and job."""

    QUIET = enum.auto()
    NORMAL = enum.auto()
    VERBOSE = enum.auto()


_chosen = {"level": Level.NORMAL}
_traces = {"shown": False}


def choose_level(*, quiet: bool, verbose: bool) -> None:
    """Set how much is said from now on. Raises `UsageError` where both are asked for."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose are opposites: give one of them.")
    _chosen["level"] = Level.QUIET if quiet else Level.VERBOSE if verbose else Level.NORMAL


def level() -> Level:
    """How much is said."""
    return _chosen["level"]


def note(text: str) -> None:
    """A line beside the results, left out where quiet was asked for."""
    if level() is not Level.QUIET:
        err.print(text, markup=False, soft_wrap=True)


def print_json(content: Any) -> None:
    """JSON alone on standard output."""
    sys.stdout.write(json.dumps(_finite(content), indent=2, default=str, allow_nan=False) + "\n")


def _finite(content: Any) -> Any:
    """JSON has no infinity: an open end of a range is null."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content


PLAIN = {
    "±": "+/-", "–": "-", "−": "-", "·": "-", "×": "x", "≠": "!=", "≤": "<=", "≥": ">=", "≈": "~", "…": "...",
    "↓": "v", "↑": "^", "→": "->", "≻": ">", "é": "e", "’": "'", "“": '"', "”": '"',
    "\N{NARROW NO-BREAK SPACE}": " ", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip
"""What stands for a letter on a stream that knows ASCII only."""


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: the plain letter, else `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def prepare_streams() -> None:
    """A letter that a stream cannot show becomes a plain one, or `?`, and never an error; a stream that is closed takes
    everything; one without a width (`COLUMNS=0`), where nothing would be shown, has a usual one."""
    for console in (out, err):
        if console.width < 1:
            console.width = USUAL_WIDTH
    codecs.register_error("genbench-plain", _plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 (until the end)
        elif isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="genbench-plain")


def write_bytes(content: bytes) -> None:
    """Bytes on standard output. Raises `UsageError` where it is closed."""
    if not isinstance(sys.stdout, io.TextIOWrapper) and not hasattr(sys.stdout, "buffer"):
        raise UsageError("standard output takes no bytes: name a file with -o.")
    if sys.stdout.name == os.devnull and sys.__stdout__ is None:
        raise UsageError("standard output is closed: name a file with -o.")
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def keep_trace(error: BaseException) -> str:
    """Write down where an unexpected error came from: the file's name, or why there is none."""
    from genbench.core import paths

    now = datetime.datetime.now(datetime.UTC)
    for folder in (paths.cache_dir() / "errors", Path.cwd()):
        path = folder / f"genbench-error-{now:%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            text = safe_text("".join(traceback.format_exception(error)), 200_000)
            path.write_text(text, encoding="utf-8")
            return f"its traceback is in {path}"
    return "its traceback could not be written anywhere"


def show_traces(*, shown: bool) -> None:
    """Whether errors are printed with where they came from."""
    _traces["shown"] = shown


def trace(error: BaseException) -> None:
    """Print where an error came from, where that was asked for (`genbench --debug COMMAND`)."""
    if _traces["shown"]:
        text = safe_text("".join(traceback.format_exception(error)), 200_000)
        err.print(text, markup=False, soft_wrap=True)


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, without the place in the code that gave it; none where quiet was asked for."""
    if level() is Level.QUIET:
        return
    err.print(Text.assemble(("warning", "bold yellow"), f": {safe_text(message)}"), soft_wrap=True)


def say_wrong(message: str, *, code: int) -> int:
    """Say what is wrong on standard error; gives the exit status back."""
    with contextlib.suppress(OSError):
        err.print(Text.assemble(("error", "bold red"), f": {safe_text(message)}"), soft_wrap=True)
    return code
