"""Runs that are killed, and several at once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mishaps.campaign import MODELS, Campaign
from mishaps.found import Found, kept_on
from mishaps.processes import Process
from mishaps.tables import table


def kills(campaign: Campaign) -> Iterator[Found]:
    """`kill -9` at random moments, the same command again each time, until it ends undisturbed."""
    for executor, times in zip(("inline", "local", "ray"), campaign.asked.kills, strict=True):
        if not times:
            continue
        found, chance = Found(f"`kill -9`, {executor}"), random.Random(0)
        more = () if executor == "inline" else ("--workers", "1")
        campaign.run(f"span-{executor}", executor, *more).wait()
        found.compare(campaign.table(f"span-{executor}"), campaign.whole, "undisturbed")
        for i in range(times):  # each `i` one folder, from its beginning to its end
            out, ended = f"killed-{executor}-{i}", False
            kept: set[tuple[object, ...]] = set()
            while not ended:
                process = campaign.run(out, executor, *more)
                if found.faults < times:
                    wait_for_job(process, campaign.folder / out, chance.randrange(AHEAD), chance.random())
                    found.faults += kill(process)
                ended = process.wait() >= 0
                if process.returncode > 0:
                    found.others.append(f"exit {process.returncode}")
                kept = kept_on(found, kept, campaign.table(out))
            found.compare(campaign.table(out), campaign.whole)
            if found.faults >= times:
                break
        yield found


AHEAD = 30
"""Jobs, of 40, by which a run may go on until it is killed; it ends before that now and then."""


def wait_for_job(process: Process, out: Path, ahead: int, more: float) -> None:
    """Until so many jobs more have ended, and a part of a second; or until the run has."""
    log = out / "log.jsonl"
    wanted = ended_in(log) + ahead
    while process.poll() is None and ended_in(log) < wanted:
        time.sleep(0.01)
    with suppress(subprocess.TimeoutExpired):
        process.wait(more)


def ended_in(log: Path) -> int:
    """Jobs whose end is in a run's log."""
    return log.read_bytes().count(b'"job ended"') if log.exists() else 0


def kill(process: Process) -> bool:
    """`kill -9`; whether there was something to kill."""
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def together(campaign: Campaign) -> Iterator[Found]:
    """Runs of overlapping plans into one store at once: each job is done by one of them."""
    found = Found("three runs into one store at once")
    url = str(campaign.folder / "common.db")
    parts = [MODELS[:3], MODELS[2:], [*MODELS[3:], *MODELS[:2]]]
    processes = [
        campaign.run(f"common-{i}", "inline", "--store", url, "--models", ",".join(rows))
        for i, rows in enumerate(parts)
    ]
    for process in processes:
        process.wait()
    logs = [(campaign.folder / f"common-{i}" / "log.jsonl").read_text().splitlines() for i in range(len(parts))]
    done = [sum(json.loads(line)["event"] == "job ended" for line in log) for log in logs]
    found.faults = len(parts)
    jobs = campaign.whole["job"].nunique()
    found.others.append(f"{' + '.join(map(str, done))} of {jobs} jobs done: {'equal' if sum(done) == jobs else 'NOT'}")
    found.compare(table(url), campaign.whole)
    yield found
