"""Entry points: what installed packages register. One that is broken is named in one line and skipped."""

from __future__ import annotations

import sys
import warnings
from functools import lru_cache
from importlib.metadata import EntryPoint, distributions

from genbench.core.errors import GenbenchError
from genbench.registry.journal import all_or_nothing
from genbench.registry.sites import through

PREFIX = "genbench."


class PluginWarning(UserWarning):
    """An installed package whose entry point could not be loaded: which, of which package, and what it said."""


def load(group: str) -> None:
    """Load the entry points of this group; `PluginWarning` for each one that fails, after all were tried."""
    points, wrong = _found(tuple(sys.path))
    lines = [line for name, line in wrong if name in ("", group)]
    for package, point in points:
        if point.group != group:
            continue
        try:
            with all_or_nothing(apart=True), through(f"{point.name} of {package}"):
                point.load()
        except (Exception, SystemExit) as error:
            lines.append(f"the entry point {point.name!r} ({group}) of {package} is skipped: {said(error)}")
    for line in lines:
        if line not in _warned:
            _warned.add(line)
            warnings.warn(line, PluginWarning, stacklevel=2)


_warned: set[str] = set()


def said(error: BaseException) -> str:
    """An error in one line; what genbench itself says needs no type before it."""
    words = " ".join(str(error).split())
    if isinstance(error, GenbenchError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


@lru_cache(maxsize=4)
def _found(path: tuple[str, ...]) -> tuple[list[tuple[str, EntryPoint]], list[tuple[str, str]]]:
    """The entry points for genbench, each with its package, and a line for each package that cannot be read.

    Package by package, since one malformed file would hide those of all others. The first of two installations of one
    package counts, as it does for Python. `path`: the search path that this holds for.
    """
    points: list[tuple[str, EntryPoint]] = []
    wrong: list[tuple[str, str]] = []
    seen: set[str] = set()
    for package in distributions():
        try:
            mine = [point for point in package.entry_points if point.group.startswith(PREFIX)]
            name = package.name if mine else ""
        except Exception as error:
            wrong.append(
                ("", f"the entry points of an installed package are skipped ({_place(package)}): {said(error)}")
            )
            continue
        if mine and name not in seen:
            seen.add(name)
            points += [(name, point) for point in mine]
    return points, wrong


def _place(package: object) -> str:
    return str(getattr(package, "_path", package))
