"""A campaign of faults: kills at random moments, deaths of workers, a full disk. Counts are printed; exit 1 where a
measurement was lost, doubled or changed.

    python bench/faults.py --kills 25 --deaths 20
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from genbench.store import Store

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "tests" / "run" / "hostile_models.py"
SUITE = """
schema = 1
name = "faults"
models = {models}
datasets = {datasets}
seeds = {seeds}
[budget]
images = 3_200
[[evaluations]]
name = "sample-quality"
encoder = "{encoder}"
density_samples = 1_000
[[evaluations]]
name = "reconstruction"
"""
DEATHS = ("crashes", "aborts", "exits", "writes", "closes")
COMPARED = ["label", "dataset", "seed", "evaluation", "metric", "target", "value", "ci_low", "ci_high", "status"]


def main() -> int:
    """Every part of the campaign; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=25, help="of each executor")
    parser.add_argument("--deaths", type=int, default=20, help="of each kind of worker's death")
    parser.add_argument(
        "--executors", nargs="*", default=["inline", "local"], help="that are killed [inline local]; ray"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = '["vae", "ae+gmm10", "gaussian", "control-train-copy"]'
        suite(folder / "kill.toml", models, '["digits", "ring8"]', seeds=2, encoder="auto")
        began = time.monotonic()
        start(folder, "kill.toml", "whole", "inline").wait()
        whole, span = table(folder / "whole"), time.monotonic() - began
        wrong = [killed(folder, executor, whole, asked.kills, span) for executor in asked.executors]
        wrong += [disk_full(folder, whole), deaths(folder, asked.deaths)]
    print(f"{sum(wrong)} faults of genbench in all")
    return 1 if any(wrong) else 0


def killed(folder: Path, executor: str, whole: pd.DataFrame, kills: int, span: float) -> int:
    """`kill -9` at random moments, the same command again each time, until it ends undisturbed."""
    moments, kept, lost, done = random.Random(0), pd.DataFrame(), 0, 0
    out = f"killed-{executor}"
    for _ in range(kills):
        process = start(folder, "kill.toml", out, executor)
        try:
            process.wait(moments.uniform(0.1, 1.0) * span)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
        now = table(folder / out)
        lost += len(set(kept.get("job", ())) - set(now.get("job", ())))
        kept = now
        if process.returncode == 0:  # it came to its end: begin anew
            lost += not same(now, whole)
            out = f"killed-{executor}-{done}"
            kept = pd.DataFrame()
    while start(folder, "kill.toml", out, executor).wait() not in (0, 2):
        pass
    final = table(folder / out)
    doubled = int(final.duplicated(["job", "metric", "target", "score"]).sum())
    changed = not same(final, whole)
    print(f"{executor}: {done} kills, {lost} jobs lost, {doubled} rows doubled, final table {equal(changed)}")
    return lost + doubled + changed


def disk_full(folder: Path, whole: pd.DataFrame) -> int:
    """No file may grow beyond a size that the run needs; then it may, and the same command goes on."""
    wrong = 0
    for most in (4_000, 60_000, 150_000):
        out = f"full-{most}"
        first = start(folder, "kill.toml", out, "inline", most=most)
        traced = b"Traceback" in (first.communicate()[1] or b"")
        again = start(folder, "kill.toml", out, "inline").wait()
        changed = not same(table(folder / out), whole)
        told = f"exit {first.returncode}, traceback {traced}, then exit {again}, final table {equal(changed)}"
        print(f"files of at most {most:,} bytes: {told}", flush=True)
        wrong += traced + changed + (first.returncode == 3)
    return wrong


def deaths(folder: Path, times: int) -> int:
    """Models that take their worker with them: each planned job has one record, and the others their numbers."""
    suite(
        folder / "deaths.toml", str(["quiet", *DEATHS]).replace("'", '"'), '["digits"]', seeds=times, encoder="pixels"
    )
    start(folder, "deaths.toml", "deaths", "local", "--plugin", str(PLUGIN), "--time-limit", "120").wait()
    found = table(folder / "deaths")
    jobs = found.drop_duplicates("job")
    missing = 2 * times * (len(DEATHS) + 1) - len(jobs)
    counted = Counter(jobs[jobs.label != "quiet"].status)
    quiet = int((jobs[jobs.label == "quiet"].status != "ok").sum())
    print(f"{times} deaths of each of {', '.join(DEATHS)}: {dict(counted)}, {missing} jobs without a record, "
          f"{quiet} jobs of another model failed")  # fmt: skip
    return missing + quiet


def suite(path: Path, models: str, datasets: str, *, seeds: int, encoder: str) -> None:
    """Write the suite of a part."""
    path.write_text(SUITE.format(models=models, datasets=datasets, seeds=seeds, encoder=encoder))


def start(folder: Path, name: str, out: str, executor: str, *more: str, most: int = 0) -> subprocess.Popen[bytes]:
    """A run in a process of its own. `most`: bytes that a file of it may have."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [sys.executable, "-m", "genbench", "run", name, "--device", "cpu", "--executor", executor, "--out", out]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GENBENCH_CACHE": str(folder / "cache")}
    return subprocess.Popen(
        [*command, *more],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if most else subprocess.DEVNULL,
        preexec_fn=limit if most else None,  # noqa: PLW1509 (one thread)
    )


def table(out: Path) -> pd.DataFrame:
    """The measurements of a folder; none where there is no store yet."""
    if not (out / "genbench.db").exists():
        return pd.DataFrame()
    with Store(out / "genbench.db") as store:
        return store.table()


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables hold the same numbers, to the last digit."""
    if one.empty or other.empty:
        return False
    tables = [t[COMPARED].sort_values(COMPARED[:6]).reset_index(drop=True) for t in (one, other)]
    return bool(tables[0].equals(tables[1]))


def equal(changed: bool) -> str:
    return "another" if changed else "equal"


if __name__ == "__main__":
    sys.exit(main())
