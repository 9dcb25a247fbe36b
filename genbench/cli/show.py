"""`genbench show`: all that is known of one thing; of a run's folder, the plans whose results its store holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from genbench import registry
from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.cards import KINDS, REGISTRIES, as_text, card, check_kind
from genbench.cli.options import DataRoot, Json, Plugin, load_plugins
from genbench.core.errors import Unsupported, UsageError
from genbench.runs import suite_file


@app.command()
def show(
    kind: Annotated[str, typer.Argument(help="model, dataset, encoder, metric, evaluation, suite or run.")],
    name: Annotated[str, typer.Argument(help="Its name; of a run its folder, or its store's URL.")],
    plugin: Plugin = None,
    data_root: DataRoot = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a dataset's contact sheet to this PNG.")] = None,
    as_json: Json = False,
) -> None:
    """All that is known of one thing."""
    load_plugins(plugin)
    plural = kind if kind.endswith("s") else f"{kind}s"
    check_kind(plural, (*KINDS, "runs"))
    if plural == "suites":
        _show_suite(name, as_json=as_json)
    elif plural == "runs":
        _show_run(name, as_json=as_json)
    else:
        details = _DETAILS.get(plural, _card)(plural, name, data_root, sheet)
        _print_details(details, as_json=as_json)


def _print_details(details: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.print_json(details)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for key, value in details.items():
        if value not in ("", None, (), [], {}):
            table.add_row(f"[bold]{key}[/]", as_text(value))
    console.out.print(table)


def _show_suite(name: str, *, as_json: bool) -> None:
    path = suite_file.find(name)
    suite = suite_file.read(path)
    if as_json:
        console.print_json(suite.model_dump(mode="json", by_alias=True))
    else:
        console.out.print(path.read_text(encoding="utf-8"), end="", soft_wrap=True, markup=False)


def _show_run(place: str, *, as_json: bool) -> None:
    """The plans of a store, the last one marked: `report`, `export` and `sample` take an older one by `--plan`."""
    from genbench.runs.folder import RunFolder

    with RunFolder.find(place).open() as store:
        plans, settled, runs = store.plans(), store.settled(), store.runs()
    commands = {run.plan: run.command for run in runs}
    planned = {job for plan in plans for job in plan.jobs}
    rows = [
        {
            "plan": plan.id,
            "suite": plan.suite,
            "asked": plan.asked,
            "jobs": len(plan.jobs),
            "done": sum(job in settled for job in plan.jobs),
            "last": plan is plans[-1],
            "command": commands.get(plan.id, ""),
        }
        for plan in plans
    ]
    beside = sum(job not in planned for job in settled)
    if as_json:
        console.print_json({"plans": rows, "jobs of no plan": beside})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("", "plan", "suite", "asked", "jobs", "done", "command"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mark = "last" if row["last"] else ""
        table.add_row(mark, *(as_text(row[key]) for key in ("plan", "suite", "asked", "jobs", "done", "command")))
    console.out.print(table)
    if beside:
        console.out.print(f"{beside} results belong to no plan; they are kept and shown nowhere.")


def _card(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    return card(REGISTRIES[plural].get(name))


def _model(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    from genbench.tuning.spaces import model_space

    entry = registry.models.get(name.partition("+")[0])
    space = {option: str(domain) for option, domain in model_space(entry.card.name).items()}
    made = {"samplers": _samplers(name, entry), "defaults": entry.options(), "by the data": _by_data(entry)}
    return card(entry) | made | {"space": space}


def _by_data(entry: registry.Entry[Any]) -> dict[str, str]:
    """What an option without a default becomes on an image and on a point, as far as the model says so."""
    from genbench.protocols.dataset import DataSpec
    from genbench.training.trainer import build

    specs = {"1 × 28 × 28": DataSpec((1, 28, 28), (0.0, 1.0), 10), "2 values": DataSpec((2,))}
    found: dict[str, list[str]] = {}
    for option in (option for option, default in entry.options().items() if default is None):
        for word, spec in specs.items():
            with contextlib.suppress(Unsupported):
                value = getattr(build(entry.load(), spec, {}, seed=0), option, None)
                found.setdefault(option, []).extend([] if value is None else [f"{value} on {word}"])
    return {option: ", ".join(said) for option, said in found.items() if said}


def _samplers(name: str, entry: registry.Entry[Any]) -> list[str]:
    """What may stand behind the name: the one asked for, spelt out, or all."""
    from genbench.models.sampler_names import SAMPLERS
    from genbench.models.solvers import solver

    model, asked = entry.load(), name.partition("+")[2]
    if asked:
        try:
            return [asked if asked in SAMPLERS else str(solver(model, asked))]
        except Unsupported as error:
            raise UsageError(f"{name}: {error}") from error
    latent = [f"+{s}" for s in SAMPLERS] if "encodes" in entry.card.capabilities else []
    kinds = getattr(model, "solvers", {})
    return latent + [f"+{kind}N, such as {solver(model, f'{kind}20')}" for kind in kinds]


def _dataset(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    from genbench.data.loading import load_dataset
    from genbench.runs.provenance import dataset_entry
    from genbench.runs.suite import datasets_apart

    try:
        (label,), named = datasets_apart([name], {})
    except ValueError as error:
        raise UsageError(str(error)) from error
    data = load_dataset(label, root=data_root, named=named)
    details = {"name": label} | dataset_entry(data)
    details |= {"kind": data.kind, "value_range": data.spec.value_range, "classes": data.spec.classes}
    if sheet is not None:
        from genbench.data.sheet import write_sheet

        write_sheet(data, sheet)
        details["sheet"] = str(sheet)
    return details


_DETAILS: dict[str, Callable[[str, str, str | None, Path | None], dict[str, Any]]] = {
    "models": _model,
    "datasets": _dataset,
}
