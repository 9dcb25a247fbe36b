"""What an executor takes for a task that does nothing: milliseconds over many, workers already there.

python bench/executors.py --tasks 500
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from genbench.core.jobs import BudgetConfig, Event, Fit, Job, JobEnded, Task, tasks, without_value
from genbench.core.records import Row
from genbench.core.values import Status
from genbench.executors.config import WorkerConfig
from genbench.executors.inline import run_inline
from genbench.executors.local import run_local
from genbench.protocols.evaluation import EvaluationConfig


class Nothing:
    """Ends each job at once."""

    spoilt = False

    def __init__(self, setting: object) -> None:
        del setting

    def run(self, task: Task) -> Iterator[Event]:
        yield from (without_value(job, Status.UNSUPPORTED, "nothing") for job in task.jobs)


def work(n: int) -> list[Task]:
    """n tasks of one job."""
    row = Row(label="m", model="m", family="f", sampler="", dataset="d", seed=0)
    jobs = []
    for i in range(n):
        fit = Fit(key=f"f{i}", stack_key="s", model="m", options={}, dataset="d", seed=0, budget=BudgetConfig(images=1))
        config = EvaluationConfig(name="x")
        jobs.append(Job(key=f"j{i}", fit=fit, row=row, config=config, evaluation="x", metrics=("mse",)))
    return tasks(jobs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    here = str(Path(__file__).parent)
    sys.path.append(here)
    os.environ["PYTHONPATH"] = os.pathsep.join([os.environ.get("PYTHONPATH", ""), here])
    config = WorkerConfig(runner="executors:Nothing", setting=None, workers=options.workers)
    executors: dict[str, Callable[[list[Task]], Iterator[Sequence[Event]]]] = {
        "inline": lambda given: ([event] for event in run_inline(given, config.make_runner())),
        "local": partial(run_local, config=config),
    }
    try:
        from genbench.executors.ray import run_ray

        executors["ray"] = partial(run_ray, config=config)
    except ImportError:
        print("ray is not installed: pip install genbench[ray]")
    for name, run in executors.items():
        began, times = time.perf_counter(), []
        for events in run(work(options.tasks)):
            times += [time.perf_counter() for event in events if isinstance(event, JobEnded)]
        print(
            f"{name}: {len(times)} tasks, {(times[-1] - times[0]) / (len(times) - 1) * 1000:.2f} ms each once the "
            f"first has ended, which takes {times[0] - began:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
