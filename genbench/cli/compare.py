"""`genbench compare`: two runs, before and after."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json


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
        kinds = Counter(str(c.verdict) for c in changes)
        said = ("better", "worse", "broken", "mended", "unlike")
        shown = [c for c in changes if c.verdict in said or c.is_untested]
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for heading in ("", "row", "dataset", "metric", "A", "B", "B − A, 95 %", "why"):
            table.add_column(heading)
        for c in shown:
            numbers = ["" if v is None else f"{v:.4g}" for v in (c.a, c.b)]
            interval = "" if c.difference is None else f"{c.difference:+.3g}"
            interval += "" if c.low is None or c.high is None else f" [{c.low:.3g}, {c.high:.3g}]"
            metric = ":".join(part for part in (c.metric, c.target, c.score) if part)
            cells = (str(c.verdict), c.label, c.dataset, metric, *numbers, interval, c.reason)
            table.add_row(*map(Text, cells))
        console.out.print(table)
        counted = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
        console.out.print(f"{len(changes)} measurements: {counted or 'none'}.")
        untested = sum(c.is_untested for c in changes)
        if untested:
            console.out.print(
                f"Fewer than {LEAST} common seeds for {untested}: B − A has no interval and no test over seeds; better "
                "or worse is said only where the intervals over samples lie apart. "
                f"Run both with --seeds {LEAST} or more.",
                soft_wrap=True,
            )
    if fail_on_regression and any(c.is_regression for c in changes):
        raise typer.Exit(1)
