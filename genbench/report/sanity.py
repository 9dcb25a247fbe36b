"""Whether the controls stand where known answers put them: each evaluation's own checks, called.

A table whose controls are out of place is shown with a banner: something is wrong with the encoder, the data or n.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genbench.protocols.results import Copying
from genbench.report import glossary
from genbench.report.results import DatasetResults, LeaderboardTable
from genbench.report.types import Leaderboard


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks say of one dataset.

    `copying`: by evaluation, what it says of each row; `warnings`: a sentence for each control out of its place and for
    each check that could not be made.
    """

    copying: Mapping[str, Mapping[str, Copying]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def check(boards: Sequence[Leaderboard]) -> Checked:
    """Ask the record of each evaluation of one dataset which rows copy, then which controls are out of place."""
    tables = {board.evaluation: LeaderboardTable(board) for board in boards}
    results = DatasetResults(tuple(tables.values()))
    copying: dict[str, Mapping[str, Copying]] = {}
    failed: list[str] = []
    for name, table in tables.items():
        judge = glossary.evaluation(name).copying
        if judge is not None:
            found, error = _asked(judge, results, table, make=lambda given: together([given]))
            copying[name] = found or {}
            failed += [f"{name} could not judge which rows copy their training data: {error}"] if error else []
    results = DatasetResults(results.tables, together(copying.values()))
    said: list[str] = []
    for name, table in tables.items():
        checks = glossary.evaluation(name).sanity
        if checks is not None:
            sentences, error = _asked(checks, results, table, make=list)
            said += map(str, sentences or ())
            failed += [f"{name} could not check its controls: {error}"] if error else []
    return Checked(copying, (*said, *failed))


def together(verdicts: Iterable[Mapping[str, Copying]]) -> dict[str, Copying]:
    """What several evaluations say of each row, in one."""
    found: dict[str, Copying] = {}
    for label, one in (item for part in verdicts for item in part.items()):
        other = found.get(label, Copying(frozenset(), frozenset()))
        found[label] = Copying(
            one.judged | other.judged, one.flagged | other.flagged, memorises=one.memorises or other.memorises
        )
    return found


def _asked(function: str | Callable[..., Any], *given: Any, make: Callable[[Any], Any]) -> tuple[Any, str]:
    """(what an evaluation's function gives, made whole; what went wrong): a third party's may raise anything."""
    try:
        return make(_loaded(function)(*given)), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _loaded(function: str | Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, imported now where it is a `"module:function"`."""
    if not isinstance(function, str):
        return function
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
