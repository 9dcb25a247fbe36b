"""The options of a model without importing its code: read off the source of its class. Torch-free."""

from __future__ import annotations

import ast
import importlib.util
import inspect
from functools import cache
from pathlib import Path
from typing import Any


def option_names(target: Any) -> tuple[str, ...] | None:
    """The keyword-only arguments of a model's class (an object, or `"module:Class"`), None where they can't be read."""
    if isinstance(target, str):
        module, _, name = target.partition(":")
        return _of_class(module, name)
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


@cache
def _of_class(module: str, name: str) -> tuple[str, ...] | None:
    """Those of the class's own `__init__`, else of the first base that has one; with `**` also of the base's."""
    tree = _source(module)
    node = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name), None) if tree else None
    if tree is None or node is None:
        return None
    made = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    own = tuple(argument.arg for argument in made.args.kwonlyargs) if made else ()
    if made is not None and made.args.kwarg is None:
        return own
    for base in node.bases:
        place = _place(base, module, tree)
        found = _of_class(*place) if place else None
        if found is not None:
            return (*own, *(option for option in found if option not in own))
    return own if made is not None and not node.bases else None


@cache
def _source(module: str) -> ast.Module | None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _place(base: ast.expr, module: str, tree: ast.Module) -> tuple[str, str] | None:
    """The module and name of a base class that is written as a plain name of genbench's own."""
    if isinstance(base, ast.Subscript):
        base = base.value
    if not isinstance(base, ast.Name):
        return None
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("genbench."):
            for alias in node.names:
                if (alias.asname or alias.name) == base.id:
                    return node.module, alias.name
    return module, base.id
