"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

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


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, without the place in the code that gave it."""
    err.print(Text.assemble(("warning", "bold yellow"), f": {message}"), soft_wrap=True)


def say_wrong(message: str, *, code: int) -> int:
    """Say what is wrong on standard error; gives the exit status back."""
    err.print(Text.assemble(("error", "bold red"), f": {message}"), soft_wrap=True)
    return code
