"""What the command line may say of a run, checked before anything heavy is imported. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench import registry
from genbench.core.errors import UsageError, nearest
from genbench.runs import suite_file
from genbench.runs.overrides import with_row_options
from genbench.runs.suite import ModelUse, Suite, select
from genbench.runs.suite_check import checked

EXECUTORS = ("auto", "inline", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line may say of a run; the suite says the rest."""

    models: Sequence[str] = ()
    controls: bool = True
    datasets: Sequence[str] = ()
    seeds: int | None = None
    device: str = "auto"
    out: Path | None = None
    store: str | None = None
    executor: str = "auto"
    workers: int | None = None
    time_limit: float | None = None
    plugins: Sequence[str] = ()
    data_root: str | None = None
    settings: Sequence[str] = ()
    profile: str = ""
    force: bool = False
    command: str = ""
    started_in: Path = field(default_factory=Path.cwd)

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
    if options.executor == "ray":
        raise UsageError("the executor 'ray' is not built yet: use --executor local (worker processes) or inline.")
    if options.executor not in EXECUTORS:
        near = nearest(options.executor, EXECUTORS) or EXECUTORS[0]
        raise UsageError(f"--executor is one of {', '.join(EXECUTORS)}; got {options.executor!r}: take {near!r}?")
    if options.time_limit is not None and not 0 < options.time_limit < math.inf:
        raise UsageError(f"--time-limit is a number of seconds above 0; got {options.time_limit:g}.")
    if options.time_limit is not None and options.executor == "inline":
        raise UsageError("--time-limit needs --executor local: a process cannot stop itself.")
    from genbench.runs.folder import RunFolder  # whose store is heavy to import

    RunFolder.to_make(options.folder("any"), options.store)
    for plugin in options.plugins:
        registry.load_plugin(plugin)
    path, content = suite_file.content_of(name)
    suite = suite_file.parse(content, path, settings=options.settings, profile=options.profile)
    selected = select(suite, options.models, options.datasets, options.seeds, controls=options.controls)
    return with_row_options(checked(selected, path), content, options.settings)
