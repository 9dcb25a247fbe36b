"""`genbench run`: do what is missing of a suite, write the report, print the leaderboard."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json, Seeds, SuiteName, takes_run_options

if TYPE_CHECKING:
    from genbench.report.data import RunData
    from genbench.runs.options import Options
    from genbench.runs.outcome import Result
    from genbench.runs.suite import Suite


@app.command()
@takes_run_options
def run(
    suite: SuiteName,
    options: Options,
    seeds: Seeds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Do what is missing of a suite, report, print the leaderboard."""
    from genbench.runs.options import chosen_suite

    options = dataclasses.replace(options, seeds=seeds)
    chosen = chosen_suite(suite, options)
    if dry_run:
        from genbench.cli.dry_run import show_plan

        show_plan(chosen, options, as_json=as_json)
        return
    raise typer.Exit(run_and_show(chosen, options, as_json=as_json))


def run_and_show(suite: Suite, options: Options, *, as_json: bool) -> int:
    """Run, report, print; the exit status."""
    from genbench.api import Run
    from genbench.cli.progress import progress
    from genbench.runs.execution import execute
    from genbench.runs.session import prepare

    session = prepare(suite, options)
    for note in (*session.reading(), *session.plan.notes):
        console.note(note)
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
