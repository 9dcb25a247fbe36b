"""`genbench tune`: parse and call."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from genbench.cli.app import (
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
    names,
)
from genbench.core.errors import UsageError
from genbench.run import suite as suites


@app.command()
def tune(
    suite: SuiteName,
    models: Rows = "",
    datasets: Datasets = "",
    trials: Annotated[
        int, typer.Option(min=1, help="Trials of each row on each dataset, the default's included.")
    ] = 20,
    seed: Annotated[int, typer.Option(min=0, help="What all draws depend on.")] = 0,
    metric: Annotated[str, typer.Option(help="What to tune for [the suite's headline that the row can give].")] = "",
    sampler: Annotated[str, typer.Option(help="random, or optuna (TPE; pip install genbench[tune]).")] = "random",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The suite with what was found [DIR/SUITE-tuned.toml].")
    ] = None,
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="The folder of the trials [runs/SUITE-tuning].")] = None,
    store: StoreUrl = None,
    executor: Executor = "auto",
    workers: Workers = None,
    time_limit: TimeLimit = None,
    plugin: Plugin = None,
    data_root: DataRoot = None,
    set_: Settings = None,
    force: Annotated[bool, typer.Option("--force", help="Do all trials again.")] = False,
    as_json: Json = False,
) -> None:
    """Tune every model equally: the same number of trials at the suite's budget, scored on `val`."""
    from genbench.run.options import Options, chosen_suite

    options = Options(
        models=names(models),
        datasets=names(datasets),
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
    if output is not None and output.is_dir():
        raise UsageError(f"-o names the folder {output}: give a file in it, such as {output / 'tuned.toml'}.")
    from genbench.cli import trials as shown
    from genbench.tuning.records import Search

    search = Search(trials=trials, seed=seed, metric=metric, sampler=sampler)
    source = suites.find(suite)
    raise typer.Exit(shown.tune_and_show(chosen, options, search, source=source, output=output, as_json=as_json))
