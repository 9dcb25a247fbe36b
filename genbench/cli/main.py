"""The entry point: the commands, and what becomes of their errors. Each command imports what it needs when called."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer

import genbench
from genbench.cli import (
    check,
    clean,
    compare,
    console,
    doctor,
    export,
    list,
    new,
    report,
    run,
    sample,
    score,
    show,
    submit,
    tune,
)
from genbench.cli.app import app
from genbench.core.errors import GenbenchError

COMMANDS = (run, list, show, report, export, doctor, score, check, sample, compare, clean, new, tune, submit)
"""One file a command; importing it registers the command."""


def main() -> None:
    """The entry point: every error of genbench becomes one sentence and exit status 2."""
    warnings.showwarning = console.show_warning
    try:
        code = app(standalone_mode=False, prog_name="genbench")  # what `typer.Exit` carries comes back as a value
    except GenbenchError as error:
        code = console.say_wrong(str(error), code=2)
    except OSError as error:
        code = console.say_wrong(f"{error.strerror or error}: {error.filename or 'no file named'}.", code=2)
    except (KeyboardInterrupt, typer.Abort):
        code = console.say_wrong("stopped; what was done is kept, the same command goes on from here.", code=130)
    except Exception as error:
        if not (hasattr(error, "show") and hasattr(error, "exit_code")):
            raise
        error.show()  # the parser's own errors know how to show themselves
        code = error.exit_code
    raise SystemExit(code or 0)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        console.out.print(genbench.__version__)
        raise typer.Exit
