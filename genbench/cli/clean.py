"""`genbench clean`: drop the files that no result refers to."""

from __future__ import annotations

from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DEFAULT_RUN, RunPlace


@app.command()
def clean(
    place: RunPlace = DEFAULT_RUN,
    keep_last: Annotated[
        bool, typer.Option("--keep-last", help="Drop the results of all plans but the last, too.")
    ] = False,
) -> None:
    """Drop weights, checkpoints and pictures that no result refers to."""
    from genbench.api import load

    dropped, size = load(place).clean(keep_last=keep_last)
    console.out.print(f"dropped {dropped} files, {size / 2**20:.1f} MiB")
