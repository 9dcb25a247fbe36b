"""What is best over many sets: outliers over digits and tables, mean ranks over laws. Torch-free."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from board.boards import Board, Boards
from board.numbers import Mean, markdown, mean_of
from genbench.report import formatting
from genbench.report.over_datasets import over_datasets

MOST_ROWS = 12


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
        part = _of_protocol(board, prefix)
        over = _mean_auroc(part)
        if len(over) < 3:
            continue
        firsts: dict[str, tuple[str, str]] = {}
        for label, score in sorted(over, key=lambda key: -over[key].mean.value):
            firsts.setdefault(label, (label, score))
        shown = list(firsts.values())[:MOST_ROWS]
        scores = Counter(label for label, _ in over)
        rows = [
            (f"{k}", f"`{label}`", f"{score}, of {scores[label]}", *over[label, score].texts)
            for k, (label, score) in enumerate(shown, 1)
        ]
        first = next(key for key in shown if not key[0].startswith("control"))
        yield (
            f"Mean AUROC over {len(over[first].sets)} sets, {words} ([{suite}]({suite}.html)), each row by the score "
            f"that did best here (so its number is a little too good, the more scores it has), against "
            f"{_how_many(part)} outliers. {_apart(over, first, shown)}"
        )
        yield ""
        yield from markdown(("", "row", "score", "mean, ± over seeds", "± over sets"), rows)
        yield ""


def _how_many(part: pd.DataFrame) -> str:
    """How many outliers the sets hold: `3 (adbench:glass) to 573`."""
    held = part.groupby("dataset")["m"].max().sort_values()
    least, most = int(held.iloc[0]), int(held.iloc[-1])
    return f"{least:,}" if least == most else f"{least:,} ({held.index[0].partition('?')[0]}) to {most:,}"


def _apart(over: Mapping[tuple[str, str], OverSets], first: tuple[str, str], shown: Sequence[tuple[str, str]]) -> str:
    """How far the best model is from the next row and from the best control, set by set."""
    others = [key for key in shown if key != first]
    control = next((key for key in others if key[0].startswith("control")), None)
    said = [over[first].beside(over[key], f"`{key[0]}`") for key in dict.fromkeys([others[0], control]) if key]
    beside = f"Set by set `{first[0]}` is {' and '.join(said)}."
    if control is None:
        return beside
    models = [key for key in shown if not key[0].startswith("control")]
    above = [f"`{key[0]}`" for key in models if over[key].is_above(over[control])]
    said_of = f"{', '.join(above) or 'none'} {'are' if len(above) > 1 else 'is'} surely above `{control[0]}`"
    return f"{beside} Of the {len(models)} models in the table {said_of}."


@dataclass(frozen=True, slots=True)
class OverSets:
    """A row's AUROC: its mean over sets with the interval over seeds, and on each set its mean over seeds."""

    mean: Mean
    sets: Sequence[float]

    @property
    def texts(self) -> tuple[str, str]:
        """`0.770 ± 0.016`, `0.09`; one that is the same on every seed has no interval over them."""
        return self.mean.text(), f"{mean_of(self.sets).half or 0.0:.2f}"

    def less(self, other: OverSets) -> Mean:
        """The mean difference over sets."""
        return mean_of([a - b for a, b in zip(self.sets, other.sets, strict=True)])

    def is_above(self, other: OverSets) -> bool:
        """Whether the interval of the mean difference over sets is above 0."""
        gap = self.less(other)
        return gap.half is not None and gap.low > 0

    def beside(self, other: OverSets, name: str) -> str:
        """`not surely above NAME (0.037 ± 0.048)`: the mean difference over sets with its interval."""
        gap = self.less(other)
        half = math.inf if gap.half is None else gap.half
        where = "surely above" if self.is_above(other) else "below" if other.is_above(self) else "not surely above"
        return f"{where} {name} ({formatting.text(gap.value, 3)} ± {half:.3f})"


def _of_protocol(board: Board, prefix: str) -> pd.DataFrame:
    """The AUROCs of a protocol's sets, but against noise that everybody finds."""
    table = board.data.table
    part = table[(table["metric"] == "auroc") & (table["status"] == "ok")]
    clean = part["dataset"].str.contains("variant=clean")
    own = clean if prefix == "clean" else part["dataset"].str.startswith(prefix) & ~clean
    return part[own & ~part["target"].fillna("").isin(["uniform-noise", "flat-grey"])]


def _mean_auroc(part: pd.DataFrame) -> dict[tuple[str, str], OverSets]:
    """By row and score the mean over the protocol's sets, of rows that have all of them, seed by seed."""
    total = part["dataset"].nunique()
    found = {}
    for (label, score), rows in part.groupby(["label", "score"]):
        by_seed = rows.groupby(["seed", "dataset"])["value"].mean().unstack()
        whole = by_seed.dropna()
        if by_seed.shape[1] == total and len(whole):
            over_seeds = [float(v) for v in whole.mean(axis=1)]
            found[str(label), str(score)] = OverSets(mean_of(over_seeds), [float(v) for v in whole.mean(axis=0)])
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
