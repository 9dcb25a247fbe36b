"""The options that commands share, each spelt once; and those of a run, which `run` and `tune` take as one record."""

from __future__ import annotations

import inspect
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genbench.cli import console
from genbench.core.errors import UsageError

if TYPE_CHECKING:
    from genbench.runs.options import Options

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Plugin = Annotated[
    list[str] | None, typer.Option("--plugin", help="A Python file that registers models, datasets, ...")
]
DataRoot = Annotated[str | None, typer.Option("--data-root", help="Where data files are (else GENBENCH_DATA).")]
SuiteName = Annotated[
    str, typer.Argument(metavar="suite", help="A suite's name (`genbench list suites`), or a .toml file.")
]
RunPlace = Annotated[str, typer.Argument(metavar="[DIR|URL]", help="A run's folder or a store's URL.")]
PlanId = Annotated[
    str | None, typer.Option("--plan", help="An older plan of the store (`genbench show run DIR`) [the last one].")
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="The file to write.")]


def _count(text: str) -> int:
    """A number of seeds: `2`, or the seeds themselves, `0,1`. Raises `UsageError` for seeds that do not begin at 0."""
    listed = [part.strip() for part in text.split(",")]
    if len(listed) > 1 and listed == [str(i) for i in range(len(listed))]:
        return len(listed)
    if not text.isdecimal() or int(text) < 1:
        many = f" (`--seeds {len(listed)}` runs as many as {text})" if len(listed) > 1 else ""
        raise UsageError(f"--seeds is how many seeds, from 0 on: 2, which is the same as 0,1; got {text!r}{many}.")
    return int(text)


Seeds = Annotated[int | None, typer.Option(parser=_count, metavar="N", help="How many seeds; 2 is the same as 0,1.")]

DEFAULT_RUN = "runs/quick"


def names(text: str) -> list[str]:
    """A comma-separated option as a list; one that was given without a name is a mistake."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if text and not found:
        raise UsageError(f"a list of names, such as vae,gan, was expected; got {text!r}.")
    return found


def load_plugins(plugins: list[str] | None) -> None:
    """Run the decorators of plugin files."""
    from genbench.registry import load_plugin

    for plugin in plugins or ():
        load_plugin(plugin)


def command_line() -> str:
    """The command as it was given."""
    from genbench.store.place import hidden

    return shlex.join(["genbench", *(_without_secret(argument, hidden) for argument in sys.argv[1:])])


def _without_secret(argument: str, hidden: Callable[[str], str]) -> str:
    name, equals, value = argument.partition("=")
    return f"{name}={hidden(value)}" if equals and name.startswith("--") else hidden(argument)


def _run_options(
    models: Annotated[str, typer.Option(help="Only these rows, such as vae,ae+gmm10,family:control.")] = "",
    no_controls: Annotated[
        bool, typer.Option("--no-controls", help="With --models: without the suite's floor and ceiling rows.")
    ] = False,
    datasets: Annotated[str, typer.Option(help="Only these datasets; yours too, such as mine=npz:mine.npz.")] = "",
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|cuda:N|mps", help="What computes.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="The folder of results [runs/SUITE].")] = None,
    store: Annotated[str | None, typer.Option(help="An SQLAlchemy URL [DIR/genbench.db].")] = None,
    executor: Annotated[
        str, typer.Option(metavar="auto|inline|local|ray", help="Who does the jobs: this process, workers, a cluster.")
    ] = "auto",
    workers: Annotated[int | None, typer.Option(min=1, help="How many workers.")] = None,
    workers_per_device: Annotated[
        int | None, typer.Option(min=1, help="How many workers side by side on each GPU [as many as pay].")
    ] = None,
    nvidia_mps: Annotated[
        bool,
        typer.Option(
            "--nvidia-mps",
            help="Let workers on a GPU compute at the same time: faster, but one that crashes there ends the others.",
        ),
    ] = False,
    stack: Annotated[
        str, typer.Option(help="Train seeds and trials of a model together: auto (on a GPU), on or off.")
    ] = "auto",
    time_limit: Annotated[float | None, typer.Option(help="Seconds that one job may take.")] = None,
    memory_limit: Annotated[float | None, typer.Option(help="GiB that a worker process may take.")] = None,
    ray_address: Annotated[str | None, typer.Option(help="A Ray cluster's [this machine alone].")] = None,
    gpus: Annotated[float, typer.Option(help="The part of a GPU that a worker on a cluster gets.")] = 1.0,
    plugin: Plugin = None,
    data_root: DataRoot = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change the suite, an evaluation or a row: budget.images=1000, density.samples=500, vae.latent=2.",
        ),
    ] = None,
    profile: Annotated[str, typer.Option(help="A profile of the suite, such as small.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Remove what the jobs made and do all again.")] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Only results and errors: no progress, no notes.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line for each fit and each job.")] = False,
) -> Options:
    """The options that every command has which runs jobs; how much is said is set at once."""
    from genbench.runs.options import Options

    console.choose_level(quiet=quiet, verbose=verbose)

    return Options(
        models=names(models),
        controls=not no_controls,
        datasets=names(datasets),
        device=device,
        out=out,
        store=store,
        executor=executor,
        workers=workers,
        workers_per_device=workers_per_device,
        nvidia_mps=nvidia_mps,
        stack=stack,
        time_limit=time_limit,
        memory_limit=memory_limit,
        ray_address=ray_address,
        gpus=gpus,
        plugins=plugin or (),
        data_root=data_root,
        settings=set_ or (),
        profile=profile,
        force=force,
        command=command_line(),
    )


def takes_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the options of a run among its own, which it is given as its argument `options`."""
    own, shared = _parameters(command), _parameters(_run_options)

    def wrapped(**given: Any) -> Any:
        options = _run_options(**{name: given.pop(name) for name in shared})
        return command(options=options, **given)

    rest = [p for name, p in own.items() if name != "options"]
    first = [p for p in rest if p.default is p.empty]
    later = [p for p in rest if p.default is not p.empty]
    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in (*first, *shared.values(), *later)]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__doc__, wrapped.__name__, wrapped.__module__ = command.__doc__, command.__name__, command.__module__
    return wrapped


def _parameters(command: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """A function's parameters with their annotations as objects; `options` is for `takes_run_options` alone."""
    found = {}
    for name, parameter in inspect.signature(command).parameters.items():
        said = parameter.annotation
        known = eval(said, command.__globals__) if isinstance(said, str) and name != "options" else said
        found[name] = parameter.replace(annotation=known)
    return found
