"""How time and memory grow: of the panel with n and d, of plan, store and report with models × seeds × datasets.

python bench/growth.py                      # minutes on two cores; n up to 10,000
python bench/growth.py --most 50000         # the panel up to n = 50,000
python bench/growth.py plan store-read      # these alone

Every size is measured in a process of its own: processor seconds (of user and system together) of one call behind a
small one that warms up, and the memory that the call takes at its peak beyond its inputs. The exponent is the slope of
the logarithms over the upper half of the sizes: 1 is linear, n log n lies near 1.1, 2 is quadratic.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Case:
    """What grows with what: `make(size)` gives the call to be measured, its inputs made already."""

    what: str
    size: str
    sizes: tuple[int, ...]
    make: Callable[[int], Call]


def panel_n(n: int) -> Call:
    """The whole panel of n points against n in 256 dimensions."""
    return _panel(n, 256)


def panel_d(d: int) -> Call:
    """The same of 2,000 points in d dimensions."""
    return _panel(2_000, d)


def _panel(n: int, d: int) -> Call:
    from metrics import features, panel

    x, y = features(n, d, 2), features(n, d, 3)
    return lambda: panel(x, y)


def frechet_n(n: int) -> Call:
    """The Fréchet distance alone of n points in 256 dimensions."""
    from metrics import features, ours_frechet

    x, y = features(n, 256, 2), features(n, 256, 3)
    return lambda: ours_frechet(x, y)


def _planned(models: int, datasets: int, seeds: int) -> tuple[Call, Callable[[], Sequence[str]]]:
    """A plan of six evaluations, and the keys of its jobs."""
    from genbench.core.records import DataFacts, DataKind
    from genbench.runs.plan import Conditions, make_plan
    from genbench.runs.suite import ModelUse, Suite

    names = [f"data-{i}" for i in range(datasets)]
    has = frozenset({"images", "unit-images", "labels", "outliers", "attributes"})
    facts = {
        name: DataFacts(name=name, fingerprint=name, kind=DataKind.IMAGES, has=has, outliers={"near": "0"})
        for name in names
    }
    wanted = ("sample-quality", "diversity", "memorisation", "reconstruction", "outlier-detection")
    suite = Suite(
        schema=1,
        name="growth",
        models=tuple(ModelUse(use="vae", **{"as": f"vae-{i}"}) for i in range(models)),
        datasets=("digits",),
        seeds=seeds,
        evaluations=tuple({"name": name} for name in wanted),
    ).model_copy(update={"datasets": tuple(names)})
    conditions = Conditions(datasets=facts, encoder=lambda name, dataset: ("in-domain", dataset))
    return lambda: make_plan(suite, conditions), lambda: make_plan(suite, conditions).keys


def plan_seeds(jobs: int) -> Call:
    """A plan of so many jobs: 10 models on 2 datasets, more and more seeds."""
    return _planned(10, 2, max(1, jobs // 100))[0]


def plan_models(jobs: int) -> Call:
    """The same with more and more models on 2 datasets, 5 seeds."""
    return _planned(max(1, jobs // 50), 2, 5)[0]


def plan_datasets(jobs: int) -> Call:
    """The same with 10 models on more and more datasets, 5 seeds."""
    return _planned(10, max(1, jobs // 250), 5)[0]


def _filled(jobs: int) -> Path:
    """A store with so many jobs of 10 values, in one plan; in memory where the system has a folder for that, so that
    nobody waits for a disk."""
    from genbench.core.records import JobRecord, PlanRecord, Row
    from genbench.core.values import Measurement, Status, Value
    from genbench.store import Store

    FOLDERS.append(tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    path = Path(FOLDERS[-1].name) / "genbench.db"
    keys = [f"{i:020x}" for i in range(jobs)]
    with Store(path) as store:
        store.keep_plan(PlanRecord(id="plan", suite="growth", jobs=tuple(keys), content={}))
        for i, key in enumerate(keys):
            row = Row(label=f"m-{i % 50}", model="vae", family="vae", sampler="prior", dataset="digits", seed=i // 50)
            job = JobRecord(key=key, fit=key, row=row, evaluation="e", status=Status.OK, seconds=1.0)
            values = [Measurement(metric="mse", target=str(k), value=Value(value=float(i + k))) for k in range(10)]
            store.add_job(job, values)
    return path


FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the process ends."""


def store_write(values: int) -> Call:
    """So many values written, a transaction for each ten."""
    return lambda: _filled(values // 10)


def store_read(values: int) -> Call:
    """The tidy table of so many values."""
    from genbench.store import Store

    path = _filled(values // 10)

    def read() -> object:
        with Store(path, existing=True) as store:
            return store.table("plan")

    return read


def store_known(jobs: int) -> Call:
    """What a run asks of a store in which all is done: what is settled, how it ended, the plan again."""
    from genbench.core.records import PlanRecord
    from genbench.store import Store

    path = _filled(jobs)
    keys = tuple(f"{i:020x}" for i in range(jobs))

    def ask() -> object:
        with Store(path, existing=True) as store:
            store.keep_plan(PlanRecord(id="plan", suite="growth", jobs=keys, content={}))
            return store.settled(), store.ends(keys)

    return ask


def _report(models: int, datasets: int, seeds: int) -> Call:
    from report import synthetic_table

    from genbench.report.data import RunData
    from genbench.report.page import render

    data = RunData(table=synthetic_table(models, datasets, seeds, 40))
    return lambda: render(data)


def report_models(values: int) -> Call:
    """The page of so many values: more and more models on 2 datasets, 3 seeds."""
    return _report(values // 240, 2, 3)


def report_seeds(values: int) -> Call:
    """The same of 10 models on 2 datasets, more and more seeds."""
    return _report(10, 2, values // 800)


def report_datasets(values: int) -> Call:
    """The same of 10 models on more and more datasets, 3 seeds."""
    return _report(10, values // 1200, 3)


NS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
CASES = {
    "panel-n": Case("panel, d = 256 (pairwise)", "n", NS, panel_n),
    "panel-d": Case("panel, n = 2,000", "d", (128, 256, 512, 1_024, 2_048), panel_d),
    "frechet-n": Case("Fréchet distance, d = 256", "n", NS, frechet_n),
    "plan-seeds": Case("plan, by seeds", "jobs", (1_000, 2_000, 4_000, 8_000, 16_000), plan_seeds),
    "plan-models": Case("plan, by models", "jobs", (1_000, 2_000, 4_000, 8_000, 16_000), plan_models),
    "plan-datasets": Case("plan, by datasets", "jobs", (1_000, 2_000, 4_000, 8_000, 16_000), plan_datasets),
    "store-write": Case("store, write", "values", (5_000, 10_000, 20_000, 40_000), store_write),
    "store-read": Case("store, read", "values", (5_000, 10_000, 20_000, 40_000), store_read),
    "store-known": Case("store, nothing missing", "jobs", (1_000, 2_000, 4_000, 8_000), store_known),
    "report-models": Case("report, by models", "values", (4_800, 9_600, 19_200, 38_400), report_models),
    "report-seeds": Case("report, by seeds (up to 24)", "values", (2_400, 4_800, 9_600, 19_200), report_seeds),
    "report-datasets": Case("report, by datasets", "values", (4_800, 9_600, 19_200, 38_400), report_datasets),
}


def measure(case: Case, size: int, rounds: int) -> None:
    """In the child: processor seconds of the call, the median of the rounds, and MiB at its peak beyond its inputs."""
    from metrics import peak_memory

    case.make(case.sizes[0])()  # imports, caches, threads
    call, seconds = case.make(size), []
    before = peak_memory(again=True)
    for _ in range(rounds):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    print(json.dumps({"seconds": statistics.median(seconds), "memory": (peak_memory() - before) / 1024}))


def exponent(sizes: Sequence[int], amounts: Sequence[float]) -> float:
    """The slope of the logarithms by least squares over the upper half of the sizes, at least three of them."""
    first = min(len(sizes) // 2, len(sizes) - 3)
    x, y = ([math.log(max(one, 1e-6)) for one in part[first:]] for part in (sizes, amounts))
    return statistics.linear_regression(x, y).slope


def grown(name: str, most: int, rounds: int) -> tuple[str, ...]:
    """A row of the table."""
    case = CASES[name]
    sizes = [size for size in case.sizes if case.sizes is not NS or size <= most]
    found = []
    for size in sizes:
        command = [sys.executable, __file__, name, "--size", str(size), "--rounds", str(rounds)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise SystemExit(f"{name} at {size}: {answer.stderr}")
        found.append(json.loads(answer.stdout.splitlines()[-1]))
        print(f"{name} {size}: {found[-1]}", file=sys.stderr)
    seconds, memory = ([one[key] for one in found] for key in ("seconds", "memory"))
    return (
        case.what,
        f"{case.size} {sizes[0]:,} to {sizes[-1]:,}",
        f"{seconds[0]:.3g} to {seconds[-1]:.3g}",
        f"{exponent(sizes, seconds):.2f}",
        f"{memory[0]:.0f} to {memory[-1]:.0f}",
        f"{exponent(sizes, memory):.2f}" if memory[-1] >= 10 else "",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"some of {', '.join(CASES)}, or how they begin")
    parser.add_argument("--most", type=int, default=10_000, help="the largest n of the panel")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, help="measure one case at this size, in this process")
    asked = parser.parse_args()
    names = [name for name in CASES if not asked.cases or any(name.startswith(begin) for begin in asked.cases)]
    if asked.size is not None:
        measure(CASES[names[0]], asked.size, asked.rounds)
        return
    from metrics import show

    header = ("what", "sizes", "CPU seconds", "exponent", "MiB at the peak", "exponent")
    show([header, *(grown(name, asked.most, asked.rounds) for name in names)])


if __name__ == "__main__":
    main()
