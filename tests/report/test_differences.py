"""What two runs were told that is not the same, and the headlines first."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

import genbench
from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.report.data import RunData
from genbench.report.differences import Difference, differences

SUITE: dict[str, Any] = {
    "name": "pair",
    "models": ["vae", "gaussian", "control-marginals"],
    "datasets": ["ring8"],
    "budget": {"images": 640},
    "evaluations": [
        {"name": "sample-quality", "samples": 200, "metrics": ["sliced-wasserstein", "precision"]},
        {"name": "reconstruction", "metrics": ["mse"]},
    ],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[genbench.Run]:
    place = tmp_path_factory.mktemp("runs")
    given = {"seeds": 3, "device": "cpu", "executor": "inline"}
    first = genbench.run(SUITE, out=place / "a", **given)
    return [
        first,
        genbench.run(SUITE, out=place / "b", settings=["vae.latent=1", "sample-quality.samples=300"], **given),
    ]


def test_only_what_differs_is_named(runs: list[genbench.Run]) -> None:
    found = differences(runs[0].data(), runs[1].data())
    assert set(found) == {
        Difference("model.vae.latent", "–", "1"),
        Difference("evaluation.sample-quality.samples", "200", "300"),
    }
    assert differences(runs[0].data(), runs[0].data()) == []
    assert differences(RunData(table=runs[0].table()), runs[0].data()) == []


def test_python_has_the_settings_beside_the_changes(runs: list[genbench.Run]) -> None:
    assert ("model.vae.latent", "–", "1") in runs[0].compare(runs[1]).attrs["settings"]


def test_the_terminal_shows_settings_then_headlines_even_where_nothing_is_sure(
    runs: list[genbench.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COMMANDS
    monkeypatch.setattr(console.out, "_width", 200)
    done = CliRunner().invoke(app, ["compare", *(str(run.folder.root) for run in runs)])
    assert done.exit_code == 0, done.output
    told, _, rest = done.stdout.partition("headlines")
    assert "model.vae.latent" in told and "sample-quality.samples" in told
    heads = rest.partition("\n\n")[0]
    for row in ("vae", "gaussian", "control-marginals"):
        assert row in heads
    assert "sliced-wasserstein" in heads and "mse" in heads and "precision" not in heads
