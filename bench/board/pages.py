"""Everything that is made of the packed parts: stores brought together, reports, tables, pages. Torch-free."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from board import PACKED, claims, findings, papers, scaling, stores
from board.numbers import markdown
from board.parts import Part, parts, state
from board.runner import packed
from genbench.api import Run, load
from genbench.report.output import write_file
from genbench.report.page import render

BEGIN, END = "<!-- parts -->", "<!-- end of parts -->"


def write_pages(out: Path, pages: Path) -> None:
    """Bring together what is packed below `pages`, in `out`, and write every page of it."""
    pages.mkdir(parents=True, exist_ok=True)
    notes = gather_all(out, pages / PACKED)
    boards = [suite for suite in notes if suite.startswith("board-")]
    for suite in boards:
        write_board(load(out / "suites" / suite), suite, pages)
    (pages / "papers.md").write_text(claims.page(papers.comparisons(out / "suites"), why(pages)), encoding="utf-8")
    (pages / "scaling.md").write_text(scaling.page(out / "suites", pages), encoding="utf-8")
    (pages / "findings.md").write_text(findings.page(out / "suites", boards), encoding="utf-8")
    write_parts(pages / "README.md", notes)
    sizes = {path: path.stat().st_size / 2**20 for path in sorted(pages.rglob("*")) if path.is_file()}
    for path, size in sizes.items():
        print(f"{size:8.2f} MiB  {path}")
    print(f"{sum(sizes.values()):8.2f} MiB  in all")


def gather_all(out: Path, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """By suite the notes of its parts that are packed in a folder, its store made anew below OUT/suites."""
    by_suite: dict[str, list[Path]] = {}
    for part in parts():
        file = packed(part.name, folder)
        if file.exists():
            by_suite.setdefault(part.suite, []).append(file)
    notes = {}
    for suite, files in by_suite.items():
        whole = out / "suites" / suite
        shutil.rmtree(whole, ignore_errors=True)
        notes[suite] = stores.gather(files, whole)
    return notes


def write_board(run: Run, suite: str, pages: Path) -> None:
    """The report of a board and its tidy table in two formats."""
    write_file(pages / f"{suite}.html", render(run.data()))
    run.export("parquet", pages / f"{suite}.parquet")
    csv = gzip.compress(run.export("csv"), mtime=0)
    (pages / f"{suite}.csv.gz").write_bytes(csv)


def why(pages: Path) -> dict[str, str]:
    """By paper what is known of a difference: the files `why-NAME.md` beside the pages, written by hand."""
    return {path.stem.removeprefix("why-"): path.read_text().strip() for path in sorted(pages.glob("why-*.md"))}


def write_parts(path: Path, notes: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Put the table of the parts into the page between its two marks; the rest of the page is written by hand."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# The reference leaderboard\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    taken = {note["part"]: note for found in notes.values() for note in found}
    rows = [_row(part, taken.get(part.name)) for part in parts()]
    total = sum(float(note["seconds"]) for note in taken.values())
    lines = [
        *markdown(("part", "suite", "expected", "took", "on", "jobs"), rows, words=True),
        "",
        f"{len(taken)} of {len(rows)} parts were run, {total / 60:.0f} minutes in all.",
    ]
    made = "\n".join([BEGIN, "", *lines, "", END])
    path.write_text(f"{before}{made}{after}", encoding="utf-8")


def _row(part: Part, note: Mapping[str, Any] | None) -> tuple[str, ...]:
    first = (f"`{part.name}`", f"`{part.suite}`", f"{part.minutes:g} min")
    if note is None:
        return (*first, "not run", "", "")
    jobs = ", ".join(f"{n:,} {status}" for status, n in sorted(note["jobs"].items()))
    how = state(part, note)
    took = f"{float(note['seconds']) / 60:.1f} min{'' if how == 'whole' else f', {how}'}"
    return (*first, took, note["machine"], jobs)
