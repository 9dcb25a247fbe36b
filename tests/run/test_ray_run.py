"""A run on a cluster of one machine gives the table of worker processes to the last digit, and its files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from genbench import api
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options
from genbench.runs.upkeep import condition

SUITE = {
    "schema": 1,
    "name": "cluster",
    "models": ["vae", "ae+gmm10", "gaussian"],
    "datasets": ["digits"],
    "seeds": 1,
    "budget": {"images": 2_560},
    "evaluations": [
        {"name": "sample-quality", "samples": 200, "encoder": "pixels"},
        {"name": "reconstruction"},
        {"name": "speed", "images": 256, "seconds": 0.01, "batch": 64},
    ],
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_gives_the_table_of_local(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="pip install genbench[ray]")
    tables = {}
    for executor in ("local", "ray"):
        run = api.run(SUITE, Options(out=tmp_path / executor, executor=executor, device="cpu"))
        assert run.ok, run.failed
        table = run.table()
        kept = table[table.evaluation != "speed"].drop(columns=["seconds", "details"])
        tables[executor] = kept.sort_values(["job", "metric", "target", "score"], ignore_index=True)
    pd.testing.assert_frame_equal(tables["ray"], tables["local"], check_exact=True)
    assert len(tables["ray"]) > 15
    seen = condition(RunFolder.find(str(tmp_path / "ray")))
    assert seen.faults == () and seen.loose == ()
    assert len(api.load(tmp_path / "ray").samples("vae", 3)) == 3
