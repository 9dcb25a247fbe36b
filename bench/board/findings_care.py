"""Outliers, many laws, and what to be careful of: metrics that disagree, floors, copies, failures. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator

from board.boards import Board, Boards, name_of, quoted, two
from board.numbers import Mean, markdown, mean_of
from genbench.report import glossary
from genbench.report.agreement import agreements
from genbench.report.over_datasets import over_datasets
from genbench.report.types import Cell, Column, Flag, LeaderboardRow

# --- metrics against each other, floors, copies, failures


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
                if tau is not None and i < j and not timed & {table.names[i], table.names[j]}
            ]
            if not pairs:
                continue
            tau, one, other = min(pairs, key=lambda pair: pair[0].tau)
            yield (
                f"- [{board.suite}]({board.suite}.html), {table.title.lower()}: {one} and {other} agree least, "
                f"Kendall's τ = {two(tau.tau)} [{two(tau.interval.low)}, {two(tau.interval.high)}], {tau.rows} rows."
            )


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
            yield f"- {link}: {len(named)} of {len(rows)} rows copy their training data{quoted(named)}."


def failures(found: Boards) -> Iterator[str]:
    """What did not end well, named."""
    for board in found.values():
        table = board.data.table
        wrong = table[table["status"].isin(["failed", "diverged", "timeout"])]
        ended = wrong[["label", "dataset", "seed", "evaluation", "status"]].drop_duplicates()
        total = len(table[["label", "dataset", "seed", "evaluation"]].drop_duplicates())
        counted = ended.groupby(["label", "status"]).size()
        parts = [f"`{label}` {n} {status}" for (label, status), n in counted.items()]
        yield f"- [{board.suite}]({board.suite}.html): {len(ended)} of {total:,} jobs" + (
            f" did not end well: {', '.join(parts)}." if parts else " failed, diverged or ran out of time."
        )


# --- outliers and many datasets


def outliers(found: Boards) -> Iterator[str]:
    """Mean AUROC over the sets of a protocol: the best rows."""
    for suite, prefix, words in (
        ("board-outliers", "mnist-without-", "one digit left out"),
        ("board-outliers", "mnist-only-", "one digit alone"),
        ("board-tables", "adbench:", "tables with unlabelled outliers in training"),
        ("board-tables", "clean", "tables with a clean training part"),
    ):
        board = found.get(suite)
        if board is None:
            continue
        over = _mean_auroc(board, prefix)
        if len(over) < 3:
            continue
        best = sorted(over, key=lambda key: -over[key].value)
        models = [key for key in best if not key[0].startswith("control")][:MOST_ROWS]
        shown = [*models, *[key for key in best if key[0].startswith("control")][:2]]
        rows = [(f"`{a}`", b, over[a, b].text(), str(len(over[a, b].values))) for a, b in shown]
        yield f"Mean AUROC over {words} ([{suite}]({suite}.html)), ± over seeds, the best models and controls:"
        yield ""
        yield from markdown(("row", "score", "mean AUROC", "seeds"), rows)
        yield ""


MOST_ROWS = 8


def _mean_auroc(board: Board, prefix: str) -> dict[tuple[str, str], Mean]:
    """By row and score the mean over the protocol's sets, of rows that have all of them, seed by seed."""
    table = board.data.table
    part = table[(table["metric"] == "auroc") & (table["status"] == "ok")]
    clean = part["dataset"].str.contains("variant=clean")
    own = clean if prefix == "clean" else part["dataset"].str.startswith(prefix) & ~clean
    part = part[own & ~part["target"].fillna("").isin(["uniform-noise", "flat-grey"])]
    total = part["dataset"].nunique()
    found = {}
    for (label, score), rows in part.groupby(["label", "score"]):
        by_seed = rows.groupby(["seed", "dataset"])["value"].mean().unstack()
        whole = by_seed.dropna()
        if by_seed.shape[1] == total and len(whole):
            found[str(label), str(score)] = mean_of([float(v) for v in whole.mean(axis=1)])
    return found


def laws(found: Boards) -> Iterator[str]:
    """Over all toys: mean ranks."""
    board = found.get("board-toys")
    for over in over_datasets(board.boards) if board is not None else ():
        if len(over.rows) < 3:
            continue
        places = [f", place {row.place_range}" if row.place_range else "" for row in over.rows[:3]]
        top = [f"`{r.label}` (mean rank {r.rank.text}{p})" for r, p in zip(over.rows, places, strict=False)]
        last = over.rows[-1]
        yield (
            f"- [{board.suite}]({board.suite}.html), {over.evaluation} over {len(over.metrics)} laws: "
            f"{', '.join(top)}; last is `{last.label}` ({last.rank.text})."
        )
