"""`genbench score`: samples that genbench did not make."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import DataRoot, Json, Output, Plugin, load_plugins, names


@app.command()
def score(
    real: Annotated[str, typer.Option(help="Real data: a folder of images, .npy or .npz; or mu and sigma in .npz.")],
    fake: Annotated[str, typer.Option(help="Generated data, the same forms.")],
    train: Annotated[str | None, typer.Option(help="The training data, for the memorisation metrics.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="Images need one, features do not. For FID inception-v3 or inception-v3:FILE."),
    ] = None,
    metrics: Annotated[str, typer.Option(help="Only these, such as frechet,kid.")] = "",
    output: Output = None,
    plugin: Plugin = None,
    data_root: DataRoot = None,
    as_json: Json = False,
) -> None:
    """Score samples that genbench did not make."""
    from genbench.report.output import write_file
    from genbench.scoring import Request
    from genbench.scoring import score as score_

    load_plugins(plugin)
    request = Request(real=real, fake=fake, train=train, encoder=encoder, metrics=names(metrics), data_root=data_root)
    scores = score_(request)
    if output is not None:
        write_file(output, json.dumps(scores.to_json(), indent=1, ensure_ascii=False) + "\n")
    if as_json:
        console.print_json(scores.to_json())
    else:
        console.out.print(scores.render(), markup=False, soft_wrap=True)
