"""A real run goes to other tools by the command line and from Python, and never into its own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import genbench
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.errors import UsageError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> genbench.Run:
    suite = {
        "name": "board",
        "models": ["gaussian", "control-marginals"],
        "datasets": ["ring8"],
        "evaluations": [{"name": "sample-quality", "samples": 200, "metrics": ["sliced-wasserstein"]}],
    }
    return genbench.run(suite, seeds=1, out=tmp_path_factory.mktemp("run"), device="cpu", executor="inline")


def place(run: genbench.Run) -> str:
    return str(run.folder.root)


def test_the_command_writes_the_folder_and_says_where(run: genbench.Run, tmp_path: Path) -> None:
    assert COMMANDS
    out = tmp_path / "cards"
    done = CliRunner().invoke(app, ["export", place(run), "--format", "model-card", "-o", str(out)])
    assert done.exit_code == 0 and f"wrote {out}" in done.output.replace("\n", "")
    card = (out / "gaussian" / "README.md").read_text()
    assert "control-marginals" in card and "### How it was measured" in card


def test_python_writes_what_the_store_has(run: genbench.Run, tmp_path: Path) -> None:
    assert run.export("every-eval-ever", tmp_path / "out") == b""
    files = [json.loads(path.read_text()) for path in (tmp_path / "out").rglob("*.json")]
    found = {one["model_info"]["name"]: one["evaluation_results"][0]["score_details"]["score"] for one in files}
    table = run.table()
    assert found == dict(zip(table["label"], table["value"], strict=True))


def test_a_run_s_own_files_are_not_written_over_and_a_format_is_named_nearly(run: genbench.Run) -> None:
    with pytest.raises(UsageError, match="belongs to the run itself"):
        run.export("mlflow", run.folder.artifacts / "new")
    with pytest.raises(UsageError, match="is not empty"):
        run.export("mlflow", run.folder.root)
    with pytest.raises(UsageError, match="did you mean 'mlflow'"):
        run.export("mlflw")
