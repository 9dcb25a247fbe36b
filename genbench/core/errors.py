"""The exceptions of genbench: one tree, each message a sentence that says what was expected, what came, what to do.

GenbenchError
├── UsageError            the caller can mend it: exit status 2
│   ├── UnknownName       no such model, dataset, encoder, metric, evaluation or suite
│   ├── SuiteError        a suite file that does not say what it must
│   ├── DataError         a file or tensor that cannot be used
│   └── StoreError        a database that cannot be read or written
├── Unsupported           a model or metric cannot do this: a row with status `unsupported`
│   └── Unavailable       it cannot here and now (a package, file or device is missing): tried again
├── Diverged              training or sampling gave NaN or inf: a row with status `diverged`
└── ModelEnded            third parties' code asked the whole program to end: a row with status `failed`

`Stopped` is no error: a signal asked the process to end, and everything above lets it pass.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from genbench.core.text import safe_text


class GenbenchError(Exception):
    """Anything that genbench says no to on purpose; the message is for the user."""


class UsageError(GenbenchError):
    """A wrong argument, name or file: nothing was started, nothing was lost."""


class UnknownName(UsageError):
    """A name that no registry entry has, with the nearest one that there is, or with what is `meant` by it.

    `place`: what has no such name, where it is not the registry.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, meant: str = "", place: str = "") -> None:
        there = list(known)
        self.kind, self.name, self.nearest = kind, name, nearest(name, there)
        hint = f"did you mean {self.nearest!r}? " if self.nearest else ""
        hint = f"it is {meant} here. " if meant else hint
        which = f"no {kind} of {place}" if place else f"no {kind}"
        shown = f"There is {', '.join(map(str, there)) or 'none'}." if place else f"`genbench list {kind}s` shows all."
        super().__init__(f"{which} is called {name!r}: {hint}{shown}")


class SuiteError(UsageError):
    """A suite file with an unknown key, a wrong type or an impossible value; the message names file and key."""


class DataError(UsageError):
    """A data file or tensor that is missing, broken, of the wrong shape or out of range; the message names it."""


class StoreError(UsageError):
    """A database that is locked, full, broken or not what it should be; the message names it, without secrets."""


class Unsupported(GenbenchError):
    """Something a model, metric or dataset cannot do, with the reason that its row will show."""


class Unavailable(Unsupported):
    """Something that is missing on this machine at this time, with the remedy: a later run tries again."""


class Diverged(GenbenchError):
    """A loss, parameter or sample that became NaN or inf, with the place."""


class ModelEnded(GenbenchError):
    """`SystemExit`, or another exception that is no `Exception`, from the code of a model, a metric or an encoder."""


class Stopped(BaseException):
    """A signal asked the process to end; `code` is its exit status, `name` the signal's."""

    def __init__(self, code: int, name: str) -> None:
        self.code, self.name = code, name
        super().__init__(name)


@contextmanager
def contained() -> Iterator[None]:
    """Inside, code of third parties that asks the program to end (`SystemExit`) has an error like any other.

    What is said to this process itself passes: Ctrl-C, a signal. (No generator yields inside, so none is closed there.)
    """
    try:
        yield
    except (Exception, KeyboardInterrupt, Stopped):
        raise
    except BaseException as error:
        why = safe_text(error)
        raise ModelEnded(f"its code ended the program: {type(error).__name__}{f': {why}' if why else ''}") from error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The entry of `known` most like `name`, or None where nothing is like it."""
    by_small = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), list(by_small), n=1, cutoff=0.5)
    return by_small[found[0]] if found else None
