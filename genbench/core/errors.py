"""The exceptions of genbench: one tree, each message a sentence that says what was expected, what came, what to do.

GenbenchError
├── UsageError            the caller can mend it: exit status 2
│   ├── UnknownName       no such model, dataset, encoder, metric, evaluation or suite
│   ├── SuiteError        a suite file that does not say what it must
│   └── DataError         a file or tensor that cannot be used
├── Unsupported           a model or metric cannot do this: a row with status `unsupported`
│   └── Unavailable       it cannot here and now (a package, file or device is missing): tried again
└── Diverged              training or sampling gave NaN or inf: a row with status `diverged`
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GenbenchError(Exception):
    """Anything that genbench says no to on purpose; the message is for the user."""


class UsageError(GenbenchError):
    """A wrong argument, name or file: nothing was started, nothing was lost."""


class UnknownName(UsageError):
    """A name that no registry entry has, with the nearest one that there is, or with what is `meant` by it."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, meant: str = "") -> None:
        self.kind, self.name, self.nearest = kind, name, nearest(name, known)
        plural = f"{kind}s"
        hint = f"did you mean {self.nearest!r}? " if self.nearest else ""
        hint = f"it is {meant} here. " if meant else hint
        super().__init__(f"no {kind} is called {name!r}: {hint}`genbench list {plural}` shows all.")


class SuiteError(UsageError):
    """A suite file with an unknown key, a wrong type or an impossible value; the message names file and key."""


class DataError(UsageError):
    """A data file or tensor that is missing, broken, of the wrong shape or out of range; the message names it."""


class Unsupported(GenbenchError):
    """Something a model, metric or dataset cannot do, with the reason that its row will show."""


class Unavailable(Unsupported):
    """Something that is missing on this machine at this time, with the remedy: a later run tries again."""


class Diverged(GenbenchError):
    """A loss, parameter or sample that became NaN or inf, with the place."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The entry of `known` most like `name`, or None where nothing is like it."""
    by_small = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), list(by_small), n=1, cutoff=0.5)
    return by_small[found[0]] if found else None
