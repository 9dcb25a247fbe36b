"""`genbench list`: what the registries know, without importing the code behind a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.cards import REGISTRIES, as_text, card, check_kind, suite_cards
from genbench.cli.options import Json, Plugin, load_plugins
from genbench.core.errors import UsageError
from genbench.data.names import FORMS

COLUMNS = {
    "models": ("name", "family", "sampler", "capabilities", "paper", "summary"),
    "datasets": ("name", "kind", "shape", "classes", "summary"),
    "encoders": ("name", "needs", "summary"),
    "metrics": ("name", "group", "direction", "unit", "summary"),
    "evaluations": ("name", "headline", "summary"),
    "suites": ("name", "summary"),
}
GAP = 2
LEAST_SUMMARY = 60
FOR_WIDE = frozenset({"capabilities", "paper", "needs", "unit", "group", "sampler", "shape", "classes"})
"""Columns that a terminal leaves out where they leave too little for the summary; `show` and `--json` have them."""

UNBOUNDED = 1_000
"""Columns of letters where no terminal sets a bound: a line an entry, for `grep`."""


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="models, datasets, encoders, metrics, evaluations or suites.")],
    plugin: Plugin = None,
    family: Annotated[str, typer.Option(help="Only models of this family, such as vae.")] = "",
    as_json: Json = False,
) -> None:
    """What there is, a line each; `show` has the rest."""
    load_plugins(plugin)
    check_kind(kind)
    cards: Sequence[Mapping[str, Any]] = (
        suite_cards() if kind == "suites" else [card(entry) for entry in REGISTRIES[kind]]
    )
    if family:
        cards = _of_family(kind, family, cards)
    if as_json:
        console.print_json(cards)
        return
    _print(kind, cards)
    if kind == "datasets":
        console.out.print("\nYour own, by path (NAME=FORM names it; docs/datasets.md has the options):")
        _print(kind, [{"name": form, "kind": of_kind, "summary": summary} for form, of_kind, summary in FORMS])


def _of_family(kind: str, family: str, cards: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = [one for one in cards if one.get("family") == family]
    if not found:
        known = sorted({str(one["family"]) for one in cards if one.get("family")})
        raise UsageError(f"--family: no {kind} of the family {family!r}; known are {', '.join(known) or 'none'}.")
    return found


def _print(kind: str, cards: Sequence[Mapping[str, Any]]) -> None:
    """A table, whose summaries a terminal may cut short; what is not read in a terminal is whole."""
    table = Table(box=None, padding=(0, GAP, 0, 0), header_style="bold")
    whole = not console.out.is_terminal
    width = UNBOUNDED if whole else console.out.width
    columns = list(COLUMNS[kind])
    if _left_for_summary(columns, cards, width) < LEAST_SUMMARY:
        columns = [column for column in columns if column not in FOR_WIDE]
    for column in columns:
        is_last = column == "summary"
        room = max(LEAST_SUMMARY // 2, _left_for_summary(columns, cards, width)) if is_last else _longest(column, cards)
        table.add_column(column, no_wrap=True, max_width=room, overflow="ellipsis" if is_last else "fold")
    for one in cards:
        table.add_row(*(as_text(one.get(column)) for column in columns))
    to = Console(width=UNBOUNDED, highlight=False, emoji=False) if whole else console.out
    to.print(table, crop=False)


def _left_for_summary(columns: Sequence[str], cards: Sequence[Mapping[str, Any]], width: int) -> int:
    """Letters that the other columns leave of a line."""
    return width - sum(GAP + _longest(column, cards) for column in columns if column != "summary") - GAP


def _longest(column: str, cards: Sequence[Mapping[str, Any]]) -> int:
    return max(len(column), *(len(as_text(one.get(column)).replace("\\[", "[")) for one in cards))
