"""`genbench new`: a working one-file template."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.core.errors import UsageError


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="model")],
    name: Annotated[str, typer.Argument(help="What it will be called, such as my-vae.")],
) -> None:
    """A working one-file template."""
    from genbench import registry
    from genbench.core import paths

    if kind != "model":
        raise UsageError(f"`genbench new` makes a model; got {kind!r}.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UsageError(f"a model's name is small letters, digits and hyphens, such as my-vae; got {name!r}.")
    path = Path(f"{name.replace('-', '_')}.py")
    if path.exists():
        raise UsageError(f"{path} is there already: choose another name, or remove it.")
    if path.stem in sys.stdlib_module_names or importlib.util.find_spec(path.stem) is not None:
        raise UsageError(
            f"a file {path} would hide Python's own or an installed module {path.stem!r}: choose another name, such as "
            f"my-{name}."
        )
    if name in registry.models:
        raise UsageError(
            f"there is a model called {name!r} already (`genbench show model {name}`): choose another name."
        )
    template = (paths.folder("templates") / "model.py.txt").read_text(encoding="utf-8")
    class_name = "".join(part.capitalize() for part in name.replace("_", "-").split("-"))
    path.write_text(template.replace("MODEL_NAME", name).replace("ModelClass", class_name), encoding="utf-8")
    console.out.print(
        f"wrote {path}. Next: genbench check {name} --plugin {path}, then\n"
        f"genbench run quick --models {name},vae,family:control --plugin {path}",
        soft_wrap=True,
    )
