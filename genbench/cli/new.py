"""`genbench new`: a working one-file template and its test."""

from __future__ import annotations

import ast
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

KINDS = ("model", "dataset", "encoder", "metric", "evaluation")


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    name: Annotated[str, typer.Argument(help="What it will be called, such as my-vae.")],
) -> None:
    """A working one-file template, and its test."""
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"`genbench new` makes no {kind!r}: {hint}It makes {', '.join(KINDS)}.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise UsageError(f"the name of a {kind} is small letters, digits and hyphens, such as my-{kind}; got {name!r}.")
    stem = name.replace("-", "_")
    file, test = Path(f"{stem}.py"), Path(f"test_{stem}.py")
    for path in (file, test):
        if path.exists():
            raise UsageError(f"{path} is there already: choose another name, or remove it.")
    _check_free(kind, name, stem)
    for path, template in ((file, f"{kind}.py.txt"), (test, f"test_{kind}.py.txt")):
        text = (paths.folder("templates") / "new" / template).read_text(encoding="utf-8")
        path.write_text(_filled(text, name, stem), encoding="utf-8")
    console.out.print(f"wrote {file} and {test}. Next: pytest {test}", soft_wrap=True)
    console.out.print(_use(file), markup=False, soft_wrap=True)


def _check_free(kind: str, name: str, stem: str) -> None:
    """Raise `UsageError` where the name, or the module that it makes, is taken."""
    if name in getattr(registry, f"{kind}s"):
        shown = f"genbench show {kind} {name}"
        raise UsageError(f"there is a {kind} called {name!r} already (`{shown}`): choose another name.")
    if stem in sys.stdlib_module_names or importlib.util.find_spec(stem) is not None:
        raise UsageError(f"{stem}.py would hide the module {stem!r} that Python has already: choose another name.")


def _use(file: Path) -> str:
    """The last line of a file's docstring: how it is used."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").splitlines()[-1]


def _filled(template: str, name: str, stem: str) -> str:
    class_name = "".join(part.capitalize() for part in stem.split("_"))
    words = {"PLUGIN_NAME": name, "FILE_NAME": f"{stem}.py", "ClassName": class_name, "function_name": stem}
    for word, filled in words.items():
        template = template.replace(word, filled)
    return template
