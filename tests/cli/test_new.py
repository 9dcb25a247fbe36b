"""`genbench new KIND NAME` writes a file that works, and a test that passes and can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.cli.new import KINDS
from genbench.core.errors import UsageError

SPOILT = {
    "model": ("self.latent, generator=generator", "self.latent"),
    "dataset": ("torch.Generator().manual_seed(0)", "None"),
    "encoder": ('"4x4-1"', '""'),
    "metric": ("low=0.0,", "low=1e9,"),
    "evaluation": ('generator=evidence.generator("mine-evaluation")', ""),
}  # fmt: skip
"""For each kind, a change that breaks a promise."""


def new(kind: str, name: str) -> str:
    assert COMMANDS
    return CliRunner().invoke(app, ["new", kind, name], catch_exceptions=False).output


def outcome_of(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_works_and_its_test_can_fail(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"wrote mine_{kind}.py and test_mine_{kind}.py" in new(kind, f"mine-{kind}")
    good = outcome_of(tmp_path)
    assert good.returncode == 0, good.stdout
    file = tmp_path / f"mine_{kind}.py"
    before, after = SPOILT[kind]
    source = file.read_text()
    assert before in source
    file.write_text(source.replace(before, after))
    bad = outcome_of(tmp_path)
    assert bad.returncode == 1 and "AssertionError" in bad.stdout, bad.stdout


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_mine.py").write_text("theirs")
    with pytest.raises(UsageError, match="test_mine.py is there already"):
        new("model", "mine")
    assert [p.name for p in tmp_path.iterdir()] == ["test_mine.py"]


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("modle", "mine", "did you mean 'model'"),
        ("model", "My VAE", "small letters, digits and hyphens"),
        ("model", "vae", "a model called 'vae' already"),
        ("metric", "random", "would hide the module 'random'"),
        ("encoder", "torch", "would hide the module 'torch'"),
    ],
)
def test_a_name_that_cannot_be_is_a_sentence(
    kind: str, name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        new(kind, name)
    assert not list(tmp_path.iterdir())
