"""From a store to what a report reads, and from what it gives to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.report.data import RunData
from genbench.report.leaderboard import leaderboards
from genbench.store import Store


def read_run(store: Store, plan: str | None = None, *, root: Path | None = None) -> RunData:
    """All that a report reads of a plan (the last that was asked for, unless named); `root`: where its pictures are."""
    record = store.plan(plan)
    key = record.id if record else None
    return RunData(
        table=store.table(key),
        fits=store.fits(key),
        pictures=store.pictures(key),
        runs=store.runs(key),
        plan=record,
        root=root,
    )


def board_records(data: RunData) -> list[dict[str, Any]]:
    """The overviews as plain records: one a row and column, for `--json`."""
    return [
        {
            "dataset": board.dataset,
            "label": row.label,
            "family": row.family,
            "metric": column.metric,
            "target": column.target,
            "encoder": column.encoder,
            "evaluation": column.evaluation,
            "mean": cell.mean,
            "half_width": cell.half,
            "seeds": cell.n,
            "place": cell.place,
            "last_place": cell.last_place,
            "leads": cell.leads,
            "status": cell.counts,
            "flags": list(cell.flags),
        }
        for board in leaderboards(data)
        if board.is_overview
        for row in (*board.rows, *board.controls)
        for column in board.columns
        if (cell := row.cells.get(column.key)) is not None
    ]


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file, whole or not at all."""
    if path.is_dir():
        raise UsageError(f"-o names the folder {path}: give a file in it.")
    with paths.last_writer(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
