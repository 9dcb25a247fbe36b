"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(content: Any) -> None:
    """JSON alone on standard output."""
    sys.stdout.write(json.dumps(content, indent=2, default=str, allow_nan=False) + "\n")


def fail(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong and end with this exit status."""
    err.print(f"[bold red]error[/]: {_plain(message)}", soft_wrap=True)
    raise typer.Exit(code)


def _plain(message: str) -> str:
    return message.replace("[", "\\[")
