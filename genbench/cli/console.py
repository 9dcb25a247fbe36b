"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import math
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from genbench.core.errors import UsageError
from genbench.core.text import safe_text

out = Console(soft_wrap=False, highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)


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


def prepare_streams() -> None:
    """A letter that a stream cannot show becomes `?` and never an error; a stream that is closed takes everything."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 (until the end)
        elif isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")


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


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, without the place in the code that gave it."""
    err.print(Text.assemble(("warning", "bold yellow"), f": {safe_text(message)}"), soft_wrap=True)


def say_wrong(message: str, *, code: int) -> int:
    """Say what is wrong on standard error; gives the exit status back."""
    with contextlib.suppress(OSError):
        err.print(Text.assemble(("error", "bold red"), f": {safe_text(message)}"), soft_wrap=True)
    return code
