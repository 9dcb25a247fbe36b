"""A folder that reads records names no evaluation, no metric and no control by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import genbench
from genbench import registry
from genbench.metrics.catalogue import CATALOGUE

ROOT = Path(genbench.__file__).parent
FOLDERS = ["report"]
"""Those that comply."""


def literals(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each string in the code, those in f-strings too, docstrings not."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def named(source: str) -> list[tuple[int, str]]:
    """Strings that are a name, and strings that hold a name which is no plain word."""
    controls = [entry.card.name for entry in registry.models if entry.card.family == "control"]
    names = {*registry.evaluations.names(), *(item[0].name for item in CATALOGUE), *controls}
    compound = {name for name in names if "-" in name}
    return [(line, text) for line, text in literals(source) if text in names or any(n in text for n in compound)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_names_no_evaluation_metric_or_control(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = {str(file.relative_to(ROOT)): named(file.read_text()) for file in files}
    assert files and {name: at for name, at in found.items() if at} == {}


def test_the_check_can_fail() -> None:
    assert named('"""speed"""\nif name == "speed":\n    x = f"see {y} of control-marginals"\n') == [
        (2, "speed"), (3, " of control-marginals"),
    ]  # fmt: skip
