"""`genbench list`: what the registries know, without importing the code behind a name."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.cards import REGISTRIES, as_text, card, check_kind, suite_cards
from genbench.cli.options import Json, Plugin, load_plugins

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


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="models, datasets, encoders, metrics, evaluations or suites.")],
    plugin: Plugin = None,
    as_json: Json = False,
) -> None:
    """What there is."""
    load_plugins(plugin)
    check_kind(kind)
    cards = suite_cards() if kind == "suites" else [card(entry) for entry in REGISTRIES[kind]]
    if as_json:
        console.print_json(cards)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    has_room = console.out.width >= WIDE
    columns = [c for c in COLUMNS[kind] if has_room or c not in FOR_WIDE]
    for column in columns:
        table.add_column(column, no_wrap=column == "name", overflow="fold")
    for one in cards:
        table.add_row(*(as_text(one.get(column)) for column in columns))
    console.out.print(table)
