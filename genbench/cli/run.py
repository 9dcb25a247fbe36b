"""`genbench run`: do what is missing of a suite, write the report, print the leaderboard."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json, SuiteName, takes_run_options
from genbench.core.errors import UsageError

if TYPE_CHECKING:
    from genbench.report.data import RunData
    from genbench.runs.options import Options
    from genbench.runs.session import Result, Session
    from genbench.runs.suite import Suite


def _count(text: str) -> int:
    """A number of seeds. Raises `UsageError` for a list of them."""
    if not text.isdecimal() or int(text) < 1:
        many = f" (`--seeds {text.count(',') + 1}` runs as many as {text})" if "," in text else ""
        raise UsageError(f"--seeds is how many seeds, from 0 on: a whole number of 1 or more; got {text!r}{many}.")
    return int(text)


@app.command()
@takes_run_options
def run(
    suite: SuiteName,
    options: Options,
    seeds: Annotated[int | None, typer.Option(parser=_count, metavar="N", help="How many seeds.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Run what is missing of a suite, write the report, print the leaderboard."""
    from genbench.runs.options import chosen_suite

    options = dataclasses.replace(options, seeds=seeds)
    chosen = chosen_suite(suite, options)
    if dry_run:
        _show_plan(chosen, options, as_json=as_json)
        return
    raise typer.Exit(run_and_show(chosen, options, as_json=as_json))


def _show_plan(suite: Suite, options: Options, *, as_json: bool) -> None:
    """What a run would do."""
    from genbench.runs.session import prepare

    session = prepare(suite, options)
    fits = {job.fit.key for job in session.missing}
    if as_json:
        console.print_json(_plan_json(session, len(fits)))
        return
    counted = Counter((job.row.dataset, job.evaluation) for job in session.missing)
    console.out.print(f"{len(session.missing)} of {len(session.plan.jobs)} jobs are missing, on {len(fits)} fits:")
    for (dataset, evaluation), number in counted.items():
        console.out.print(f"  {number:4d}  {evaluation} on {dataset}", markup=False)
    for note in (*session.reading(), *session.plan.notes):
        console.out.print(note, markup=False, soft_wrap=True)


def _plan_json(session: Session, fits: int) -> dict[str, Any]:
    jobs = [
        {
            "key": job.key,
            "label": job.row.label,
            "dataset": job.row.dataset,
            "seed": job.row.seed,
            "evaluation": job.evaluation,
        }
        for job in session.missing
    ]
    return {
        "plan": session.plan.id,
        "total": len(session.plan.jobs),
        "missing": jobs,
        "fits": fits,
        "notes": list(session.plan.notes),
        "datasets": session.reading(),
    }


def run_and_show(suite: Suite, options: Options, *, as_json: bool) -> int:
    """Run, report, print; the exit status."""
    from genbench.api import Run
    from genbench.cli.progress import progress
    from genbench.runs.session import execute, prepare

    session = prepare(suite, options)
    for note in (*session.reading(), *session.plan.notes):
        console.err.print(note, markup=False, soft_wrap=True)
    with progress() as show:
        result = execute(session, show, command=options.command)
    run_ = Run(result.run)
    page, data = run_.page(), run_.data()
    if as_json:
        console.print_json(_json(result, page, data))
    else:
        _print(result, page, data)
    return 0 if result.ok else 1


def _json(result: Result, page: Path, data: RunData) -> dict[str, Any]:
    from genbench.report.output import board_records

    return {
        "folder": str(result.folder),
        "report": str(page),
        "plan": result.plan,
        "total": result.total,
        "done": result.done,
        "counts": {str(status): n for status, n in result.counts.items()},
        "failed": list(result.failed),
        "notes": list(result.notes),
        "leaderboard": board_records(data),
    }


def _print(result: Result, page: Path, data: RunData) -> None:
    from genbench.cli.leaderboard import print_leaderboards

    print_leaderboards(data)
    if result.done == 0:
        console.out.print(f"Nothing was missing: all {result.total} jobs were done before.")
    for line in result.troubles:
        console.err.print(Text(line, style="red"), soft_wrap=True)
    if result.failed:
        console.err.print(
            f"{len(result.failed)} of {result.total} jobs did not end well; see {result.folder}/failures."
        )
    console.out.print(f"Report: {page}", soft_wrap=True)
