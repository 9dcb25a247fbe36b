"""Imports point downwards: a room may know the rooms below it, never those above or beside it."""

from __future__ import annotations

import ast
from pathlib import Path

import genbench

PACKAGE = Path(genbench.__file__).parent

LAYERS = [
    ["cli"],
    ["api", "conformance", "selftest"],
    ["tuning"],
    ["running", "score"],
    ["provenance", "report"],
    ["executors"],
    ["jobs"],
    ["fitting"],
    ["store", "plan"],
    ["options"],
    ["suite"],
    ["evaluations"],
    ["models", "data", "encoders", "metrics", "stats", "training"],
    ["registry"],
    ["gradients", "protocols", "resources"],
    ["records"],
    ["errors", "values", "seeds"],
]
EXCEPTIONS = {("suite", "evaluations.settings"), ("plan", "evaluations.settings")}
"""The settings of evaluations are torch-free records that suites are made of."""

HEIGHT = {room: len(LAYERS) - i for i, rooms in enumerate(LAYERS) for room in rooms}


def imports(path: Path) -> set[str]:
    """Names of genbench's rooms that a file imports anywhere, also inside functions."""
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


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def test_every_room_has_its_layer() -> None:
    rooms = {room(p) for p in PACKAGE.rglob("*.py")} - {"__init__", "__main__"}
    assert rooms <= set(HEIGHT), f"give these a layer: {rooms - set(HEIGHT)}"


def test_imports_point_strictly_downwards() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        own = room(path)
        if own in ("__init__", "__main__"):
            continue
        for name in imports(path):
            other = name.split(".")[0]
            if other in HEIGHT and other != own and HEIGHT[other] >= HEIGHT[own] and (own, name) not in EXCEPTIONS:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert not wrong, "\n".join(sorted(wrong))
