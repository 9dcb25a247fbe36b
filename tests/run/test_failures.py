"""What goes wrong becomes a row with a status and a reason: never a hole, never 0, and never the end of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from genbench.store import Store

HERE = Path(__file__).parent
SUITE = """
schema = 1
name = "failures"
models = ["good", "raises", "diverges", "nan-samples", "too-few", "brackets", "dies", "dies-sampling"]
datasets = ["digits"]
seeds = 1
[budget]
images = 1_280
[[evaluations]]
name = "sample-quality"
[[evaluations]]
name = "reconstruction"
"""


def genbench(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(HERE.parent.parent), "GENBENCH_CACHE": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-m", "genbench", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("failures")
    (path / "failures.toml").write_text(SUITE)
    return path


@pytest.fixture(scope="module")
def ended(folder: Path) -> subprocess.CompletedProcess[str]:
    plugin = str(HERE / "bad_models.py")
    return genbench("run", "failures.toml", "--plugin", plugin, "--executor", "local", "--json", folder=folder)


@pytest.fixture(scope="module")
def table(folder: Path, ended: subprocess.CompletedProcess[str]) -> pd.DataFrame:
    store = Store(folder / "runs" / "failures" / "genbench.db")
    frame = store.table()
    store.close()
    return frame


def row(table: pd.DataFrame, label: str, evaluation: str = "sample-quality") -> pd.Series:
    rows = table[(table.label == label) & (table.evaluation == evaluation) & (table.metric.isin(["frechet", "mse"]))]
    assert len(rows) == 1
    return rows.iloc[0]


def test_failures_are_exit_status_1_and_named(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 1, ended.stderr
    for label in ("raises", "diverges", "nan-samples", "dies", "dies-sampling"):
        assert f"{label} on digits" in ended.stdout


def test_json_alone_is_on_standard_output(ended: subprocess.CompletedProcess[str]) -> None:
    import json

    assert json.loads(ended.stdout)["counts"]["failed"] > 0


def test_the_good_model_has_its_number(table: pd.DataFrame) -> None:
    assert row(table, "good").status == "ok" and row(table, "good").value > 0


@pytest.mark.parametrize(
    ("label", "status", "reason"),
    [
        ("raises", "failed", "ValueError: my decoder is broken"),
        ("diverges", "diverged", "mse"),
        ("nan-samples", "diverged", "samples contain NaN"),
        ("too-few", "failed", "TooFew.sample gave (1, 1, 8, 8)"),
        ("brackets", "failed", "index [/0] of [bold] x"),
        ("dies", "failed", "signal 9"),
        ("dies-sampling", "failed", "exit status 7"),
    ],
)
def test_each_failure_has_a_status_a_reason_and_no_value(
    table: pd.DataFrame, label: str, status: str, reason: str
) -> None:
    found = row(table, label)
    assert found.status == status and reason in found.reason and pd.isna(found.value)


def test_what_a_model_cannot_do_is_unsupported(table: pd.DataFrame) -> None:
    found = row(table, "good", "reconstruction")
    assert found.status == "unsupported" and "reconstruct" in found.reason and pd.isna(found.value)


def test_a_failed_sampling_does_not_take_the_other_evaluations_with_it(table: pd.DataFrame) -> None:
    assert row(table, "dies-sampling", "reconstruction").status == "unsupported"


def test_the_traceback_is_kept(folder: Path, ended: subprocess.CompletedProcess[str]) -> None:
    kept = list((folder / "runs" / "failures" / "failures").glob("*raises*.txt"))
    assert kept and "my decoder is broken" in kept[0].read_text()


def test_the_same_command_tries_failures_again_and_diverged_ones_not(
    folder: Path, ended: subprocess.CompletedProcess[str]
) -> None:
    plugin = str(HERE / "bad_models.py")
    shown = genbench("run", "failures.toml", "--plugin", plugin, "--dry-run", "--json", folder=folder)
    import json

    labels = {job["label"] for job in json.loads(shown.stdout)["missing"]}
    assert labels == {"raises", "too-few", "brackets", "dies", "dies-sampling"}


def test_a_job_over_its_time_limit_is_ended_and_says_so(folder: Path) -> None:
    plugin = str(HERE / "bad_models.py")
    options = ["--plugin", plugin, "--executor", "local", "--models", "hangs,good", "--time-limit", "20", "--out", "t"]
    options += ["--set", "sample-quality.encoder=pixels"]  # nothing to train: a busy machine must do it in time
    done = genbench("run", "failures.toml", *options, folder=folder)
    assert done.returncode == 1
    store = Store(folder / "t" / "genbench.db")
    table = store.table()
    store.close()
    assert row(table, "hangs").status == "timeout" and "limit of 20 s" in row(table, "hangs").reason
    assert row(table, "good").status == "ok"
