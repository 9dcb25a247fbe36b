"""`genbench report`: the page, rendered again from the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DEFAULT_RUN, PlanId, Plugin, RunPlace, load_plugins


@app.command()
def report(
    place: RunPlace = DEFAULT_RUN,
    plan: PlanId = None,
    plugin: Plugin = None,
    lang: Annotated[str, typer.Option("--lang", help="The page's language: en or vi.")] = "en",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file to write [DIR/report.html].")] = None,
) -> None:
    """Render the report again from the store, without torch."""
    from genbench.api import load

    load_plugins(plugin)
    console.out.print(f"wrote {load(place, plan=plan).report(output, lang=lang)}", soft_wrap=True)
