"""The notebooks run from their first cell to their last, and what is kept of them is what a reader should see."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _execute() -> Any:
    """The script that runs notebooks, as a module."""
    spec = importlib.util.spec_from_file_location("docs_execute", ROOT / "docs" / "execute.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


execute = _execute()
NOTEBOOKS = execute.notebooks()


def code(notebook: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_is_kept_was_run_and_shows_no_machine(path: Path) -> None:
    notebook = execute.read(path)
    assert not list(execute.faults(notebook))
    assert len(code(notebook)) > 4
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_faults_are_found() -> None:
    cell = {"cell_type": "code", "source": "", "execution_count": None}
    shown = {"output_type": "stream", "name": "stdout", "text": "/home/me/x.npz" + "x" * 200_000}
    error = {"output_type": "error", "ename": "ValueError"}
    found = list(execute.faults({"cells": [cell | {"outputs": [shown, error]}]}))
    assert [word in " ".join(found) for word in ("not run", "error", "/home/me", "bytes")] == [True] * 4


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_and_shows_the_same_kinds_of_output(path: Path, tmp_path: Path) -> None:
    for package in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package)
    again, kept = execute.executed(path, tmp_path), execute.read(path)
    assert not list(execute.faults(again))
    assert code(again) == code(kept)
    assert [kinds(cell) for cell in again["cells"]] == [kinds(cell) for cell in kept["cells"]]


def kinds(cell: dict[str, Any]) -> list[str]:
    """What a cell shows: types of its outputs."""
    return [" ".join(sorted(output.get("data", {output.get("name", "?"): ""}))) for output in cell.get("outputs", ())]


def test_the_site_and_the_readme_lead_to_them() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    assert all(f"notebooks/{path.stem}" in index for path in NOTEBOOKS) and len(NOTEBOOKS) == 3
