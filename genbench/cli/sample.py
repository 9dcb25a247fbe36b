"""`genbench sample`: draw from a model that was trained in a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DataRoot, PlanId, Plugin, load_plugins


@app.command()
def sample(
    place: Annotated[str, typer.Argument(metavar="DIR", help="A run's folder.")],
    model: Annotated[str, typer.Argument(help="A row's name, such as ae+gmm10.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 64,
    dataset: Annotated[str | None, typer.Option(help="Which dataset [the run's first].")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which seed.")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help=".png for a grid, .npy for an array.")] = None,
    plan: PlanId = None,
    plugin: Plugin = None,
    data_root: DataRoot = None,
) -> None:
    """Draw from a model that was trained in a run. The first draws are those that were measured."""
    load_plugins(plugin)
    from genbench.api import load

    run = load(place, plan=plan)
    trained = run.model(model, dataset=dataset, seed=seed, data_root=data_root)
    safe_name = re.sub(r"[^\w.+-]", "_", model)
    path = output or Path(f"{safe_name}-seed{seed}.png")
    run.folder.check_output(path)
    trained.save_samples(n, path)
    console.out.print(f"wrote {n} samples to {path}", soft_wrap=True)
