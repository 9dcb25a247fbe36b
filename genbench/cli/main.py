"""The entry point: the commands, and what becomes of their errors. Each command imports what it needs when called."""

from __future__ import annotations

import os
import signal
import sys
import threading
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
    store,
    submit,
    tune,
)
from genbench.cli.app import app
from genbench.core import stopping
from genbench.core.errors import GenbenchError, Stopped
from genbench.core.text import safe_text

COMMANDS = (doctor, list, show, new, check, run, tune, report, compare, sample, score, submit, export, store, clean)
"""One file a command, in the order in which one needs them; importing it registers the command."""

_ORDER = [module.__name__ for module in COMMANDS]
app.registered_commands.sort(key=lambda command: _ORDER.index(getattr(command.callback, "__module__", "")))


STOPPED = "stopped; what was done is kept, the same command goes on from here."
BROKEN = 3
"""The exit status of an error that genbench did not foresee."""
UNREAD = 128 + getattr(signal, "SIGPIPE", 13)
"""That of a command whose reader has gone."""
PATIENCE = 5.0
"""Seconds that the end waits for threads of others."""


def main() -> None:
    """The entry point. Whatever happens ends in one sentence and an exit status.

    0: done; 1: some of it failed; 2: a mistake in what was asked or given; 3: a mistake of genbench, whose traceback is
    in a file; 130, 143 or 129: Ctrl-C, SIGTERM or SIGHUP.
    """
    console.prepare_streams()
    warnings.showwarning = console.show_warning
    stopping.install()
    try:
        code = _called()
    except BrokenPipeError:  # whoever read has seen enough
        code = UNREAD
    except Stopped as stopped:
        code = console.say_wrong(STOPPED, code=stopped.code)
    except KeyboardInterrupt:
        code = console.say_wrong(STOPPED, code=130)
    except Exception as error:
        code = _unforeseen(error)
    raise SystemExit(_ending(_flushed(code)))


def _flushed(code: int) -> int:
    """The exit status once all that was printed has left; what cannot leave is dropped."""
    try:
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        code = UNREAD
    except OSError as error:  # the disk behind it is full
        code = code or _of_system(error)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _ending(code: int) -> int:
    """The exit status; where code of others has left a thread that never ends, the process waits a moment and ends."""
    left = [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    if left:
        timer = threading.Timer(PATIENCE, _end_for_good, [code])
        timer.daemon = True
        timer.start()
    return code


def _end_for_good(code: int) -> None:
    """Unless the main thread goes on: it has called `main` from a program of its own."""
    if not threading.main_thread().is_alive():
        os._exit(code)


def _called() -> int:
    """Run the command that was asked for; the exit status."""
    try:
        code = app(standalone_mode=False, prog_name="genbench")  # what `typer.Exit` carries comes back as a value
    except GenbenchError as error:
        console.trace(error)
        return console.say_wrong(str(error), code=2)
    except typer.Abort:
        return console.say_wrong(STOPPED, code=130)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _of_system(error)
    except Exception as error:
        if not (hasattr(error, "show") and hasattr(error, "exit_code")):
            raise
        error.show()  # the parser's own errors know how to show themselves
        return int(error.exit_code)
    return console.say_wrong(STOPPED, code=130) if code == 130 else int(code or 0)  # typer's word for Ctrl-C


def _of_system(error: OSError) -> int:
    """Say what the operating system has refused."""
    name = error.filename if error.filename is not None else "no file named"
    return console.say_wrong(f"{error.strerror or error}: {name}.", code=2)


def _unforeseen(error: Exception) -> int:
    """Say that something went wrong that nobody has thought of, and where to read more."""
    said = safe_text(error, 300).strip() or "no reason given"
    console.trace(error)
    kept = console.keep_trace(error)
    return console.say_wrong(f"something went wrong in genbench: {type(error).__name__}: {said} ({kept}).", code=BROKEN)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of every error.")] = False,
) -> None:
    console.show_traces(shown=debug)
    if version:
        console.out.print(genbench.__version__)
        raise typer.Exit
