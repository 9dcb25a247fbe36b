"""Flags and verdicts on the rows that copy their training data, and a flag on each number that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genbench.protocols.results import Copying
from genbench.report.types import Flag, Leaderboard, LeaderboardRow


def flag_copies(board: Leaderboard, rows: Mapping[str, Copying], numbers: Mapping[str, Copying]) -> Leaderboard:
    """The leaderboard with its flags. `rows`: what is known of each row; `numbers`: what this table's own evaluation
    says of them, empty for one that does not judge copying."""

    def flagged(row: LeaderboardRow) -> LeaderboardRow:
        own = numbers[row.label].flagged if row.label in numbers else frozenset()
        marks = {c.key for c in board.columns if c.metric in own}
        cells = {k: replace(c, flags=(*c.flags, Flag.COPIES)) if k in marks else c for k, c in row.cells.items()}
        known = rows.get(row.label)
        flags = (*row.flags, *((Flag.MEMORISES,) if known and known.memorises else ()))
        return replace(row, cells=cells, flags=flags, verdict=_verdict(known, is_own=row.label in numbers, on=board))

    return replace(board, rows=tuple(map(flagged, board.rows)), controls=tuple(map(flagged, board.controls)))


NOT_NEARER = "no nearer than held-out data"


def _verdict(known: Copying | None, *, is_own: bool, on: Leaderboard) -> str:
    """What the tests say of a row: in the table of the evaluation that judges copying of each row, in the overview of
    those that any test flags."""
    if known is None or not known.judged or not (is_own or on.is_overview):
        return ""
    if not known.flagged:
        return NOT_NEARER if is_own else ""
    tests = f"{len(known.flagged)} of {len(known.judged)} test{'s' * (len(known.judged) != 1)}"
    return tests if known.memorises else f"nearer than held-out data: {tests}"
