"""Workers that die, by jobs and by models."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

from genbench.core.jobs import BudgetConfig, Fit, Job, tasks
from genbench.core.records import Row
from genbench.executors.accounting import each_once
from genbench.executors.config import WorkerConfig
from genbench.executors.local import run_local
from genbench.protocols.evaluation import EvaluationConfig
from genbench.runs.folder import RunFolder
from genbench.runs.keeping import keep
from genbench.store import Store
from mishaps.campaign import Campaign
from mishaps.found import Found
from mishaps.processes import ROOT, start, suite
from mishaps.tables import doubled

PLUGINS = [ROOT / "tests" / "run" / name for name in ("hostile_models.py", "bad_models.py")]
DEATHS = {
    "raises": "raise",
    "hangs": "hang",
    "crashes": "segfault",
    "vanishes": "os._exit",
    "swells": "memory",
    "aborts": "abort",
    "closes": "closed pipe",
}
"""Models that take their worker with them, and how."""
ACTS = {"raise": "raise", "hang": "hang", "segfault": "segfault", "exit": "os._exit", "memory": "memory"}
"""What jobs of a worker without models do, by the beginning of their names."""


def deaths(campaign: Campaign) -> Iterator[Found]:
    """Jobs that take their worker with them, beside quiet ones, on workers that load no torch: each has one record."""
    times, toys = campaign.asked.deaths, str(ROOT / "tests" / "executors")
    os.environ["PYTHONPATH"] = os.pathsep.join([os.environ.get("PYTHONPATH", ""), toys])
    limits = {"time_limit": 3.0, "memory_limit": 300 * 2**20, "workers": 4}
    config = WorkerConfig(runner="executor_toys:Named", setting=str(campaign.folder), **limits)
    folder = RunFolder.to_make(campaign.folder / "deaths")
    for act, kind in ACTS.items():
        found = Found(f"worker's death, {kind}", faults=times)
        jobs = [job(f"{name}-{i}") for i in range(times) for name in (act, "quiet")]
        with Store(campaign.folder / f"deaths-{act}.db") as store:
            for events in each_once(run_local(tasks(jobs), config), jobs):
                keep(folder, store, events, "run")
            ends, kept = store.ends(one.key for one in jobs), store.table()
        found.lost, found.doubled = len(jobs) - kept["job"].nunique(), doubled(kept)
        found.others.append(f"equal: {counted(ends[f'{act}-{i}']['status'] for i in range(times))}")
        beside = Counter(ends[f"quiet-{i}"]["status"] for i in range(times))
        if set(beside) != {"unsupported"}:  # how a job without a model ends well
            found.others.append(f"OTHERS DIED: {dict(beside)}")
        yield found


def job(key: str) -> Job:
    """A job without a model."""
    fit = Fit(key=f"f{key}", stack_key="s", model="m", options={}, dataset="d", seed=0, budget=BudgetConfig(images=1))
    row = Row(label="m", model="m", family="f", sampler="", dataset="d", seed=0)
    config = EvaluationConfig(name="x")
    return Job(key=key, fit=fit, row=row, config=config, evaluation="x", metrics=("mse", "psnr"))


def counted(words: Iterable[str]) -> str:
    """How often each."""
    return ", ".join(f"{n} {word}" for word, n in Counter(words).items())


def models(campaign: Campaign) -> Iterator[Found]:
    """Models that take their worker with them: each planned job has one record, and the others their numbers."""
    times = campaign.asked.models
    for name, rows in (("quiet", ["quiet"]), ("models", ["quiet", *DEATHS])):
        suite(campaign.folder / f"{name}.toml", rows, ["digits"], seeds=times, encoder="pixels", images=640)
        limits = ["--time-limit", "30", "--memory-limit", "2", "--workers", "2"]
        plugins = [word for plugin in PLUGINS for word in ("--plugin", str(plugin))]
        start(campaign.folder, f"{name}.toml", name, "local", *plugins, *limits).wait()
    table, quiet = campaign.table("models"), campaign.table("quiet")
    found = Found(f"models: {', '.join(DEATHS.values())}", faults=times * len(DEATHS))
    mine = table[table.label != "quiet"]
    found.lost, found.doubled = 2 * found.faults - mine["job"].nunique(), doubled(mine)
    ended = mine[mine.evaluation == "sample-quality"].drop_duplicates("job")
    found.others.append(f"equal: {counted(ended.status)}")
    found.compare(table[table.label == "quiet"], quiet, "the model beside them")
    yield found
