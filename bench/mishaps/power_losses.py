"""A loss of power: what was not flushed to the disk is gone."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from genbench.core.errors import GenbenchError
from genbench.runs.folder import RunFolder
from genbench.runs.upkeep import condition
from mishaps.campaign import Campaign
from mishaps.found import Found
from mishaps.processes import ROOT, module, start
from mishaps.tables import ROW, doubled, table


def losses(campaign: Campaign) -> Iterator[Found]:
    """At random moments of a run the files are made anew as a disk could have kept them, and looked at; of some the run
    goes on to its end."""
    power = module(ROOT / "bench" / "power.py")
    library = power.compiled(campaign.folder)
    if library is None:
        print("there is no C compiler: no loss of power is played")
        return
    for executor in ("inline", "local"):
        found, chance = Found(f"power lost, {executor}"), random.Random(2)
        place, journal = campaign.folder / f"power-{executor}", campaign.folder / f"journal-{executor}"
        place.mkdir()
        (place / "kill.toml").write_bytes((campaign.folder / "kill.toml").read_bytes())
        noted = {"LD_PRELOAD": str(library), "POWER_ROOT": str(place), "POWER_JOURNAL": str(journal)}
        start(place, "kill.toml", "out", executor, cache=place / "cache", fresh=True, **noted).wait()
        found.compare(table(place / "out" / "genbench.db"), campaign.whole, "undisturbed")
        steps = power.read(journal)
        ended = list(power.acknowledged(steps))
        moments = sorted(chance.sample(range(len(steps)), min(campaign.asked.powers, len(steps))))
        resumed = set(chance.sample(moments, min(6, len(moments))))
        disk, done = power.Disk(place), 0
        for moment in moments:
            for step in steps[done:moment]:
                disk.do(step)
            done = moment
            after = campaign.folder / "after"
            disk.lose_power(after, chance)
            found.faults += 1
            seen(found, after / "out", {key for at, key in ended if at < moment}, campaign.whole)
            if moment in resumed:
                (after / "kill.toml").write_bytes((campaign.folder / "kill.toml").read_bytes())
                again = start(after, "kill.toml", "out", executor, cache=after / "cache").wait()
                final = table(after / "out" / "genbench.db")
                found.compare(final, campaign.whole, f"the same command, exit {again}: final table")
            shutil.rmtree(after)
        yield found


def seen(found: Found, out: Path, acknowledged: set[str], whole: pd.DataFrame) -> None:
    """All that a run had said was done is there once, with its files, and has its numbers."""
    if not (out / "genbench.db").exists() and not acknowledged:
        return
    try:
        now = table(out / "genbench.db")
        faults = condition(RunFolder.find(str(out))).faults if len(now) else ()
    except GenbenchError as error:
        now, faults = pd.DataFrame(columns=whole.columns), (str(error),)
        if not acknowledged:
            return  # it was cut off before it had made its store
    found.lost += len(acknowledged - set(now["job"])) if len(now) else len(acknowledged)
    found.doubled += doubled(now)
    numbers = now.merge(whole, on=ROW, suffixes=("", "_")) if len(now) else now
    if len(numbers) != len(now) or (len(now) and not numbers["value"].equals(numbers["value_"])):
        found.others.append("OTHER NUMBERS")
    found.others += faults
