"""Help and lists answer at once: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "torchvision", "torch._dynamo", "torchmetrics", "sklearn", "scipy", "pandas", "sqlalchemy")


def imported_by(*arguments: str) -> set[str]:
    """The heavy packages that a call of genbench has imported."""
    code = (
        "import sys\n"
        f"sys.argv = ['genbench', *{list(arguments)!r}]\n"
        "from genbench.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"print('IMPORTED', *[m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("run", "--help"),
        ("list", "models"),
        ("list", "models", "--json"),
        ("list", "datasets"),
        ("list", "encoders"),
        ("list", "metrics"),
        ("list", "evaluations"),
        ("list", "suites"),
        ("show", "suite", "quick"),
        ("show", "metric", "frechet"),
    ],
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    assert imported_by(*arguments) == set()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A command that has done all there is to do."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "small.toml").write_text(
        'schema = 1\nname = "small"\nmodels = ["gaussian"]\ndatasets = ["digits", "ring8"]\nseeds = 1\n'
        '[[evaluations]]\nname = "sample-quality"\nsamples = 50\nmetrics = ["frechet"]\n'
    )
    command = ("run", str(folder / "small.toml"), "--out", str(folder / "run"), "--device", "cpu")
    assert "torch" in imported_by(*command, "--executor", "inline")
    return command


def test_no_compiler_where_a_model_is_trained(tmp_path: Path) -> None:
    """Torch's compiler, and torchvision, which imports it, take as long as torch: in each worker process."""
    (tmp_path / "small.toml").write_text(
        'schema = 1\nname = "small"\nmodels = ["gan"]\ndatasets = ["digits"]\nseeds = 2\nbudget = { images = 1000 }\n'
        '[[evaluations]]\nname = "sample-quality"\nsamples = 50\nmetrics = ["frechet"]\n'
    )
    command = ("run", str(tmp_path / "small.toml"), "--out", str(tmp_path / "run"), "--device", "cpu")
    found = imported_by(*command, "--executor", "inline", "--stack", "on")
    assert "torch" in found and not found & {"torchvision", "torch._dynamo"}


def test_no_torch_where_nothing_is_missing(done: tuple[str, ...]) -> None:
    assert imported_by(*done) & {"torch", "torchvision", "sklearn"} == set()
    assert imported_by(*done, "--dry-run") & {"torch", "torchvision", "sklearn"} == set()


def test_no_torch_for_a_report(done: tuple[str, ...]) -> None:
    assert imported_by("report", done[3]) & {"torch", "torchvision", "sklearn"} == set()


def test_the_check_can_fail() -> None:
    assert "torch" in imported_by("show", "model", "vae")
