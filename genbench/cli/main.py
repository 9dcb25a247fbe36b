"""The commands around a run. Each one imports what it needs when it is called, so that `--help` answers at once."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

import genbench
from genbench.cli import console, listing, tools, tuning
from genbench.cli.app import (
    DEFAULT_RUN,
    DataRoot,
    Datasets,
    Device,
    Executor,
    Json,
    Plugin,
    Rows,
    Settings,
    StoreUrl,
    SuiteName,
    TimeLimit,
    Workers,
    app,
    load_plugins,
    names,
)
from genbench.core.errors import GenbenchError

assert tools and tuning  # they register their commands


def main() -> None:
    """The entry point: every error of genbench becomes one sentence and exit status 2."""
    try:
        code = app(standalone_mode=False, prog_name="genbench")  # what `typer.Exit` carries comes back as a value
    except GenbenchError as error:
        code = console.say_wrong(str(error), code=2)
    except OSError as error:
        code = console.say_wrong(f"{error.strerror or error}: {error.filename or 'no file named'}.", code=2)
    except (KeyboardInterrupt, typer.Abort):
        code = console.say_wrong("stopped; what was done is kept, the same command goes on from here.", code=130)
    except Exception as error:
        if not (hasattr(error, "show") and hasattr(error, "exit_code")):
            raise
        error.show()  # the parser's own errors know how to show themselves
        code = error.exit_code
    raise SystemExit(code or 0)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        console.out.print(genbench.__version__)
        raise typer.Exit


@app.command()
def run(
    suite: SuiteName,
    models: Rows = "",
    datasets: Datasets = "",
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds.")] = None,
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="The run's folder [runs/SUITE].")] = None,
    store: StoreUrl = None,
    executor: Executor = "auto",
    workers: Workers = None,
    time_limit: TimeLimit = None,
    plugin: Plugin = None,
    data_root: DataRoot = None,
    set_: Settings = None,
    force: Annotated[bool, typer.Option("--force", help="Do all jobs again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Run what is missing of a suite, write the report, print the leaderboard."""
    from genbench.run.options import Options, chosen_suite

    options = Options(
        models=names(models),
        datasets=names(datasets),
        seeds=seeds,
        device=device,
        out=out,
        store=store,
        executor=executor,
        workers=workers,
        time_limit=time_limit,
        plugins=plugin or (),
        data_root=data_root,
        settings=set_ or (),
        force=force,
        command=shlex.join(["genbench", *sys.argv[1:]]),
    )
    chosen = chosen_suite(suite, options)
    from genbench.cli import running

    if dry_run:
        running.show_plan(chosen, options, as_json=as_json)
        return
    raise typer.Exit(running.run_and_show(chosen, options, as_json=as_json))


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="models, datasets, encoders, metrics, evaluations or suites.")],
    plugin: Plugin = None,
    as_json: Json = False,
) -> None:
    """What there is."""
    load_plugins(plugin)
    listing.show_list(kind, as_json=as_json)


@app.command()
def show(
    kind: Annotated[str, typer.Argument(help="model, dataset, encoder, metric, evaluation or suite.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    plugin: Plugin = None,
    data_root: DataRoot = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a dataset's contact sheet to this PNG.")] = None,
    as_json: Json = False,
) -> None:
    """All that is known of one thing."""
    load_plugins(plugin)
    listing.show_one(kind, name, data_root=data_root, sheet=sheet, as_json=as_json)


@app.command()
def report(
    place: Annotated[str, typer.Argument(metavar="[DIR|URL]", help="A run's folder or a store's URL.")] = DEFAULT_RUN,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file to write [DIR/report.html].")] = None,
) -> None:
    """Render the report again from the store, without torch."""
    from genbench.report.files import open_run, write_report

    folder = open_run(place)
    console.out.print(f"wrote {write_report(folder, output)}", soft_wrap=True)


@app.command()
def export(
    place: Annotated[str, typer.Argument(metavar="[DIR|URL]", help="A run's folder or a store's URL.")] = DEFAULT_RUN,
    format_: Annotated[str, typer.Option("--format", help="csv, parquet, json, latex or markdown.")] = "csv",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file to write [standard output].")] = None,
) -> None:
    """The tidy table: one row a value."""
    from genbench.report.files import open_run, write_table

    write_table(open_run(place), format_, output)


@app.command()
def doctor(data_root: DataRoot = None, as_json: Json = False) -> None:
    """Device, versions, data and weights: what is there, what is missing, and the remedy."""
    from genbench.cli import doctor as doctor_

    doctor_.show(data_root, as_json=as_json)
