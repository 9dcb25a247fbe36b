"""`genbench submit`: samples that genbench did not make become a row of a leaderboard."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from genbench.cli.app import app
from genbench.cli.options import Json, Seeds, takes_run_options
from genbench.cli.run import run_and_show
from genbench.runs.options import Options


@app.command()
@takes_run_options
def submit(
    name: Annotated[str, typer.Argument(help="What the leaderboard calls the row.")],
    samples: Annotated[str, typer.Option(help="A folder or zip of images, .npy or .npz.")],
    options: Options,
    suite: Annotated[str, typer.Option(help="A suite's name, or a .toml file.")] = "quick",
    seeds: Seeds = None,
    as_json: Json = False,
) -> None:
    """Make samples of your own a row of a suite's leaderboard. It gets every evaluation that samples allow."""
    from genbench.runs.options import chosen_suite, with_samples

    options = dataclasses.replace(options, seeds=seeds)
    chosen = with_samples(chosen_suite(suite, options), name, samples)
    raise typer.Exit(run_and_show(chosen, options, as_json=as_json))
