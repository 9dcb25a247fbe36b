"""Imports point downwards: a package may know the packages below it, never those above or beside it."""

from __future__ import annotations

import ast
from pathlib import Path

import genbench

PACKAGE = Path(genbench.__file__).parent

LAYERS = [
    ["cli"],
    ["testing"],
    ["api", "conformance"],
    ["tuning", "notebook"],
    ["runs", "report", "scoring", "outside"],
    ["executors", "store"],
    ["evaluations"],
    ["models", "data", "encoders", "metrics", "stats", "training"],
    ["registry"],
    ["protocols"],
    ["core"],
]
"""From top to bottom; `docs/architecture.md` shows the same."""

HEIGHT = {name: len(LAYERS) - i for i, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> set[str]:
    """Names of genbench's modules that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [
                f"{node.module}.{alias.name}" if node.module == "genbench" else node.module for alias in node.names
            ]
        found |= {name.removeprefix("genbench.") for name in names if name.startswith("genbench.")}
    return found


def package(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def test_every_package_has_its_layer() -> None:
    packages = {package(p) for p in PACKAGE.rglob("*.py")} - {"__init__", "__main__"}
    assert packages <= set(HEIGHT), f"give these a layer: {packages - set(HEIGHT)}"


def test_imports_point_strictly_downwards() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        own = package(path)
        if own in ("__init__", "__main__"):
            continue
        for name in imports(path):
            other = name.split(".")[0]
            if other in HEIGHT and other != own and HEIGHT[other] >= HEIGHT[own]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not wrong, "\n".join(sorted(wrong))
