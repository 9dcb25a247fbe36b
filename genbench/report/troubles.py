"""What went wrong or could not be done, gathered: one line for each row and reason, with its seeds and evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench.report.data import Entry
from genbench.values import Status


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a row has no value: on which dataset, in which evaluations, on which seeds."""

    label: str
    dataset: str
    status: str
    reason: str
    evaluations: tuple[str, ...]
    seeds: tuple[int, ...]


def troubles(found: Sequence[Entry]) -> list[Trouble]:
    """All that is not ok, failures before what is unsupported, in the order of the table."""
    groups: dict[tuple[str, str, str, str], list[Entry]] = {}
    for entry in found:
        if not entry.ok:
            groups.setdefault((entry.label, entry.dataset, entry.status, entry.reason), []).append(entry)
    gathered = [
        Trouble(*key, tuple(dict.fromkeys(e.evaluation for e in group)), tuple(sorted({e.seed for e in group})))
        for key, group in groups.items()
    ]
    return sorted(gathered, key=lambda t: t.status == Status.UNSUPPORTED)
