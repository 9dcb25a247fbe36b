"""What a check of known answers may ask of one dataset's tables. The report makes these; no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Summary(Protocol):
    """A row's number over its seeds. `error`: standard error of the mean (spread over seeds and sampling together);
    `details`: what the records of all its seeds agree on, such as k."""

    @property
    def mean(self) -> float | None: ...
    @property
    def error(self) -> float | None: ...
    @property
    def values(self) -> Mapping[int, float]: ...
    @property
    def n(self) -> int | None: ...
    @property
    def m(self) -> int | None: ...
    @property
    def comparable(self) -> bool: ...
    @property
    def details(self) -> Mapping[str, float | int | str]: ...


class Table(Protocol):
    """One evaluation on one dataset."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """(metric, target) of each column."""

    @property
    def models(self) -> Sequence[str]:
        """The labels of the rows that are no controls, each once."""

    @property
    def controls(self) -> Mapping[str, str]:
        """The label of each control by its name in the registry."""

    def scores(self, label: str) -> Sequence[str]:
        """The outlier scores of this row, best first; `""` alone where it has none."""

    def cell(self, label: str | None, metric: str, target: str = "", score: str | None = None) -> Summary | None:
        """The number of this row in this column, of its first outlier score unless one is named; None where there is
        none, or no row."""

    def title(self, metric: str) -> str:
        """The display name of a metric."""

    def better(self, one: Summary, other: Summary, metric: str, *, among: int) -> bool:
        """Whether `one` is better than `other` beyond chance, where so many rows are looked at."""


@dataclass(frozen=True, slots=True)
class Copying:
    """What the tests say of one row: the metrics that judged it, those of them that flag it, and the verdict."""

    judged: frozenset[str]
    flagged: frozenset[str]
    memorises: bool = False


class Results(Protocol):
    """All tables of one dataset. `copying`: what is known of each row; `copies`: labels of those that memorise."""

    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def copying(self) -> Mapping[str, Copying]: ...
    @property
    def copies(self) -> frozenset[str]: ...
