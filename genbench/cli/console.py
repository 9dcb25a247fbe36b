"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console(soft_wrap=False, highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)


def print_json(content: Any) -> None:
    """JSON alone on standard output."""
    sys.stdout.write(json.dumps(content, indent=2, default=str, allow_nan=False) + "\n")


def say_wrong(message: str, *, code: int) -> int:
    """Say what is wrong on standard error; gives the exit status back."""
    err.print(Text.assemble(("error", "bold red"), f": {message}"), soft_wrap=True)
    return code
