"""`genbench export`: the tables for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DEFAULT_RUN, PlanId, Plugin, RunPlace, load_plugins

ENDINGS = {".parquet": "parquet", ".json": "json", ".tex": "latex", ".md": "markdown", ".bib": "bibtex"}
"""What a file's ending says of its format."""


@app.command()
def export(
    place: RunPlace = DEFAULT_RUN,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, parquet, json, latex, markdown or bibtex; with -o FOLDER mlflow, wandb, tensorboard, model-card "
            "or every-eval-ever [what the ending of -o says, else csv].",
        ),
    ] = None,
    plan: PlanId = None,
    plugin: Plugin = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="What to write [standard output].")] = None,
) -> None:
    """The tidy table, one row a value; or the run for other tools."""
    from genbench.api import load

    load_plugins(plugin)
    chosen = format_ or ENDINGS.get("" if output is None else output.suffix.lower(), "csv")
    content = load(place, plan=plan).export(chosen, output)
    if output is None:
        console.write_bytes(content)
    elif not content:
        console.out.print(f"wrote {output}", markup=False, soft_wrap=True)
