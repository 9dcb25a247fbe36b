"""What is installed can find its suites and templates: from a wheel, and from a checkout."""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import genbench
from genbench.core import paths

ROOT = Path(genbench.__file__).resolve().parent.parent


def test_a_checkout_finds_its_folders() -> None:
    assert (paths.folder("suites") / "quick.toml").is_file()
    assert paths.folder("templates").is_dir()


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nosuch"):
        paths.folder("nosuch")


@pytest.mark.slow
def test_a_wheel_carries_suites_and_templates(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, text=True)
    wheel = next(tmp_path.glob("genbench-*.whl"))
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    assert (site / "genbench" / "_resources" / "suites" / "quick.toml").is_file()
    assert any((site / "genbench" / "_resources" / "templates").iterdir())
    listing = subprocess.run(
        [
            sys.executable,
            "-c",
            "from genbench import __file__ as f; from genbench.runs import suite_file; print(f, suite_file.names())",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(site) in listing.stdout and "quick" in listing.stdout


@pytest.mark.parametrize("name", ["run", "tune", "load"])
def test_a_public_function_is_hidden_by_no_module(name: str) -> None:
    importlib.import_module("genbench.runs.session")
    importlib.import_module("genbench.tuning.search")
    assert inspect.isfunction(getattr(genbench, name)) and inspect.isfunction(getattr(genbench, name))
