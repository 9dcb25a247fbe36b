"""What the board says: sentences made of its numbers, each with its interval and a link to its table. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from board.boards import CONV, MNIST, Board, Boards, name_of
from board.claims import wrapped
from board.findings_care import copies, disagreements, failures, floors
from board.findings_order import backbones, compute, samplers
from board.findings_sets import laws, outliers
from board.numbers import Mean, means, percent
from genbench.core.text import safe_text
from genbench.report import formatting, glossary
from genbench.report.costs import costs, front
from genbench.report.data import read_rows
from genbench.report.types import Column, Leaderboard
from genbench.report.verdict import Ranked, ranked_rows


def page(stores: Path, suites: Sequence[str]) -> str:
    """The Markdown page of findings from whatever was run."""
    found = {suite: board for suite in suites if (board := Board.of(stores, suite)) is not None}
    lines = [
        "# What the board says",
        "",
        "<!-- made by bench/leaderboard.py of the stored numbers: run it again, do not edit -->",
        "",
        "Every sentence is made of numbers of the board and names its table. ± is the 95 % interval of a mean over",
        "seeds; a place such as 2–5 holds the true places of all rows at once with 95 % ([how](../statistics.md)). All "
        "trained rows of a board saw as many images, those of board-mnist-flops did as many operations. Seconds are "
        "those of a GPU that several trainings shared: within a factor of two they say nothing, so that costs are "
        "compared by operations. Rows lead that no row is surely better than: where seeds say little, those are many. "
        "A code may have any size, and a larger one always reconstructs better. "
        "Outliers are found by each model's own score; the board has all scores.",
    ]
    for title, make in SECTIONS.items():
        said = list(make(found))
        if said:
            lines += ["", f"## {title}", "", *said]
    lines += [] if found else ["", "Not run yet."]
    return "\n".join(wrapped(lines)) + "\n"


# --- who is best at what, at which cost


def purposes(found: Boards) -> Iterator[str]:
    """For each dataset and evaluation its leading group, the best of each family, what it cost."""
    for board in found.values():
        if board.suite in ("board-outliers", "board-tables"):
            continue
        said = [_purpose(board, one) for one in board.boards if not one.is_overview and one.rows]
        if any(said):
            yield from (f"### {board.suite}", "", board.about, "")
            yield from (*(f"- {sentence}" for sentence in said if sentence), "")


def _purpose(board: Board, leaderboard: Leaderboard) -> str:
    column, rows = _standing(board, leaderboard)
    if len(rows) < 2:
        return ""
    leading = [(row, cell) for row, cell in rows if cell.leads]
    best, cell = rows[0]
    link = board.link(leaderboard.dataset, leaderboard.evaluation)
    said = f"{link}: "
    if leading:
        names = ", ".join(f"`{name_of(row)}`" for row, _ in leading[:4])
        more = f" and {len(leading) - 4} more" if len(leading) > 4 else ""
        said += f"{names}{more} lead{'s' if len(leading) == 1 else ''} {len(rows)} rows"
    else:
        said += f"`{name_of(best)}` has the best mean of {len(rows)} rows, and is surely better than none of them"
    spent = _seconds(board, leaderboard.dataset).get(best.label)
    cost = f", trained in {formatting.duration(spent)} a seed" if spent else ""
    first = "the first: " if len(leading) > 1 else ""
    said += f" ({first}{_name(column)} {cell.plain}, place {cell.place_range}{cost})"
    others = _of_families(rows, best.family)
    return said + (f"; {others}." if others else ".")


def _standing(board: Board, one: Leaderboard) -> tuple[Column, list[Ranked]]:
    """The column that says who is best in an evaluation, and the rows that have a place of their own in it, the best
    first: its headline, or the overview's mean of it over targets (of the hard ones first), since an easy target alone
    has nearly all rows at its end. `vae+gmm10` is `vae` once more where nothing is sampled."""
    overview = next((b for b in board.boards if b.is_overview and b.dataset == one.dataset), one)
    mean = next((c for c in overview.columns if c.evaluation == one.evaluation and c.over), None)
    shown, column = (overview, mean) if mean else (one, one.column(one.headline))
    return column, [
        (row, cell) for row, cell in ranked_rows(shown, column) if cell.place and cell.twin in ("", row.label)
    ]


def _name(column: Column) -> str:
    """A column's metric, and of which set where it is of one among several."""
    if column.over:
        return f"{column.title}, {column.target}"
    return f"{column.title} on {column.target}" if column.target else column.title


def _seconds(board: Board, dataset: str) -> dict[str, float]:
    """By label the seconds of training, a seed's share, of rows that are trained."""
    spent = costs(board.data, read_rows(board.data.table)).get(dataset, {})
    return {label: cost.seconds for label, cost in spent.items() if cost.seconds}


def _operations(board: Board, dataset: str) -> dict[str, float]:
    """By label the operations of training, of rows that are trained by steps."""
    spent = costs(board.data, read_rows(board.data.table)).get(dataset, {})
    return {label: cost.operations for label, cost in spent.items() if cost.operations}


def _counted(operations: float) -> str:
    return safe_text(f"{operations:.2g} operations")


def _of_families(rows: Sequence[Ranked], but: str) -> str:
    firsts: dict[str, Ranked] = {}
    for row, cell in rows:
        firsts.setdefault(row.family, (row, cell))
    return ", ".join(
        f"best {family} `{name_of(row)}` {cell.plain}" for family, (row, cell) in firsts.items() if family != but
    )


def bargains(found: Boards) -> Iterator[str]:
    """Operations of training against quality: what no row beats in both, and what drawing samples costs."""
    for suite in (MNIST, CONV):
        board = found.get(suite)
        if board is None:
            continue
        spent = _operations(board, "mnist")
        distances = {k: v for k, v in board.distances().items() if not k.startswith("control")}
        points = {k: (spent[k], v.value) for k, v in distances.items() if k in spent}
        best = front(points)
        if best:
            steps = "; ".join(f"`{label}` {_counted(points[label][0])}, {distances[label].text()}" for label in best)
            link = board.link("mnist", "sample-quality", suite)
            yield f"- {link}: no row is both cheaper to train and better than {steps}."
        yield from _sampling(board, distances)


def _sampling(board: Board, distances: Mapping[str, Mean]) -> Iterator[str]:
    table = board.data.table
    speed = means(table[table["evaluation"] == "speed"], "sample-throughput")
    known = {label: speed[label].value for label in distances if label in speed}
    if len(known) < 3:
        return
    fastest, slowest = max(known, key=lambda x: known[x]), min(known, key=lambda x: known[x])
    yield (
        f"- {board.link('mnist', 'speed', board.suite)}: drawing differs by a factor of "
        f"{known[fastest] / known[slowest]:,.0f}, from {known[slowest]:,.0f} images a second (`{slowest}`) to "
        f"{known[fastest]:,.0f} (`{fastest}`)."
    )


LEAD = {True: "lead", False: "no seed sets apart"}
"""What is said of the rows from which the cheapest is picked."""


def picks(found: Boards) -> Iterator[str]:
    """What a student should pick: of the rows that lead, of all where none does, the one that takes the fewest
    operations to train; of equals the best."""
    for suite in (MNIST, CONV):
        board = found.get(suite)
        spent = {} if board is None else dict.fromkeys(_seconds(board, "mnist"), 0.0) | _operations(board, "mnist")
        for one in board.boards if board is not None else ():
            if one.is_overview or one.dataset != "mnist" or glossary.evaluation(one.evaluation).timed:
                continue
            column, rows = _standing(board, one)
            is_led = any(cell.leads for _, cell in rows)
            able = [(row, cell) for row, cell in rows if cell.leads == is_led and row.label in spent]
            if not able:
                continue
            row, cell = min(able, key=lambda pair: spent[pair[0].label])
            rest = "the best" if len(able) == 1 else f"the cheapest of {len(able)} trained rows that {LEAD[is_led]}"
            link = board.link("mnist", one.evaluation, f"{suite}, {one.evaluation}")
            cost = f"{_counted(spent[row.label])} a seed" if spent[row.label] else "no training by steps"
            number = f"{_name(column)} {cell.plain}, place {cell.place_range}, {cost}"
            without = _without_labels(able, spent)
            yield f"- {link}: `{name_of(row)}`, {rest} ({number}){without}."
        yield from _trust(board) if board is not None else ()


def _without_labels(able: Sequence[Ranked], spent: Mapping[str, float]) -> str:
    """Where the cheapest of these is told the classes, the cheapest that is not."""
    ordered = [row for row, _ in sorted(able, key=lambda pair: spent[pair[0].label])]
    if not _is_told(ordered[0].model):
        return ""
    others = [row for row in ordered if not _is_told(row.model)]
    return f"; it is told the classes: without them `{name_of(others[0])}`" if others else "; it is told the classes"


def _is_told(model: str) -> bool:
    card = glossary.model(model)
    return card is not None and "conditional" in card.capabilities


def _trust(board: Board) -> Iterator[str]:
    """How far one seed of a row can be trusted."""
    distances = {k: v for k, v in board.distances().items() if not k.startswith("control")}
    spread = {k: v.spread / v.value for k, v in distances.items() if v.spread}
    if len(spread) < 5:
        return
    ordered = sorted(spread, key=lambda k: spread[k])
    least, middle, most = ordered[0], ordered[len(ordered) // 2], ordered[-1]
    link = board.link("mnist", "sample-quality", board.suite)
    yield (
        f"- {link}: Fréchet distances spread least over seeds for `{least}` (a standard deviation of "
        f"{percent(spread[least])} of the mean), most for `{most}` ({percent(spread[most])}); the median row has "
        f"{percent(spread[middle])}."
    )


SECTIONS = {
    "Who is best at what": purposes,
    "At which cost": bargains,
    "What samplers do": samplers,
    "What the backbone changes": backbones,
    "What equal operations change": compute,
    "Outliers": outliers,
    "Over all laws": laws,
    "Where metrics disagree": disagreements,
    "Below the floor": floors,
    "Who copies": copies,
    "What failed": failures,
    "What to pick": picks,
}
