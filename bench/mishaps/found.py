"""What a part of the campaign has found: a line of its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from genbench.core.values import Status
from mishaps.tables import ROW, doubled, same


@dataclass
class Found:
    """What a part has found: a line of the table. `faults`: times that something happened."""

    name: str
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    others: list[str] = field(default_factory=list)
    """Further tables, each with `equal` or what is wrong with it."""
    seconds: float = 0.0

    @property
    def wrong(self) -> int:
        """How much went wrong."""
        return self.lost + self.doubled + sum("equal" not in one for one in self.others)

    def compare(self, table: pd.DataFrame, whole: pd.DataFrame, what: str = "final table") -> None:
        """A table that should be the whole one."""
        self.doubled += doubled(table)
        self.others.append(f"{what} {'equal' if same(table, whole) else 'ANOTHER'}")


HEADING = "| what | times | lost | doubled | tables | seconds |\n|---|---:|---:|---:|---|---:|"


def line(one: Found) -> str:
    """A row of the table."""
    said = "; ".join(f"{what} × {n}" if n > 1 else what for what, n in Counter(one.others).items())
    return f"| {one.name} | {one.faults} | {one.lost} | {one.doubled} | {said} | {one.seconds:.0f} |"


def kept_on(found: Found, kept: set[tuple[object, ...]], now: pd.DataFrame) -> set[tuple[object, ...]]:
    """What was measured must be there; what is there now. (A job that failed for want of room is done again, and may
    then have other rows.)"""
    measured = now[now.status == Status.OK] if len(now) else now
    there = set(measured[ROW].itertuples(index=False, name=None)) if len(now) else set()
    found.lost += len(kept - there)
    return there
