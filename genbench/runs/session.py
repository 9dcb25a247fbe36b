"""A run before its first job: the suite, its plan, what of it is missing, and all that doing it takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench import registry
from genbench.core import paths
from genbench.core.errors import UsageError
from genbench.core.jobs import Job, Plan
from genbench.executors.config import WorkerConfig
from genbench.runs import provenance
from genbench.runs.crew import crew_of
from genbench.runs.folder import RunFolder
from genbench.runs.known import Known
from genbench.runs.options import Options
from genbench.runs.plan import Conditions, make_plan
from genbench.runs.setting import TaskSetting
from genbench.runs.suite import Suite
from genbench.store import Store
from genbench.store.connections import is_blank

if TYPE_CHECKING:
    from genbench.evaluations.context import RunContext


@dataclass(frozen=True, slots=True)
class Session:
    """A suite, its plan, what of it is missing, and all that doing it takes: what `--dry-run` shows. `together`: fits
    that differ in seeds and numbers make one task, and are trained as a stack."""

    suite: Suite
    plan: Plan
    missing: list[Job]
    folder: RunFolder
    known: Known
    setting: TaskSetting
    workers: WorkerConfig
    executor: str
    force: bool = False
    ray_address: str | None = None
    together: bool = False

    @property
    def context(self) -> RunContext:
        """Where datasets and encoders of this process are loaded."""
        return self.known.context

    def reading(self) -> list[str]:
        """How files were read into datasets, and what of these is too small: a sentence each."""
        names = self.suite.all_datasets()
        return [f"{name}: {note}" for name in names for note in self.known.dataset(name).notes]


Planner = Callable[[Suite, Conditions], Plan]


def prepare(
    suite: Suite, options: Options, planner: Planner = make_plan, *, context: RunContext | None = None
) -> Session:
    """Everything up to the first job; raises `UsageError` for whatever cannot be. Nothing is trained.

    `planner`: what makes the plan of the suite; `make_plan` gives each evaluation of each row. `context`: what is
    loaded already.
    """
    device = provenance.pick_device(options.device)
    folder = RunFolder.to_make(options.folder(suite.name), options.store)
    executor = _executor(options)
    crew = crew_of(suite, options, executor, device)
    setting = TaskSetting(
        place=folder.place,
        cache=paths.cache_dir(),
        device=device,
        threads=suite.threads,
        data_root=options.data_root,
        named=suite.named,
        share=1 / crew.a_device,
    )
    known = Known(setting, context)
    plan = planner(suite, conditions_of(suite, known))
    plan = dataclasses.replace(plan, notes=(*plan.notes, *_fallbacks(suite, known)))
    workers = WorkerConfig(
        runner=_RUNNERS.get(executor, "genbench.runs.task:TaskRunner.of"),
        setting=setting,
        device=device,
        threads=suite.threads,
        origins=registry.origins(),
        time_limit=options.time_limit,
        memory_limit=round(options.memory_limit * 2**30) if options.memory_limit is not None else None,
        workers=crew.workers,
        retries=suite.retries,
        gpus=options.gpus,
        places=crew.places,
        nvidia_mps=options.nvidia_mps,
    )
    together = options.stack == "on" or (options.stack == "auto" and device.startswith("cuda"))
    missing = plan.missing(settled_in(folder), force=options.force)
    return Session(
        suite, plan, missing, folder, known, setting, workers, executor, options.force, options.ray_address, together
    )


_RUNNERS = {"ray": "genbench.runs.remote:RemoteRunner.of"}
"""What does tasks where the run's folder is not seen."""


def conditions_of(suite: Suite, known: Known) -> Conditions:
    """What the keys of a plan depend on, here and now."""
    device = known.setting.device
    return Conditions(
        datasets={name: known.dataset(name).facts for name in suite.all_datasets()},
        device=device.partition(":")[0],
        machine=provenance.machine(device),
        encoder=known.encoder,
    )


def _fallbacks(suite: Suite, known: Known) -> Iterator[str]:
    """A line for each dataset whose features are not those of a classifier of its own."""
    automatic = {dataset for dataset, config in suite.pairs() if getattr(config, "encoder", "") == "auto"}
    for dataset in suite.all_datasets():
        note = known.dataset(dataset).fallback if dataset in automatic else ""
        if note:
            yield note


def _executor(options: Options) -> str:
    """`auto` is worker processes (one for an accelerator); what cannot be made known to another process runs here."""
    stuck, asked = registry.unrepeatable(), options.executor
    if asked == "auto":
        asked = "inline" if stuck else "local"
        if asked == "inline" and (options.time_limit or options.memory_limit) is not None:
            raise UsageError(
                f"a limit of time or memory cannot be kept for {', '.join(stuck)}: defined in a notebook or a prompt, "
                "it runs in this process, which cannot stop itself. Put it into a file and give --plugin FILE."
            )
    if asked in ("local", "ray") and stuck:
        raise UsageError(
            f"--executor {asked} cannot run {', '.join(stuck)}: defined in a notebook or a prompt, worker processes do "
            "not know it. Take --executor inline, or put it into a file and give --plugin FILE."
        )
    return asked


def settled_in(folder: RunFolder) -> Mapping[str, bool]:
    """For each job that the store of a folder knows, whether how it ended is final; nothing is made."""
    file = folder.place.file
    there = file.exists() and not is_blank(file) if file is not None else Store.is_at(folder.place.url)
    if not there:
        return {}
    with folder.open() as store:
        return store.settled()
