"""A leaderboard as records that page, terminal and exports share: columns, rows, cells. Logic is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from genbench.report.formatting import Scale
from genbench.report.glossary import Sense

OVERVIEW = "overview"

RowKey = tuple[str, str]
"""(label, outlier score); the score is empty where rows are not scored by several."""


class Flag(StrEnum):
    """What a reader must not miss of a row or a number, as the page, the terminal and the exports say it.

    `MEMORISES` is on a row, `COPIES` on each single number that speaks for it; `DRAWS` is on a row whose samples are
    others each time, or the same for every seed.
    """

    BELOW_CHANCE = "below chance"
    UNDER_FLOOR = "worse than the floor"
    MEMORISES = "copies its training data"
    COPIES = "nearer than held-out data"
    DRAWS = "look at its samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a number depends on beside its row and column; `genbench.report.identity` says which of it must agree.

    `n`: reference points, `m`: generated points. `budget`: what training was given, in words, empty for what is not
    trained and where it is not known. `timed`: the evaluation's numbers depend on the machine.
    """

    n: int | None = None
    m: int | None = None
    kind: str = ""
    likelihood: str = ""
    metric_version: int | None = None
    encoder: str = ""
    encoder_fingerprint: str = ""
    budget: str = ""
    device: str = ""
    timed: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row's values of one column, over seeds.

    `values`: by seed, those that are there; `missing`: by seed, the status of those that are not; `reasons`: why, each
    once. `difference`: the mean less the ceiling row's, shown in its place where the evaluation's numbers are read so.
    `half`: half-width of the 95 % interval of the mean over seeds, None for fewer than 3 seeds or for rows that
    are the same on every seed (`constant`). `sample`: the interval over samples of one fitted model, averaged; another
    thing, never mixed with `half`; `error`: the standard error that stands for it where a mean over targets has none.
    `identities`: those of its seeds, each once (none for a mean over targets);
    `comparable` says whether they are the column's. `details`: what the records of all its seeds agree on, such as k.
    `place`: 1 + rows that are significantly better; `last_place`: the other end of its range; `leads`: it is in the
    leading group, behind which there are others. `twin`: the label that shows the same fit with the same numbers first;
    both are ranked as one. `score`: 0 is the floor, 1 the ceiling; `scores`: those of the seeds; `score_clear` is False
    where floor and ceiling overlap. `text` and `half_text` are in the column's scale; `note` says what the number
    stands for where the column does not.
    """

    values: Mapping[int, float] = field(default_factory=dict)
    missing: Mapping[int, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    mean: float | None = None
    difference: float | None = None
    half: float | None = None
    constant: bool = False
    sample: tuple[float, float] | None = None
    error: float | None = None
    identities: tuple[Identity, ...] = ()
    comparable: bool = True
    details: Mapping[str, float | int | str] = field(default_factory=dict)
    place: int | None = None
    last_place: int | None = None
    leads: bool = False
    twin: str = ""
    score: float | None = None
    scores: Mapping[int, float] = field(default_factory=dict)
    score_clear: bool = True
    flags: tuple[Flag, ...] = ()
    note: str = ""
    text: str = ""
    half_text: str = ""

    def but(self, **changes: Any) -> Cell:
        """The cell with these fields changed: `dataclasses.replace`, in a tenth of its time."""
        made = object.__new__(Cell)
        made.__dict__.update(self.__dict__, **changes)
        return made

    @property
    def n(self) -> int:
        """How many seeds have a value."""
        return len(self.values)

    @property
    def failed(self) -> tuple[int, ...]:
        """The seeds that should have a value and have none, because something went wrong."""
        return tuple(seed for seed, status in self.missing.items() if status != "unsupported")

    @property
    def total(self) -> int:
        """How many seeds were asked for."""
        return len(self.values) + len(self.missing)

    @property
    def place_range(self) -> str:
        """`2`, or `2–5` where the place is not known any better; empty without a place."""
        if self.place is None:
            return ""
        return f"{self.place}" if self.last_place in (None, self.place) else f"{self.place}–{self.last_place}"

    @property
    def counts(self) -> dict[str, int]:
        """How many seeds ended how."""
        found = {"ok": len(self.values)} if self.values else {}
        for status in self.missing.values():
            found[status] = found.get(status, 0) + 1
        return found

    @property
    def plain(self) -> str:
        """The cell in one string: `1.25 ± 0.13`, `1.25 (2 of 3 seeds)`, `diverged`, `–`."""
        if self.mean is not None:
            shown = f"{self.text} ± {self.half_text}" if self.half_text else self.text
            return f"{shown} ({self.n} of {self.total} seeds)" if self.missing else shown
        return next((status for seed, status in self.missing.items() if seed in self.failed), "–")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column's numbers are: metric and target, on which encoder, against which split, which way is better.

    `over`: the targets of which it is the mean, empty where it is of one. `identities`: those that most of its rows
    share; `about`: what a header says of them. `counts`: they are whole numbers. `against`: what its numbers are shown
    as differences from, empty where they are shown as they are.
    """

    key: str
    evaluation: str
    metric: str
    target: str = ""
    over: tuple[str, ...] = ()
    encoder: str = ""
    split: str = ""
    title: str
    sense: Sense
    unit: str = ""
    scale: Scale = field(default_factory=Scale)
    identities: tuple[Identity, ...] = ()
    about: tuple[str, ...] = ()
    counts: bool = False
    against: str = ""

    @property
    def details(self) -> tuple[str, ...]:
        """The rest of the display name: target, encoder, n and split, scale and unit."""
        on = f"on {self.encoder}" if self.encoder else ""
        unit = " ".join(part for part in (self.scale.note, self.unit) if part)
        less = f"difference from {self.against}" if self.against else ""
        return tuple(part for part in (self.target, less, on, *self.about, unit) if part)

    @property
    def subtitle(self) -> str:
        """The details in one string."""
        return ", ".join(self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """A row: a model with its sampler (and, among outlier scores, one of its scores), or a control. `verdict`: what the
    tests of copying say of it, `1 of 4 tests`."""

    label: str
    model: str
    family: str
    sampler: str
    score: str = ""
    cells: Mapping[str, Cell]
    flags: tuple[Flag, ...] = ()
    verdict: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Its flags and its verdict."""
        return (*self.flags, *filter(None, (self.verdict,)))

    @property
    def is_control(self) -> bool:
        """Whether the row is a floor, a ceiling or another known answer: shown apart, never ranked."""
        return self.family == "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """One table: the overview of a dataset (a headline of each evaluation), or one evaluation with all metrics.

    `rows` are the models, best first; `controls` the ceiling, floors and other known answers. `notes` say what a reader
    must know of this table; `warnings` are controls out of their place.
    """

    dataset: str
    evaluation: str
    title: str
    summary: str = ""
    headline: str
    columns: tuple[Column, ...]
    rows: tuple[LeaderboardRow, ...]
    controls: tuple[LeaderboardRow, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_overview(self) -> bool:
        """Whether this is the dataset's overview."""
        return self.evaluation == OVERVIEW

    @property
    def not_measured(self) -> tuple[str, ...]:
        """Why no row has a value here and none failed: the reasons, each once; empty where the table has content."""
        cells = [cell for row in self.all_rows for cell in row.cells.values()]
        if any(cell.mean is not None or cell.failed for cell in cells):
            return ()
        return tuple(dict.fromkeys(reason for cell in cells for reason in cell.reasons))

    @property
    def all_rows(self) -> tuple[LeaderboardRow, ...]:
        """Models, then controls."""
        return self.rows + self.controls

    def column(self, key: str) -> Column:
        """The column of this key."""
        return next(c for c in self.columns if c.key == key)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from genbench.report.notebook import board_html

        return str(board_html(self))

    def cells(self, key: str) -> dict[str, Cell]:
        """The first cell of each label in this column."""
        found: dict[str, Cell] = {}
        for row in self.all_rows:
            if key in row.cells:
                found.setdefault(row.label, row.cells[key])
        return found
