"""What the command line may say of a run, checked before anything heavy is imported. Torch-free."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench import registry
from genbench.core.errors import UsageError, nearest
from genbench.runs import suite_file
from genbench.runs.overrides import with_row_options
from genbench.runs.suite import ModelUse, Suite, select
from genbench.runs.suite_check import checked

LISTS = ("models", "datasets", "plugins", "settings")
"""Options that are lists, so that a word is no list of its letters."""

EXECUTORS = ("auto", "inline", "local", "ray")
STACKING = ("auto", "on", "off")

MOST_LIMIT = 10**9
"""Seconds or GiB: more than any job has."""

LEAST_GPUS = 0.001
"""Of one GPU: a thousand workers share it at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line may say of a run; the suite says the rest.

    `time_limit`: seconds a job; `memory_limit`: GiB a worker; `ray_address`: of a cluster; `gpus`: the part of a GPU
    that a worker on a cluster asks for; `workers_per_device`: side by side on each GPU, None for what pays; `stack`:
    whether fits that differ in seeds and numbers are trained together, `auto` on a GPU; `nvidia_mps`: workers on a GPU
    compute at the same time, by a service that lives as long as the run.
    """

    models: Sequence[str] = ()
    controls: bool = True
    datasets: Sequence[str] = ()
    seeds: int | None = None
    device: str = "auto"
    out: Path | None = None
    store: str | None = None
    executor: str = "auto"
    workers: int | None = None
    workers_per_device: int | None = None
    nvidia_mps: bool = False
    stack: str = "auto"
    time_limit: float | None = None
    memory_limit: float | None = None
    ray_address: str | None = None
    gpus: float = 1.0
    plugins: Sequence[str] = ()
    data_root: str | None = None
    settings: Sequence[str] = ()
    profile: str = ""
    force: bool = False
    command: str = ""
    started_in: Path = field(default_factory=Path.cwd)

    def __post_init__(self) -> None:
        for name in LISTS:
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise UsageError(f"{name} is a list, such as {name}=[...]; got {value!r}.")

    def folder(self, name: str) -> Path:
        """The folder of a run of the suite of this name: what a plugin does to the current folder changes nothing."""
        return self.started_in / (self.out or Path("runs") / name)


SAMPLES = "samples"
"""The model that stands for samples of one's own."""


def with_samples(suite: Suite, name: str, path: str) -> Suite:
    """The suite with one row more: samples that were made elsewhere.

    Raises `UsageError` where nothing is there, or where the suite has a row of this name.
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise UsageError(f"--samples {path}: there is nothing; expected a folder or zip of images, an .npy or an .npz.")
    row = ModelUse.model_validate({"use": SAMPLES, "as": name, "path": str(place.resolve())})
    return checked(suite.model_copy(update={"models": (*suite.models, row)}), suite.name)


def chosen_suite(name: str | Path | Mapping[str, Any] | Suite, options: Options) -> Suite:
    """The suite as the options narrow and change it: a name, a file, its content, or the object itself.

    Raises `UsageError` for whatever the options get wrong, `SuiteError` for what the suite does.
    """
    _check_executor(options)
    from genbench.runs.folder import RunFolder  # whose store is heavy to import

    RunFolder.to_make(options.folder("any"), options.store)
    for plugin in options.plugins:
        registry.load_plugin(plugin)
    path, content = suite_file.content_of(name)
    suite = suite_file.parse(content, path, settings=options.settings, profile=options.profile)
    selected = select(suite, options.models, options.datasets, options.seeds, controls=options.controls)
    return with_row_options(checked(selected, path), content, options.settings)


def _check_executor(options: Options) -> None:
    """Raise `UsageError` where the executor is none, or cannot do what is asked of it."""
    name = options.executor
    if name not in EXECUTORS:
        near = nearest(name, EXECUTORS) or EXECUTORS[0]
        raise UsageError(f"--executor is one of {', '.join(EXECUTORS)}; got {name!r}: take {near!r}?")
    if name == "ray" and importlib.util.find_spec("ray") is None:
        raise UsageError("--executor ray needs Ray: pip install 'genbench[ray]', or take --executor local.")
    if options.ray_address is not None and name != "ray":
        raise UsageError("--ray-address needs --executor ray.")
    if options.stack not in STACKING:
        raise UsageError(f"--stack is one of {', '.join(STACKING)}; got {options.stack!r}.")
    if options.workers_per_device is not None:
        if name in ("inline", "ray"):
            instead = "take --gpus for a cluster" if name == "ray" else "omit it, or take --executor local"
            raise UsageError(f"--workers-per-device needs worker processes on this machine: {instead}.")
        if options.workers is not None:
            raise UsageError("--workers and --workers-per-device both say how many workers there are: give one.")
    if not LEAST_GPUS <= options.gpus <= 1:
        raise UsageError(
            f"--gpus is the part of a GPU a worker gets, at least {LEAST_GPUS} and at most 1; got {options.gpus:g}."
        )
    for option, limit, unit in (
        ("--time-limit", options.time_limit, "seconds"),
        ("--memory-limit", options.memory_limit, "GiB"),
    ):
        if limit is not None and not 0 < limit <= MOST_LIMIT:
            raise UsageError(f"{option} is a number of {unit} above 0, at most {MOST_LIMIT:,}; got {limit:g}.")
        if limit is not None and name == "inline":
            raise UsageError(f"{option} needs --executor local: a process cannot stop itself.")
    if options.memory_limit is not None and name == "ray":
        raise UsageError("--memory-limit needs --executor local: Ray ends workers itself where a machine runs full.")
