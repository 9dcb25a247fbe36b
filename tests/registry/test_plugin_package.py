"""The package in `examples/plugin-package`: once installed, its parts are there, and its own tests pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import genbench

ROOT = Path(genbench.__file__).resolve().parents[1]
PACKAGE = ROOT / "examples" / "plugin-package"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the package is installed, in a folder of its own."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(site), str(PACKAGE)], capture_output=True, text=True, check=False)
    if "No module named 'hatchling'" in done.stderr:
        pytest.skip("hatchling is not installed")
    assert done.returncode == 0, done.stderr
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}


def called(environment: dict[str, str], *arguments: str) -> str:
    """What a command prints in that environment, outside the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=environment["PYTHONPATH"].partition(os.pathsep)[0],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("kind", "name"), [("models", "per-pixel-beta"), ("metrics", "mean-gap"), ("evaluations", "denoising")]
)
def test_what_it_registers_is_listed_after_the_installation(installed: dict[str, str], kind: str, name: str) -> None:
    found = json.loads(called(installed, "genbench", "list", kind, "--json"))
    assert name in [one["name"] for one in found]


def test_its_suite_measures_model_metric_and_evaluation(installed: dict[str, str], tmp_path: Path) -> None:
    suite = str(PACKAGE / "suite.toml")
    run = ["genbench", "run", suite, "--seeds", "1", "--out", str(tmp_path), "--executor", "inline", "--device", "cpu"]
    called(installed, *run, "--models", "per-pixel-beta,pca+gmm10", "--set", "budget.images=640")
    table = genbench.load(tmp_path).table()
    ok = table[table["status"] == "ok"]
    assert {"per-pixel-beta", "pca+gmm10"} <= set(ok[ok["metric"] == "mean-gap"]["label"])
    assert "mse" in set(ok[ok["evaluation"] == "denoising"]["metric"])


@pytest.mark.slow
def test_its_own_tests_pass(installed: dict[str, str]) -> None:
    called(installed, "pytest", "-q", "-p", "no:cacheprovider", str(PACKAGE / "tests"))
