"""A folder that reads records names no evaluation, no metric and no control by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import genbench
from genbench import registry
from genbench.metrics.catalogue import METRICS

ROOT = Path(genbench.__file__).parent
FOLDERS = ["cli", "report", "runs", "tuning"]
"""Those that comply."""

OTHER_THINGS = {
    ("report/costs.py", "flops"): "of a training, a fact of its record",
    ("report/costs.py", "parameters"): "of a model, a fact of its fit's record",
    ("report/provenance.py", "accuracy"): "of an encoder's classifier on real data",
    ("report/provenance.py", "flops"): "of a training, a fact of its record",
    ("report/provenance.py", "updates"): "of a training, a fact of its record",
    ("report/tracked.py", "flops"): "of a training, a fact of its record",
    ("report/tracked.py", "parameters"): "of a training, a fact of its record",
    ("runs/plan.py", "precision"): "of the numbers that training computes with",
    ("runs/provenance.py", "accuracy"): "of an encoder's classifier on real data",
}
"""Strings that are a name by chance, and what they mean."""


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
    names = {*registry.evaluations.names(), *(metric.name for metric in METRICS), *controls}
    compound = {name for name in names if "-" in name}
    return [(line, text) for line, text in literals(source) if text in names or any(n in text for n in compound)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_names_no_evaluation_metric_or_control(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = [(file.relative_to(ROOT).as_posix(), *at) for file in files for at in named(file.read_text())]
    assert files and [(name, line, text) for name, line, text in found if (name, text) not in OTHER_THINGS] == []


def test_what_is_excepted_is_there() -> None:
    for name, text in OTHER_THINGS:
        assert text in {found for _, found in named((ROOT / name).read_text())}, name


def test_the_check_can_fail() -> None:
    assert named('"""speed"""\nif name == "speed":\n    x = f"see {y} of control-marginals"\n') == [
        (2, "speed"), (3, " of control-marginals"),
    ]  # fmt: skip
