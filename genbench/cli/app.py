"""The application that commands register with, and the options that they share."""

from __future__ import annotations

from typing import Annotated

import typer

from genbench.core.errors import UsageError

app = typer.Typer(
    name="genbench",
    help="Which of these generative models is better, at what, by how much, at what cost, and how sure are we?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Plugin = Annotated[
    list[str] | None, typer.Option("--plugin", help="A Python file that registers models, datasets, ...")
]
DataRoot = Annotated[str | None, typer.Option("--data-root", help="Where data files are (else GENBENCH_DATA).")]

SuiteName = Annotated[
    str, typer.Argument(metavar="suite", help="A suite's name (`genbench list suites`), or a .toml file.")
]
Rows = Annotated[str, typer.Option(help="Only these rows, such as vae,ae+gmm10,family:control.")]
Datasets = Annotated[str, typer.Option(help="Only these datasets.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
StoreUrl = Annotated[str | None, typer.Option(help="An SQLAlchemy URL [DIR/genbench.db].")]
Executor = Annotated[str, typer.Option(help="auto, inline or local.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes of the local executor.")]
TimeLimit = Annotated[float | None, typer.Option(help="Seconds that one job may take.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="Change the suite, such as budget.images=1000.")]

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
