"""`genbench compare`: two runs, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json

if TYPE_CHECKING:
    from genbench.report.compare import Change
    from genbench.report.data import RunData

COLUMNS = ("row", "dataset", "metric", "A", "B", "B − A, 95 %", "why")
SAID = ("better", "worse", "broken", "mended", "unlike")
"""Verdicts of which the terminal shows each measurement."""
MOST_SETTINGS = 30


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help="A run's folder or a store's URL: before.")],
    b: Annotated[str, typer.Argument(help="Another: after.")],
    fail_on_regression: Annotated[bool, typer.Option("--fail-on-regression", help="Exit 1 where B is worse.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page to this file.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="The page's language: en or vi.")] = "en",
    as_json: Json = False,
) -> None:
    """Two runs over their common seeds, with intervals."""
    from genbench.api import load
    from genbench.report.compare import compare as compare_
    from genbench.report.compare import frame
    from genbench.report.language import language
    from genbench.stats.intervals import LEAST

    chosen = language(lang)
    changes = compare_(load(a).table(), load(b).table())
    if html is not None:
        from genbench.report.comparison import render_comparison
        from genbench.report.output import write_file

        write_file(html, render_comparison(changes, (a, b), chosen))
    if as_json:
        console.print_json(frame(changes).astype(object).where(lambda f: f.notna(), None).to_dict("records"))
    else:
        _print(changes, load(a).data(), load(b).data(), least=LEAST)
    if fail_on_regression and any(c.is_regression for c in changes):
        raise typer.Exit(1)


def _print(changes: Sequence[Change], before: RunData, after: RunData, *, least: int) -> None:
    """What the runs were told that differs, the headline of each evaluation, whatever else changed, the counts."""
    from genbench.report.data import read_rows
    from genbench.report.differences import differences
    from genbench.report.headlines import headlines

    told = differences(before, after)
    if told:
        rows = [(one.setting, one.a, one.b) for one in told[:MOST_SETTINGS]]
        console.out.print(_table(("not the same in both", "A", "B"), rows))
        if len(told) > MOST_SETTINGS:
            console.out.print(f"and {len(told) - MOST_SETTINGS} more.")
        console.out.print()
    heads = headlines(after, read_rows(after.table))
    first = [c for c in changes if heads.get(c.dataset, {}).get(c.evaluation) == c.metric and c.a is not None]
    if first:
        console.out.print(_table(("headlines", *COLUMNS), map(_cells, first)))
        console.out.print()
    shown = [c for c in changes if (c.verdict in SAID or c.is_untested) and c not in first]
    if shown:
        console.out.print(_table(("the rest", *COLUMNS), map(_cells, shown)))
    for kind, where in (("gone", "A"), ("new", "B")):
        alone = dict.fromkeys(f"{c.label} on {c.dataset}" for c in changes if c.verdict == kind)
        if alone:
            console.out.print(f"In {where} alone: {', '.join(alone)}.", markup=False, soft_wrap=True)
    kinds = Counter(str(c.verdict) for c in changes)
    counted = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    console.out.print(f"{len(changes)} measurements: {counted or 'none'}.")
    untested = sum(c.is_untested for c in changes)
    if untested:
        console.out.print(
            f"Fewer than {least} common seeds for {untested}: B − A has no interval and no test over seeds; better or "
            f"worse is said only where the intervals over samples lie apart. Run both with --seeds {least} or more.",
            soft_wrap=True,
        )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cells(c: Change) -> tuple[str, ...]:
    numbers = ["" if v is None else f"{v:.4g}" for v in (c.a, c.b)]
    interval = "" if c.difference is None else f"{c.difference:+.3g}"
    interval += "" if c.low is None or c.high is None else f" [{c.low:.3g}, {c.high:.3g}]"
    metric = ":".join(part for part in (c.metric, c.target, c.score) if part)
    return (str(c.verdict), c.label, c.dataset, metric, *numbers, interval, c.reason)
