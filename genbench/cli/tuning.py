"""What tuning found, what it won over the defaults, what it cost, and the tables for the suite."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from genbench.cli import console
from genbench.cli.progress import progress
from genbench.core.values import Direction, Status
from genbench.runs import suite_file
from genbench.runs.options import Options
from genbench.runs.suite import Suite
from genbench.tuning.records import Search, Study, Tuning
from genbench.tuning.search import RECORD, record, tune
from genbench.tuning.tables import SUFFIX, chosen_options, toml_tables, with_found, write_copy

WIDTH = 110
"""Columns that the table takes at least: a number that is cut off is no number."""

ARROWS = {Direction.LOWER: "↓", Direction.HIGHER: "↑", Direction.NEAREST: "→"}


def tune_and_show(
    suite: Suite, options: Options, search: Search, *, source: Path, output: Path | None, as_json: bool
) -> int:
    """Tune, print, write the copy of the suite file `source`; the exit status."""
    with progress() as show:
        tuning = tune(suite, options, search, show)
    own = suite_file.read(source)
    copy = output or tuning.folder / f"{own.name.removesuffix(SUFFIX)}{SUFFIX}.toml"
    if not as_json:
        _print(tuning, with_found(suite.model_copy(update={"options": {}, "tuned": {}}), tuning))
    write_copy(source, with_found(own, tuning), copy)
    if as_json:
        console.print_json(record(suite, tuning) | {"record": str(tuning.folder / RECORD), "suite_file": str(copy)})
    else:
        console.out.print(f"The suite with these tables: genbench run {copy}", soft_wrap=True)
    trials = [trial for study in tuning.studies for trial in study.trials]
    return 1 if any(trial.status in (Status.FAILED, Status.TIMEOUT) for trial in trials) else 0


def _print(tuning: Tuning, found: Suite) -> None:
    for dataset in dict.fromkeys(study.dataset for study in tuning.studies):
        studies = [study for study in tuning.studies if study.dataset == dataset]
        console.out.print(_table(dataset, studies), width=max(WIDTH, console.out.width), crop=False)
        for study in studies:
            console.out.print(Text(f"{study.use.name}: {_options(study)}"), soft_wrap=True)
        console.out.print()
    for reason, times in _reasons(tuning).items():
        console.out.print(Text(f"{times} failed: {reason}", style="yellow"), soft_wrap=True)
    for why in dict.fromkeys(tuning.idle.values()):
        rows = ", ".join(row for row, own in tuning.idle.items() if own == why)
        console.out.print(Text(f"{why}: {rows}", style="dim"), soft_wrap=True)
    seconds, images = tuning.cost()
    again = "" if tuning.done else " Nothing was missing: every trial was done before."
    line = f"In all {_time(seconds)} and {images:,} training images, seed {tuning.search.seed}.{again}"
    console.out.print(line, soft_wrap=True)
    console.out.print(f"\n{toml_tables(found)}", markup=False, soft_wrap=True)
    console.out.print(f"Every trial: {tuning.folder / RECORD}", soft_wrap=True)


def _table(dataset: str, studies: list[Study]) -> Table:
    table = Table(title=dataset, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("", "on val"):
        table.add_column(heading, no_wrap=True)
    for heading in ("best", "default", "gain", "ok", "failed", "images", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for study in studies:
        table.add_row(*_cells(study))
    return table


def _cells(study: Study) -> list[str]:
    best, default = study.best, study.default
    images, seconds = sum(t.images for t in study.trials), sum(t.seconds for t in study.trials)
    return [
        study.use.name,
        f"{study.target.metric.replace('-', ' ')} {ARROWS[study.target.direction]}",
        _number(best.value if best else None),
        _number(default.value if default else None),
        _gain(study),
        str(len(study.ended_well)),
        str(study.failed),
        f"{images:,}",
        _time(seconds),
    ]


def _gain(study: Study) -> str:
    if study.best is not None and study.best.index == 0:
        return "none"
    return "–" if study.gain is None else f"{study.gain:.1%}"


def _options(study: Study) -> str:
    best = study.best
    if best is None:
        return "no trial ended well"
    if best.index == 0:
        return "the default stays: no other trial is better"
    chosen = ", ".join(f"{name} = {value}" for name, value in chosen_options(study).items())
    others = len(study.trials) - 1
    against = f"{study.better} of {others} beat the default" if study.default else "the default did not end well"
    return f"{chosen} (trial {best.index}; {against})"


def _reasons(tuning: Tuning) -> dict[str, int]:
    """How often trials failed, by row and reason."""
    counted: dict[str, int] = {}
    for study in tuning.studies:
        for trial in study.trials:
            if trial.value is None:
                key = f"{study.use.name} on {study.dataset}: {trial.status}: {trial.reason}"
                counted[key] = counted.get(key, 0) + 1
    return counted


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
