"""Flags on the rows that copy their training data, and on each number that says so."""

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
        memorises = row.label in rows and rows[row.label].memorises
        return replace(row, cells=cells, flags=(Flag.MEMORISES,) if memorises else ())

    return replace(board, rows=tuple(map(flagged, board.rows)), controls=tuple(map(flagged, board.controls)))
