"""`genbench new`: a working one-file template and its test."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from genbench import registry
from genbench.cli import console
from genbench.cli.app import app
from genbench.core import paths
from genbench.core.errors import UsageError, nearest

NEXT = {
    "model": "genbench run quick --models {name},vae,family:control --plugin {file}",
    "dataset": "genbench run quick --datasets {name} --plugin {file}",
    "encoder": '{{ name = "sample-quality", encoder = "{name}" }} in a suite, and --plugin {file}',
    "metric": '{{ name = "sample-quality", metrics = ["frechet", "{name}"] }} in a suite, and --plugin {file}',
    "evaluation": '{{ name = "{name}" }} among a suite\'s evaluations, and --plugin {file}',
}
"""By kind, how what was made is used."""


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help=", ".join(NEXT))],
    name: Annotated[str, typer.Argument(help="What it will be called, such as my-vae.")],
) -> None:
    """A working one-file template, and its test."""
    if kind not in NEXT:
        near = nearest(kind, NEXT)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"`genbench new` makes no {kind!r}: {hint}It makes {', '.join(NEXT)}.")
    stem = _stem(kind, name)
    file, test = Path(f"{stem}.py"), Path(f"test_{stem}.py")
    for path in (file, test):
        if path.exists():
            raise UsageError(f"{path} is there already: choose another name, or remove it.")
    for path, template in ((file, f"{kind}.py.txt"), (test, f"test_{kind}.py.txt")):
        text = (paths.folder("templates") / "new" / template).read_text(encoding="utf-8")
        path.write_text(_filled(text, name, stem), encoding="utf-8")
    console.out.print(f"wrote {file} and {test}. Next: pytest {test}, then", soft_wrap=True)
    console.out.print(NEXT[kind].format(name=name, file=file), markup=False, soft_wrap=True)


def _stem(kind: str, name: str) -> str:
    """The module that a name makes; raises `UsageError` where it is no name, or is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UsageError(f"the name of a {kind} is small letters, digits and hyphens, such as my-{kind}; got {name!r}.")
    if name in getattr(registry, f"{kind}s"):
        shown = f"genbench show {kind} {name}"
        raise UsageError(f"there is a {kind} called {name!r} already (`{shown}`): choose another name.")
    stem = name.replace("-", "_")
    if stem in sys.stdlib_module_names or importlib.util.find_spec(stem) is not None:
        raise UsageError(f"{stem}.py would stand in the way of Python's own module {stem!r}: choose another name.")
    return stem


def _filled(template: str, name: str, stem: str) -> str:
    class_name = "".join(part.capitalize() for part in stem.split("_"))
    words = {"PLUGIN_NAME": name, "FILE_NAME": f"{stem}.py", "ClassName": class_name, "function_name": stem}
    for word, filled in words.items():
        template = template.replace(word, filled)
    return template
