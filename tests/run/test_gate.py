"""The regression gate: what is stored passes against itself and against fresh draws, and a planted fault does not."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from genbench.api import load
from genbench.cli.main import app
from genbench.report.compare import Change, compare
from genbench.runs import suite_file

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "docs" / "leaderboard" / "small"


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return load(STORED).table()


def regressions(a: pd.DataFrame, b: pd.DataFrame) -> list[Change]:
    return [change for change in compare(a, b) if change.is_regression]


def test_what_is_stored_is_the_suite_as_it_stands(stored: pd.DataFrame) -> None:
    suite = suite_file.read(suite_file.find("gate"))
    assert set(stored["label"]) == set(suite.rows) and set(stored["dataset"]) == set(suite.datasets)
    assert set(stored["seed"]) == set(range(suite.seeds))
    for config in suite.evaluations:
        own = stored[(stored["evaluation"] == config.name) & (stored["status"] == "ok")]
        assert set(own["metric"]) == set(config.metrics or ()), config.name
    assert (STORED / "genbench.db").stat().st_size < 500_000


def test_ci_runs_the_gate() -> None:
    assert "make gate" in (ROOT / ".ci" / "run").read_text()
    lines = (ROOT / "Makefile").read_text()
    assert "compare docs/leaderboard/small build/gate --fail-on-regression" in lines


def test_another_machines_rounding_is_no_regression(stored: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)
    for _ in range(20):
        other = stored.assign(value=stored["value"] * (1 + 1e-6 * draw.standard_normal(len(stored))))
        assert regressions(stored, other) == []


def test_fresh_seeds_are_no_regression_twenty_times_of_twenty(stored: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)
    keys = ["label", "dataset", "evaluation", "metric", "target", "score"]
    spread = stored.groupby(keys, dropna=False)["value"].transform("std").fillna(0.0)
    middle = stored.groupby(keys, dropna=False)["value"].transform("mean")
    wrong = 0
    for _ in range(20):
        other = stored.assign(value=middle + spread * draw.standard_normal(len(stored)))
        wrong += bool(regressions(stored, other))
    assert wrong == 0


def planted(folder: Path, change: str) -> Path:
    """The stored run with a change made to its numbers."""
    shutil.copytree(STORED, folder)
    with sqlite3.connect(folder / "genbench.db") as database:
        database.execute(f"UPDATE measurements SET {change}")
    database.close()
    return folder


OF = "WHERE metric = '{metric}' AND job IN (SELECT key FROM jobs WHERE label = '{label}')"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (f"value = 2 * value {OF.format(metric='frechet', label='vae')}", "worse"),
        (f"value = 0.5 * value {OF.format(metric='coverage', label='ddpm')}", "worse"),
        (f"value = 0.5 {OF.format(metric='auroc', label='knn')}", "worse"),
        (f"value = NULL, status = 'failed', reason = 'it broke' {OF.format(metric='mse', label='vae')}", "broken"),
    ],
)
def test_a_planted_fault_fails_and_is_named(change: str, verdict: str, tmp_path: Path) -> None:
    other = planted(tmp_path / "run", change)
    result = CliRunner().invoke(app, ["compare", str(STORED), str(other), "--fail-on-regression"])
    assert result.exit_code == 1 and verdict in result.stdout


def test_the_stored_run_passes_against_itself() -> None:
    result = CliRunner().invoke(app, ["compare", str(STORED), str(STORED), "--fail-on-regression"])
    assert result.exit_code == 0 and "same" in result.stdout
