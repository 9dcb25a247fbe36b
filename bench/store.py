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


def write(url: str, name: str, jobs: int, values: int) -> None:
    """This process's jobs, one transaction each."""
    with Store(url) as store:
        for i in range(jobs):
            job = JobRecord(key=f"{name}-{i}", fit="fit", row=ROW, evaluation="e", status=Status.OK, seconds=1.0)
            store.add_job(
                job, [Measurement(metric="mse", target=str(k), value=Value(value=float(i))) for k in range(values)]
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="of each process")
    parser.add_argument("--write", nargs=2, metavar=("STORE", "NAME"), help="be one of the processes")
    parser.add_argument("--measurements", type=int, default=10, help="of each job")
    parser.add_argument("--store", help="a URL of an empty store, such as postgresql://... [an SQLite file]")
    options = parser.parse_args()
    if options.write:
        write(options.write[0], options.write[1], options.jobs, options.measurements)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = options.store or str(Path(folder) / "genbench.db")
        Store(url).close()
        start = time.perf_counter()
        sizes = ["--jobs", str(options.jobs), "--measurements", str(options.measurements)]
        command = [sys.executable, __file__, *sizes, "--write", url]
        processes = [subprocess.Popen([*command, name]) for name in ("a", "b")]
        codes = [process.wait() for process in processes]
        seconds = time.perf_counter() - start
        with Store(url) as store:
            table = store.table()
    keys = list(table["job"].drop_duplicates())
    wanted = [f"{name}-{i}" for name in ("a", "b") for i in range(options.jobs)]
    in_order = all([k for k in keys if k.startswith(n)] == [w for w in wanted if w.startswith(n)] for n in ("a", "b"))
    values = len(wanted) * options.measurements
    print(
        f"exit codes {codes}, {len(wanted)} jobs with {values} measurements in {seconds:.1f} s: "
        f"{len(wanted) / seconds:.0f} jobs and {values / seconds:.0f} measurements a second"
    )
    doubled = len(table) - len(table.drop_duplicates(["job", "target"]))
    print(f"lost {values - len(table) + doubled}, doubled {doubled}, order kept: {in_order}")


if __name__ == "__main__":
    main()
