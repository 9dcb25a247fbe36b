"""What to be careful of: metrics that disagree, floors, copies, failures. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator

from board.boards import Boards, name_of, quoted, two
from genbench.report import glossary
from genbench.report.agreement import agreements
from genbench.report.types import Cell, Column, Flag, LeaderboardRow
from genbench.stats.blocks import Agreement

# --- metrics against each other, floors, copies, failures

ALIKE = 0.8
"""Kendall's τ above which two orders do not disagree; its whole interval lies below where they do."""
LEAST_ROWS, MOST_TIED = 12, 1 / 3
"""Of a comparison: how many rows, and the share of pairs that a metric may leave without an order."""


def disagreements(found: Boards) -> Iterator[str]:
    """The pairs of metrics that order the rows least alike."""
    timed = {name.replace("-", " ").capitalize() for name in glossary.evaluations() if glossary.evaluation(name).timed}
    for board in found.values():
        for table in agreements(board.boards):
            if table.title in timed:
                continue
            pairs = [
                (tau, table.names[i], table.names[j])
                for i, row in enumerate(table.taus)
                for j, tau in enumerate(row)
                if tau is not None and i < j and not timed & {table.names[i], table.names[j]} and _says_much(tau)
            ]
            if not pairs:
                continue
            tau, one, other = min(pairs, key=lambda pair: pair[0].tau)
            if tau.interval.high > ALIKE:
                continue
            yield (
                f"- [{board.suite}]({board.suite}.html), {table.title.lower()}: {one} and {other} agree least, "
                f"Kendall's τ = {two(tau.tau)} [{two(tau.interval.low)}, {two(tau.interval.high)}], {tau.rows} rows."
            )


def _says_much(tau: Agreement) -> bool:
    return tau.rows >= LEAST_ROWS and tau.tied <= MOST_TIED


def floors(found: Boards) -> Iterator[str]:
    """Rows worse than the floor, with both numbers."""
    for board in found.values():
        for one in board.boards:
            if one.is_overview:
                continue
            column = one.column(one.headline)
            under = [r for r in one.rows if Flag.UNDER_FLOOR in _cell(r, column).flags]
            floor = next((r for r in one.controls if r.model == "control-marginals"), None)
            floor = floor or next((r for r in one.controls if r.model == "control-mean-image"), None)
            if not under or floor is None:
                continue
            rows = ", ".join(f"`{name_of(r)}` {_cell(r, column).plain}" for r in under[:8])
            more = f" and {len(under) - 8} more" if len(under) > 8 else ""
            yield (
                f"- {board.link(one.dataset, one.evaluation)}: {rows}{more} {'is' if len(under) == 1 else 'are'} worse "
                f"than `{floor.label}` at {_cell(floor, column).plain} ({column.title}). "
                "[Why](../models/README.md#what-is-worse-than-it-should-be-and-why)."
            )


def _cell(row: LeaderboardRow, column: Column) -> Cell:
    return row.cells.get(column.key, Cell())


def copies(found: Boards) -> Iterator[str]:
    """Who copies, of how many."""
    for board in found.values():
        for one in board.boards:
            measured = board.board(one.dataset, "memorisation") if one.is_overview else None
            if measured is None:
                continue
            rows = {r.label for r in measured.rows if any(cell.mean is not None for cell in r.cells.values())}
            named = [r.label for r in one.rows if Flag.MEMORISES in r.flags]
            link = board.link(one.dataset, "memorisation")
            said = "rows are flagged for copying their training data"
            yield f"- {link}: {len(named)} of {len(rows)} {said}{quoted(named)}."


def failures(found: Boards) -> Iterator[str]:
    """What did not end well, named."""
    for board in found.values():
        table = board.data.table
        wrong = table[table["status"].isin(["failed", "diverged", "timeout"])]
        ended = wrong[["label", "dataset", "seed", "evaluation", "status"]].drop_duplicates()
        able = table[table["status"] != "unsupported"]
        total = len(able[["label", "dataset", "seed", "evaluation"]].drop_duplicates())
        counted = ended.groupby(["label", "status"]).size()
        parts = [f"`{label}` {n} {status}" for (label, status), n in counted.items()]
        yield f"- [{board.suite}]({board.suite}.html): {len(ended)} of {total:,} jobs that the models can do" + (
            f" did not end well: {', '.join(parts)}." if parts else " failed, diverged or ran out of time."
        )
