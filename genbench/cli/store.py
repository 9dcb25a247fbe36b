"""`genbench store`: is a run's folder whole, and two of them made one."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from genbench.cli import console
from genbench.cli.app import app
from genbench.cli.options import Json
from genbench.core.errors import UsageError, nearest

ACTIONS = {"verify": 1, "merge": 2}
"""What can be done, and with how many runs."""

SHOWN = 20
"""Names of loose files that are printed."""


@app.command()
def store(
    action: Annotated[str, typer.Argument(help="verify or merge.")],
    places: Annotated[list[str], typer.Argument(metavar="DIR|URL...", help="A run's folder or a store's URL.")],
    as_json: Json = False,
) -> None:
    """`verify DIR`: every row and file is what it was. `merge A B`: A gets all that B has and A lacks."""
    if action not in ACTIONS:
        near = nearest(action, ACTIONS) or "verify"
        raise UsageError(f"genbench store does verify or merge; got {action!r}: take {near!r}?")
    if len(places) != ACTIONS[action]:
        wanted = "one run" if ACTIONS[action] == 1 else "two runs, A that gets and B that gives"
        raise UsageError(f"genbench store {action} takes {wanted}; got {len(places)}.")
    code = _verify(places[0], as_json=as_json) if action == "verify" else _merge(*places, as_json=as_json)
    raise typer.Exit(code)


def _verify(place: str, *, as_json: bool) -> int:
    from genbench.runs.folder import RunFolder
    from genbench.runs.upkeep import condition

    found = condition(RunFolder.find(place))
    if as_json:
        console.print_json(dataclasses.asdict(found))
        return 1 if found.faults else 0
    for line in (*found.faults, *found.notes):
        console.out.print(line, markup=False, soft_wrap=True)
    if found.loose:
        console.out.print(
            f"{len(found.loose)} files ({found.size / 2**20:.1f} MiB) that no result refers to; "
            "`genbench clean` removes them:"
        )
        for name in found.loose[:SHOWN]:
            console.out.print(f"  {name}", markup=False, soft_wrap=True)
    console.out.print(f"{found.jobs} jobs and {found.files} files looked at, {len(found.faults)} faults.")
    return 1 if found.faults else 0


def _merge(place: str, other: str, *, as_json: bool) -> int:
    from genbench.runs.folder import RunFolder
    from genbench.runs.upkeep import merge

    taken = merge(RunFolder.find(place), RunFolder.find(other))
    if as_json:
        console.print_json(dataclasses.asdict(taken))
        return 0
    console.out.print(
        f"taken: {len(taken.jobs)} jobs, {len(taken.fits)} fits, {len(taken.plans)} plans; "
        f"{taken.both} jobs were settled in both and stay as they were."
    )
    return 0
