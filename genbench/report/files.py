"""From a run's folder or a store's URL to files: the report, the tidy table."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.report.data import RunData
from genbench.report.export import export
from genbench.report.leaderboard import leaderboards
from genbench.report.page import render
from genbench.store import Store, claimed


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run is: its folder (pictures, report) and its store."""

    folder: Path
    store_url: str

    def data(self) -> RunData:
        """All that a report reads."""
        store = Store(self.store_url, existing=True)
        try:
            return RunData(
                table=store.table(),
                fits=store.fits(),
                pictures=store.pictures(),
                runs=store.runs(),
                root=self.folder,
            )
        finally:
            store.close()


def open_run(place: str) -> RunFolder:
    """The run in this folder, or the store at this URL. Raises `UsageError` where there is none."""
    if "://" in place:
        return RunFolder(Path.cwd(), place)
    folder = Path(place)
    database = folder / "genbench.db" if folder.is_dir() else folder
    if not database.is_file():
        raise UsageError(
            f"there is no run in {place!r} (no genbench.db): `genbench run SUITE --out {place}` makes one."
        )
    return RunFolder(database.parent, str(database))


def write_report(run: RunFolder, output: Path | None = None) -> Path:
    """Render and write the page, whole or not at all; its path."""
    path = output or run.folder / "report.html"
    _write(path, render(run.data()))
    return path


def write_table(run: RunFolder, form: str, output: Path | None) -> None:
    """The tidy table in this format, to a file or standard output."""
    content = export(run.data(), form)
    if output is None:
        sys.stdout.buffer.write(content)
        return
    _write(output, content)


def board_records(run: RunFolder) -> list[dict[str, Any]]:
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
            "status": cell.counts,
            "flags": list(cell.flags),
        }
        for board in leaderboards(run.data())
        if board.is_overview
        for row in (*board.rows, *board.controls)
        for column in board.columns
        if (cell := row.cells.get(column.key)) is not None
    ]


def clean(run: RunFolder) -> tuple[int, int]:
    """Drop weights and pictures that no current job refers to, and checkpoints: how many files, how many bytes.

    Raises `UsageError` where a run is at work in the folder: what it has just made, no job refers to yet.
    """
    with claimed(run.folder):
        return _cleaned(run)


def _cleaned(run: RunFolder) -> tuple[int, int]:
    store = Store(run.store_url, existing=True)
    try:
        fits, pictures = store.artifacts()
    finally:
        store.close()
    kept = {run.folder / "artifacts" / "fits" / f"{key}.safetensors" for key in fits}
    kept |= {run.folder / path for path in pictures}
    loose = [p for p in (run.folder / "artifacts").rglob("*") if p.is_file() and p not in kept]
    size = sum(p.stat().st_size for p in loose)
    for path in loose:
        path.unlink()
    return len(loose), size


def _write(path: Path, content: str | bytes) -> None:
    if path.is_dir():
        raise UsageError(f"-o names the folder {path}: give a file in it.")
    with paths.last_writer(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
