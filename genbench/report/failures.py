"""What went wrong or could not be done, gathered: one line for each dataset and reason, with its rows and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genbench.core.values import Status
from genbench.report.data import Measured


@dataclass(frozen=True, slots=True)
class Failure:
    """Why rows have no value: which rows, on which dataset, in which evaluations, on which seeds; `jobs` counts them
    (a job is one evaluation of one row on one seed)."""

    labels: tuple[str, ...]
    dataset: str
    status: str
    reason: str
    evaluations: tuple[str, ...]
    seeds: tuple[int, ...]
    jobs: int


def failures(found: Sequence[Measured]) -> list[Failure]:
    """All that is not ok, failures before what is unsupported, in the order of the table."""
    groups: dict[tuple[str, str, str], list[Measured]] = {}
    for one in found:
        if not one.ok:
            groups.setdefault((one.dataset, one.status, one.reason), []).append(one)
    gathered = [
        Failure(
            labels=tuple(dict.fromkeys(e.label for e in group)),
            dataset=dataset,
            status=status,
            reason=reason,
            evaluations=tuple(dict.fromkeys(e.evaluation for e in group)),
            seeds=tuple(sorted({e.seed for e in group})),
            jobs=len({(e.label, e.seed, e.evaluation) for e in group}),
        )
        for (dataset, status, reason), group in groups.items()
    ]
    return sorted(gathered, key=lambda f: f.status == Status.UNSUPPORTED)
