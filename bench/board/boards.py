"""A suite's results as the findings read them. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from board.numbers import Mean, data_of, means
from genbench.report import formatting
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.report.types import Leaderboard, LeaderboardRow
from genbench.runs import suite_file

MNIST, CONV, FLOPS = "board-mnist", "board-mnist-conv", "board-mnist-flops"


@dataclass
class Board:
    """One suite's results, read once."""

    suite: str
    data: RunData
    boards: list[Leaderboard] = field(default_factory=list)

    @classmethod
    def of(cls, stores: Path, suite: str) -> Board | None:
        """The board of a suite; None where it was not run."""
        data = data_of(stores / suite, suite)
        return None if data is None or data.table.empty else cls(suite, data, leaderboards(data))

    def link(self, dataset: str, evaluation: str, words: str = "") -> str:
        """A link to a table of its page."""
        return f"[{words or f'{dataset}, {evaluation}'}]({self.suite}.html#{dataset}/{evaluation})"

    def board(self, dataset: str, evaluation: str) -> Leaderboard | None:
        """One evaluation on one dataset."""
        return next((b for b in self.boards if (b.dataset, b.evaluation) == (dataset, evaluation)), None)

    def distances(self, dataset: str = "mnist", metric: str = "frechet") -> dict[str, Mean]:
        """By label the mean of a metric."""
        table = self.data.table
        return means(table[table["evaluation"] == "sample-quality"], metric, dataset=dataset)

    @property
    def about(self) -> str:
        """What its suite is, and what each of its models was given to train on."""
        suite = suite_file.read(suite_file.find(self.suite))
        given = f" {suite.budget.images:,} images a model." if suite.budget.images else ""
        return f"{suite.summary}{given}"

    @property
    def families(self) -> dict[str, str]:
        """By label its family."""
        return dict(self.data.table[["label", "family"]].drop_duplicates().itertuples(index=False))


Boards = Mapping[str, Board]


def name_of(row: LeaderboardRow) -> str:
    return f"{row.label}, {row.score}" if row.score else row.label


def quoted(names: Sequence[str]) -> str:
    return f" ({', '.join(f'`{name}`' for name in names)})" if names else ""


def two(value: float) -> str:
    """A coefficient with two decimals, a true minus sign and no negative zero."""
    return formatting.text(float(value), 2)
