"""`genbench list` and `genbench show`: what the registries know, without importing the code behind a name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from genbench import registry
from genbench.cli import console
from genbench.core.errors import Unsupported, UsageError, nearest
from genbench.run import suite as suites

REGISTRIES: dict[str, registry.Registry[Any]] = {
    "models": registry.models,
    "datasets": registry.datasets,
    "encoders": registry.encoders,
    "metrics": registry.metrics,
    "evaluations": registry.evaluations,
}
COLUMNS = {
    "models": ("name", "family", "sampler", "capabilities", "paper", "summary"),
    "datasets": ("name", "kind", "shape", "classes", "summary"),
    "encoders": ("name", "needs", "summary"),
    "metrics": ("name", "group", "direction", "unit", "summary"),
    "evaluations": ("name", "headline", "summary"),
    "suites": ("name", "summary"),
}
WIDE = 140
FOR_WIDE = frozenset({"capabilities", "paper", "needs", "unit", "group"})
"""Columns that a narrow terminal leaves out; `genbench show` and `--json` have them."""


def show_list(kind: str, *, as_json: bool) -> None:
    """Print all entries of a kind."""
    _check(kind, list(COLUMNS))
    cards = _suite_cards() if kind == "suites" else [dataclasses.asdict(e.card) for e in REGISTRIES[kind]]
    if as_json:
        console.print_json(cards)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    has_room = console.out.width >= WIDE
    columns = [c for c in COLUMNS[kind] if has_room or c not in FOR_WIDE]
    for column in columns:
        table.add_column(column, no_wrap=column == "name", overflow="fold")
    for card in cards:
        table.add_row(*(_text(card.get(column)) for column in columns))
    console.out.print(table)


def show_one(kind: str, name: str, *, data_root: str | None, sheet: Path | None, as_json: bool) -> None:
    """Print all that is known of one entry."""
    plural = kind if kind.endswith("s") else f"{kind}s"
    _check(plural, list(COLUMNS))
    if plural == "suites":
        _show_suite(name, as_json=as_json)
        return
    details = _SHOW.get(plural, _card)(plural, name, data_root, sheet)
    if as_json:
        console.print_json(details)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for key, value in details.items():
        if value not in ("", None, (), [], {}):
            table.add_row(f"[bold]{key}[/]", _text(value))
    console.out.print(table)


def _show_suite(name: str, *, as_json: bool) -> None:
    path = suites.find(name)
    suite = suites.read(path)
    if as_json:
        console.print_json(suite.model_dump(mode="json", by_alias=True))
    else:
        console.out.print(path.read_text(encoding="utf-8"), end="", soft_wrap=True, markup=False)


def _card(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    return dataclasses.asdict(REGISTRIES[plural].get(name).card)


def _model(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    from genbench.tuning.spaces import model_space

    entry = registry.models.get(name.partition("+")[0])
    space = {option: str(domain) for option, domain in model_space(entry.card.name).items()}
    known = {"samplers": _samplers(name, entry), "defaults": entry.options(), "space": space}
    return dataclasses.asdict(entry.card) | known


def _samplers(name: str, entry: registry.Entry[Any]) -> list[str]:
    """What may stand behind the name: the one asked for, spelt out, or all."""
    from genbench.models import solvers
    from genbench.models.samplers import SAMPLERS

    model, asked = entry.load(), name.partition("+")[2]
    try:
        solvers.check(model, asked)
    except Unsupported as error:
        raise UsageError(f"{name}: {error}") from error
    if asked:
        return [asked if asked in SAMPLERS else str(solvers.solver(model, asked))]
    latent = [f"+{s}" for s in SAMPLERS] if "encodes" in entry.card.capabilities else []
    kinds = getattr(model, "solvers", {})
    return latent + [f"+{kind}N, such as {solvers.solver(model, f'{kind}20')}" for kind in kinds]


def _dataset(plural: str, name: str, data_root: str | None, sheet: Path | None) -> dict[str, Any]:
    from genbench.data.loading import load_dataset
    from genbench.run.provenance import dataset_entry

    data = load_dataset(name, root=data_root)
    details = {"name": name} | dataset_entry(data)
    details |= {"value_range": data.spec.value_range, "classes": data.spec.classes}
    if sheet is not None:
        from genbench.data.sheet import write_sheet

        write_sheet(data, sheet)
        details["sheet"] = str(sheet)
    return details


_SHOW: dict[str, Callable[[str, str, str | None, Path | None], dict[str, Any]]] = {
    "models": _model,
    "datasets": _dataset,
}


def _suite_cards() -> list[dict[str, str]]:
    return [{"name": name, "summary": suites.read(suites.find(name)).summary} for name in suites.names()]


def _check(kind: str, known: list[str]) -> None:
    if kind not in known:
        near = nearest(kind, known)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"there is nothing called {kind!r} to list: {hint}It is one of {', '.join(known)}.")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return " × ".join(map(str, value)) if value and isinstance(value[0], int) else ", ".join(map(str, value))
    return "" if value is None else str(value).replace("[", "\\[")
