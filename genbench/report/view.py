"""All that the sections of a page read: leaderboards by dataset, costs, provenance, anchors, the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from genbench.report.costs import Cost, costs
from genbench.report.data import Measured, RunData, read_rows
from genbench.report.families import Family, families
from genbench.report.language import Language
from genbench.report.leaderboard import leaderboards
from genbench.report.names import anchors
from genbench.report.provenance import origins
from genbench.report.types import Leaderboard, LeaderboardRow

SECTIONS = ("verdict", "over-datasets", "agreement", "models", "failures", "provenance", "glossary", "main", "reading")
"""Anchors that no dataset may take."""


@dataclass(frozen=True, slots=True)
class DatasetView:
    """One dataset: its overview, the tables of its evaluations, what each row cost, and what is known of the data."""

    name: str
    anchor: str
    overview: Leaderboard
    boards: Sequence[Leaderboard]
    costs: Mapping[str, Cost]
    known: Mapping[str, Any]

    def anchor_of(self, evaluation: str) -> str:
        """Where an evaluation's table is: `digits/diversity`."""
        return f"{self.anchor}/{evaluation}"


@dataclass(frozen=True)
class View:
    """What was run, read once for all sections."""

    data: RunData
    words: Language = field(default_factory=Language)

    @cached_property
    def found(self) -> list[Measured]:
        """The rows of the tidy table."""
        return read_rows(self.data.table)

    @cached_property
    def boards(self) -> list[Leaderboard]:
        """The leaderboards of all datasets."""
        return leaderboards(self.data, self.found)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from."""
        return origins(self.data)

    @cached_property
    def datasets(self) -> tuple[DatasetView, ...]:
        """The datasets in the order of the table."""
        overviews = [b for b in self.boards if b.is_overview]
        places = anchors((b.dataset for b in overviews), SECTIONS)
        spent = costs(self.data, self.found)
        return tuple(
            DatasetView(
                name=b.dataset,
                anchor=places[b.dataset],
                overview=b,
                boards=[other for other in self.boards if other.dataset == b.dataset and not other.is_overview],
                costs=spent.get(b.dataset, {}),
                known=self.provenance.get("datasets", {}).get(b.dataset, {}),
            )
            for b in overviews
        )

    @cached_property
    def families(self) -> list[Family]:
        """The datasets that are one of many of a kind, with the mean over them."""
        return families(self.data, self.boards)

    @cached_property
    def rows(self) -> dict[str, LeaderboardRow]:
        """One row of each label, models before controls, in the order of the first dataset's overview."""
        found: dict[str, LeaderboardRow] = {}
        for part in ("rows", "controls"):
            for one in self.datasets:
                for row in getattr(one.overview, part):
                    found.setdefault(row.label, row)
        return found

    @cached_property
    def model_anchors(self) -> Mapping[str, str]:
        """The anchor of each label's panel."""
        return {label: f"model/{anchor}" for label, anchor in anchors(self.rows).items()}
