"""What a store takes: measurements a second from processes that write at once, and how many are lost or doubled.

python bench/store.py --jobs 5000                    two processes, a transaction for each job
python bench/store.py --jobs 5000 --together 10      ... for ten jobs that have ended together
python bench/store.py --jobs 10000 --executor local  one driver, which keeps what its workers report, as a run does
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from genbench.core.jobs import BudgetConfig, Event, Fit, Job, JobEnded, Task
from genbench.core.records import JobRecord, Row
from genbench.core.values import Measurement, Status, Value
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local
from genbench.protocols.evaluation import EvaluationConfig
from genbench.runs.folder import RunFolder
from genbench.runs.keeping import keep
from genbench.store import Store

ROW = Row(label="model", model="model", family="vae", sampler="prior", dataset="digits", seed=0)
JOBS_OF_A_TASK = 4
"""As in the suite `quick`: 551 jobs on 144 fits."""


def ended(key: str, values: int) -> JobEnded:
    """A job of so many measurements."""
    job = JobRecord(key=key, fit="fit", row=ROW, evaluation="e", status=Status.OK, seconds=1.0)
    return JobEnded(job, tuple(Measurement(metric="mse", target=str(k), value=Value(value=1.0)) for k in range(values)))


class Writes:
    """Ends each job at once, with as many measurements as it is told."""

    spoilt = False

    def __init__(self, values: int) -> None:
        self.values = values

    def run(self, task: Task) -> Iterator[Event]:
        yield from (ended(job.key, self.values) for job in task.jobs)


def write(url: str, name: str, options: argparse.Namespace) -> None:
    """This process's jobs."""
    with Store(url) as store:
        for i in range(0, options.jobs, options.together):
            part = range(i, min(i + options.together, options.jobs))
            store.add_ended([ended(f"{name}-{k}", options.measurements) for k in part])


def two_writers(url: str, options: argparse.Namespace) -> list[str]:
    """Two processes write at once: the keys that they have written, in their order."""
    sizes = ["--jobs", str(options.jobs), "--measurements", str(options.measurements)]
    command = [sys.executable, __file__, *sizes, "--together", str(options.together), "--write", url]
    processes = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    print("exit codes", [process.wait() for process in processes])
    return [f"{name}-{i}" for name in ("a", "b") for i in range(options.jobs)]


def one_driver(url: str, options: argparse.Namespace) -> tuple[list[str], float]:
    """A driver keeps what two workers report: the keys, and the seconds since the first has ended."""
    config = WorkerConfig(runner="store:Writes", setting=options.measurements, workers=2)
    folder = RunFolder.to_make(Path(url).parent / "run", url)
    keys = [f"a-{i}" for i in range(options.jobs)]
    began, spent, transactions = 0.0, 0.0, 0
    with Store(url) as store:
        for events in run_local(list(tasks(keys)), config):
            began, spent = began or time.perf_counter(), spent or time.process_time()
            transactions += 1
            keep(folder, store, events, "run")
    spent = time.process_time() - spent
    values = options.jobs * options.measurements
    print(
        f"{transactions} transactions, {spent:.1f} s of the driver's processor: {values / spent:.0f} measurements each"
    )
    return keys, time.perf_counter() - began


def tasks(keys: Sequence[str]) -> Iterator[Task]:
    """The jobs in tasks."""
    fit = Fit(key="f", stack_key="s", model="m", options={}, dataset="d", seed=0, budget=BudgetConfig(images=1))
    more: dict[str, Any] = {"fit": fit, "row": ROW, "config": EvaluationConfig(name="e"), "evaluation": "e"}
    jobs = [Job(key=key, metrics=("mse",), **more) for key in keys]
    for i in range(0, len(jobs), JOBS_OF_A_TASK):
        yield Task((fit,), tuple(jobs[i : i + JOBS_OF_A_TASK]))


def flush_time(folder: Path) -> float:
    """Milliseconds of a flush to the disk, the median of many: what bounds transactions a second."""
    times = []
    with (folder / "flush").open("wb", buffering=0) as file:
        for _ in range(100):
            file.write(bytes(4_096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[50] * 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="of each process")
    parser.add_argument("--write", nargs=2, metavar=("STORE", "NAME"), help="be one of the processes")
    parser.add_argument("--measurements", type=int, default=10, help="of each job")
    parser.add_argument("--together", type=int, default=1, help="jobs of a transaction")
    parser.add_argument("--executor", choices=["local"], help="write what workers report")
    parser.add_argument("--store", help="a URL of an empty store, such as postgresql://... [an SQLite file]")
    options = parser.parse_args()
    if options.write:
        write(*options.write, options)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = options.store or str(Path(folder) / "genbench.db")
        Store(url).close()
        print(f"a flush takes {flush_time(Path(folder)):.2f} ms")
        start = time.perf_counter()
        if options.executor:  # whose workers have no order among them
            os.environ["PYTHONPATH"] = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(Path(__file__).parent)])
            wanted, seconds = one_driver(url, options)
        else:
            wanted = two_writers(url, options)
            seconds = time.perf_counter() - start
        with Store(url) as store:
            table = store.table()
    report(table, wanted, seconds, options.measurements)


def report(table: Any, wanted: list[str], seconds: float, measurements: int) -> None:
    """Print how fast it was, and what became of it."""
    keys, values = list(table["job"].drop_duplicates()), len(wanted) * measurements
    in_order = all([k for k in keys if k.startswith(n)] == [w for w in wanted if w.startswith(n)] for n in ("a", "b"))
    print(
        f"{len(wanted)} jobs with {values} measurements in {seconds:.1f} s: "
        f"{len(wanted) / seconds:.0f} jobs and {values / seconds:.0f} measurements a second"
    )
    doubled = len(table) - len(table.drop_duplicates(["job", "target"]))
    print(f"lost {values - len(table) + doubled}, doubled {doubled}, order of each writer kept: {in_order}")


if __name__ == "__main__":
    main()
