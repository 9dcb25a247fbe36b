"""`genbench tune`: the same trials for every row, scored on `val`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genbench.cli.app import app
from genbench.cli.options import Json, SuiteName, takes_run_options
from genbench.core.errors import UsageError
from genbench.runs import suite_file

if TYPE_CHECKING:
    from genbench.runs.options import Options


@app.command()
@takes_run_options
def tune(
    suite: SuiteName,
    options: Options,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials of each row on each dataset, the default's included.")
    ] = 20,
    seed: Annotated[int, typer.Option(min=0, help="What all draws depend on.")] = 0,
    metric: Annotated[str, typer.Option(help="What to tune for [the suite's headline that the row can give].")] = "",
    sampler: Annotated[str, typer.Option(help="random, or optuna (TPE; pip install genbench[tune]).")] = "random",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The suite with what was found [DIR/SUITE-tuned.toml].")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tune every model equally. Each gets the same number of trials at the suite's budget, scored on `val`."""
    from genbench.runs.options import chosen_suite

    options = dataclasses.replace(options, controls=False)  # which have nothing to tune
    chosen = chosen_suite(suite, options)
    if output is not None and output.is_dir():
        raise UsageError(f"-o names the folder {output}: give a file in it, such as {output / 'tuned.toml'}.")
    from genbench.cli.tuning import tune_and_show
    from genbench.tuning.records import Search

    search = Search(trials=trials, seed=seed, metric=metric, sampler=sampler)
    source = suite_file.find(suite)
    raise typer.Exit(tune_and_show(chosen, options, search, source=source, output=output, as_json=as_json))
