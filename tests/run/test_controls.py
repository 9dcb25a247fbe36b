"""The controls stand where they must, and trained models between them: the table can be believed."""

from __future__ import annotations

import pandas as pd
import pytest

import genbench
from genbench.api import Run
from genbench.report.leaderboard import leaderboards
from genbench.runs.options import Options

SUITE = """
schema = 1
name = "controls"
models = ["vae", "ae+gmm10", "ddpm", "control-test-half", "control-train-copy", "control-marginals", "control-noise",
          "control-mean-image"]
datasets = ["digits"]
seeds = 1
[budget]
images = 100_000
[[evaluations]]
name = "sample-quality"
[[evaluations]]
name = "diversity"
[[evaluations]]
name = "memorisation"
[[evaluations]]
name = "reconstruction"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("controls")
    (folder / "controls.toml").write_text(SUITE)
    done = genbench.run(str(folder / "controls.toml"), Options(out=folder / "run", device="cpu"))
    assert done.ok
    return done


@pytest.fixture(scope="module")
def values(run: Run) -> pd.DataFrame:
    return run.data().table.pivot_table(index="label", columns="metric", values="value")


@pytest.mark.slow
def test_the_ceiling_leads_and_the_floor_is_far_behind(values: pd.DataFrame) -> None:
    frechet = values["frechet"].drop("control-train-copy").sort_values()
    assert frechet.index[0] == "control-test-half"
    for label in ("control-marginals", "control-noise", "control-mean-image"):
        assert frechet[label] > 20 * frechet["control-test-half"]
    assert values["coverage"]["control-test-half"] > 0.93 > 0.4 > values["coverage"]["control-marginals"]
    assert abs(values["density"]["control-test-half"] - 1) < 0.15


@pytest.mark.slow
def test_trained_models_are_better_than_marginals(values: pd.DataFrame) -> None:
    frechet = values["frechet"]
    for label in ("vae", "ae+gmm10", "ddpm"):
        assert frechet["control-test-half"] < frechet[label] < 0.75 * frechet["control-marginals"]
    for label in ("vae", "ae+gmm10"):
        assert values["mse"][label] < 0.5 * values["mse"]["control-mean-image"]


@pytest.mark.slow
def test_copies_tie_with_the_ceiling_and_are_flagged(values: pd.DataFrame, run: Run) -> None:
    assert values["frechet"]["control-train-copy"] < 2 * values["frechet"]["control-test-half"]
    assert values["authenticity"]["control-train-copy"] == 0
    assert values["nn-distance-ratio"]["control-train-copy"] == 0
    assert values["ct"]["control-train-copy"] < -3 < values["ct"]["control-test-half"]
    (overview,) = [b for b in leaderboards(run.data()) if b.is_overview]
    flagged = {row.label for row in (*overview.rows, *overview.controls) if row.flags}
    assert "control-train-copy" in flagged and "control-test-half" not in flagged
    assert not overview.warnings
