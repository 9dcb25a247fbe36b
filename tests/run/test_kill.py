"""`kill -9` at any moment loses at most the job in flight, and the finished table is an undisturbed run's."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from genbench.store import Store

ROOT = Path(__file__).parent.parent.parent
SUITE = """
schema = 1
name = "kill"
models = ["vae", "ae+gmm10", "gan", "gaussian", "control-train-copy"]
datasets = ["digits", "ring8"]
seeds = 2
[budget]
images = 6_400
[[evaluations]]
name = "sample-quality"
density_samples = 2_000
[[evaluations]]
name = "diversity"
[[evaluations]]
name = "reconstruction"
"""
KILLS = 10


def start(folder: Path, out: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GENBENCH_CACHE": str(folder / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "genbench", "run", "kill.toml", "--device", "cpu", "--executor", "local", "--out", out],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def read(folder: Path, out: str) -> pd.DataFrame:
    path = folder / out / "genbench.db"
    if not path.exists():
        return pd.DataFrame()
    store = Store(path)
    try:
        return store.table()
    finally:
        store.close()


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    """The table without what no two runs share: the time it took, and in which order."""
    columns = [c for c in table.columns if c not in ("seconds", "details")]
    return table[columns].sort_values(["job", "metric", "target"]).reset_index(drop=True)


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "kill.toml").write_text(SUITE)
    assert start(tmp_path, "whole").wait(300) == 0
    whole = comparable(read(tmp_path, "whole"))
    assert (whole.status == "ok").any() and not (whole.status == "failed").any()

    moments = random.Random(0)
    kept = pd.DataFrame()
    for _ in range(KILLS):
        process = start(tmp_path, "killed")
        try:
            process.wait(moments.uniform(2.0, 9.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        table = read(tmp_path, "killed")
        if len(kept):
            assert set(kept.job) <= set(table.job), "a committed job was lost"
        kept = table
        if len(kept):
            assert not kept.duplicated(["job", "metric", "target", "score"]).any(), "a measurement is there twice"
    assert start(tmp_path, "killed").wait(300) == 0
    pd.testing.assert_frame_equal(comparable(read(tmp_path, "killed")), whole, check_exact=True)
