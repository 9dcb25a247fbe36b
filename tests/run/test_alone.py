"""What must run alone gets a process of its own, and nothing runs beside it."""

from __future__ import annotations

from genbench.core.jobs import BudgetConfig, Fit, Job, JobEnded, Task, tasks
from genbench.core.records import Row
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local
from genbench.protocols.evaluation import EvaluationConfig


def job(name: str, *, alone: bool) -> Job:
    fit = Fit(key=name, stack_key=name, model="vae", options={}, dataset="digits", seed=0, budget=BudgetConfig())
    row = Row(label=name, model="vae", family="vae", sampler="", dataset="digits", seed=0)
    key = f"{name}-alone" if alone else name
    return Job(
        key=key, fit=fit, row=row, config=EvaluationConfig(name="x"), evaluation="x", metrics=("mse",), alone=alone
    )


def done(work: list[Task]) -> dict[str, tuple[int, float, float]]:
    """Process, beginning and end of each job."""
    config = WorkerConfig(runner="alone_toys:SaysWhere", setting=0.05, workers=2)
    ended = [e.record for events in run_local(work, config) for e in events if isinstance(e, JobEnded)]
    found = {}
    for record in ended:
        process, began, stopped = (record.reason or "").split()
        found[record.key] = (int(process), float(began), float(stopped))
    return found


def test_alone_means_another_process_and_nothing_beside_it() -> None:
    jobs = [job(name, alone=alone) for name in "abc" for alone in (False, True)]
    found = done(tasks(jobs))
    alone = {key: value for key, value in found.items() if key.endswith("-alone")}
    shared = {key: value for key, value in found.items() if key not in alone}
    assert (len(alone), len(shared)) == (3, 3)
    assert len({process for process, _, _ in alone.values()}) == 1
    assert not {process for process, _, _ in alone.values()} & {process for process, _, _ in shared.values()}
    for key, (_, began, stopped) in alone.items():
        for other, (_, start, end) in found.items():
            assert other == key or stopped <= start or end <= began, (key, other)
