"""Two processes write jobs into one store at once: how many are lost or doubled, whether each one's order is kept.

python bench/store.py --jobs 10000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from genbench.core.records import JobRecord, Row
from genbench.core.values import Measurement, Status, Value
from genbench.store import Store

ROW = Row(label="model", model="model", family="vae", sampler="prior", dataset="digits", seed=0)


def write(path: Path, name: str, jobs: int) -> None:
    """This process's jobs, one transaction each."""
    with Store(path) as store:
        for i in range(jobs):
            job = JobRecord(key=f"{name}-{i}", fit="fit", row=ROW, evaluation="e", status=Status.OK, seconds=1.0)
            store.add_job(job, [Measurement(metric="mse", value=Value(value=float(i)))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="of each process")
    parser.add_argument("--write", nargs=2, metavar=("STORE", "NAME"), help="be one of the processes")
    options = parser.parse_args()
    if options.write:
        write(Path(options.write[0]), options.write[1], options.jobs)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genbench.db"
        Store(path).close()
        start = time.perf_counter()
        command = [sys.executable, __file__, "--jobs", str(options.jobs), "--write", str(path)]
        processes = [subprocess.Popen([*command, name]) for name in ("a", "b")]
        codes = [process.wait() for process in processes]
        seconds = time.perf_counter() - start
        with Store(path) as store:
            keys = list(store.table()["job"])
    wanted = [f"{name}-{i}" for name in ("a", "b") for i in range(options.jobs)]
    in_order = all([k for k in keys if k.startswith(n)] == [w for w in wanted if w.startswith(n)] for n in ("a", "b"))
    print(f"exit codes {codes}, {len(wanted)} jobs in {seconds:.1f} s ({len(wanted) / seconds:.0f} a second)")
    print(f"lost {len(set(wanted) - set(keys))}, doubled {len(keys) - len(set(keys))}, order kept: {in_order}")


if __name__ == "__main__":
    main()
