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
    """Bring together the whole parts that are packed below `pages`, in `out`, and write every page of them."""
    pages.mkdir(parents=True, exist_ok=True)
    noted = [(part, stores.note_of(packed(part.name, pages / PACKED))) for part in parts()]
    states = [state(part, note) for part, note in noted]
    whole = [part for (part, _), how in zip(noted, states, strict=True) if how == "whole"]
    runs = {suite: load(out / "suites" / suite) for suite in gather_all(out, pages / PACKED, whole)}
    boards = [suite for suite, run in runs.items() if suite.startswith("board-") and _has_controls(run)]
    for left in pages.glob("board-*.*"):
        if left.name.partition(".")[0] not in boards:
            left.unlink()
    for suite in boards:
        write_board(runs[suite], suite, pages)
    (pages / "papers.md").write_text(claims.page(papers.comparisons(out / "suites"), why(pages)), encoding="utf-8")
    (pages / "scaling.md").write_text(scaling.page(out / "suites", pages), encoding="utf-8")
    (pages / "findings.md").write_text(findings.page(out / "suites", boards), encoding="utf-8")
    write_parts(pages / "README.md", noted, states)
    sizes = {path: path.stat().st_size / 2**20 for path in sorted(pages.rglob("*")) if path.is_file()}
    for path, size in sizes.items():
        print(f"{size:8.2f} MiB  {path}")
    print(f"{sum(sizes.values()):8.2f} MiB  in all")


def gather_all(out: Path, folder: Path, whole: Sequence[Part]) -> list[str]:
    """The suites of the parts that are packed whole in a folder, the store of each made anew below OUT/suites.

    A part that was cut short, or is of another version, is left out: rows of one seed, or of other budgets, would stand
    among whole ones.
    """
    by_suite: dict[str, list[Path]] = {}
    for part in parts():
        shutil.rmtree(out / "suites" / part.suite, ignore_errors=True)
    for part in whole:
        by_suite.setdefault(part.suite, []).append(packed(part.name, folder))
    for suite, files in by_suite.items():
        stores.gather(files, out / "suites" / suite)
    return list(by_suite)


def _has_controls(run: Run) -> bool:
    """Whether its tables have known answers beside the models, without which they are not read."""
    return bool((run.table()["family"] == "control").any())


def write_board(run: Run, suite: str, pages: Path) -> None:
    """The report of a board and its tidy table in two formats."""
    write_file(pages / f"{suite}.html", render(run.data()))
    run.export("parquet", pages / f"{suite}.parquet")
    csv = gzip.compress(run.export("csv"), mtime=0)
    (pages / f"{suite}.csv.gz").write_bytes(csv)


def why(pages: Path) -> dict[str, str]:
    """By paper what is known of a difference: the files `why-NAME.md` beside the pages, written by hand."""
    return {path.stem.removeprefix("why-"): path.read_text().strip() for path in sorted(pages.glob("why-*.md"))}


def write_parts(path: Path, noted: Sequence[tuple[Part, Mapping[str, Any] | None]], states: Sequence[str]) -> None:
    """Put the table of the parts into the page between its two marks; the rest of the page is written by hand."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# The reference leaderboard\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [_row(part, note, how) for (part, note), how in zip(noted, states, strict=True)]
    minutes = sum(float(note["seconds"]) for _, note in noted if note is not None) / 60
    whole = states.count("whole")
    left = "" if whole == len(noted) else " (what the others lack is on no page)"
    lines = [
        *markdown(("part", "suite", "expected", "took", "on", "jobs"), rows, words=True),
        "",
        f"{whole} of {len(noted)} parts are whole{left}; all took {minutes:.0f} minutes.",
    ]
    made = "\n".join([BEGIN, "", *lines, "", END])
    path.write_text(f"{before}{made}{after}", encoding="utf-8")


def _row(part: Part, note: Mapping[str, Any] | None, how: str) -> tuple[str, ...]:
    first = (f"`{part.name}`", f"`{part.suite}`", f"{part.minutes:g} min")
    if note is None:
        return (*first, "not run", "", "")
    jobs = ", ".join(f"{n:,} {status}" for status, n in sorted(note["jobs"].items()))
    took = f"{float(note['seconds']) / 60:.1f} min{'' if how == 'whole' else f', {how}'}"
    return (*first, took, note["machine"], jobs)
