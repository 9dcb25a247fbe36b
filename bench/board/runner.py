"""Running a part against the clock: stopped in good order before the machine stops it, and packed either way."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from board import stores
from board.parts import Asked, Part, made_by, options, profiles, small
from genbench.core.jobs import Event, FitEnded, JobEnded
from genbench.runs.execution import execute
from genbench.runs.options import chosen_suite
from genbench.runs.session import Session, prepare

LEAST = 45.0
"""Seconds that must be left for a part to be begun: its processes want some twenty to start."""
GRACE = 30.0
"""Seconds after the limit in which a job may still end; then what is there is packed and the process ends."""


class OutOfTime(Exception):
    """The limit is reached; everything that has ended is in the store."""


class Clock:
    """Counts what ends, adds up its seconds, and stops the run at the limit."""

    def __init__(self, limit: float) -> None:
        self.began = time.monotonic()
        self.limit = limit
        self.spent: dict[str, float] = defaultdict(float)
        self.ended: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the part began."""
        return time.monotonic() - self.began

    def planned(self, session: Session) -> None:
        """Say what is to be done."""
        done, all_ = len(session.plan.jobs) - len(session.missing), len(session.plan.jobs)
        print(f"{session.suite.name} on {session.setting.device}: {all_} jobs, {done} done before", flush=True)

    def event(self, event: Event) -> None:
        """Note what ended; raise `OutOfTime` at the limit."""
        if isinstance(event, FitEnded):
            self.spent["training"] += event.record.seconds
            fit = event.record
            print(
                f"{self.elapsed:6.0f} s  {fit.model} on {fit.dataset}, seed {fit.seed}: {fit.seconds:.1f} s", flush=True
            )
        if isinstance(event, JobEnded):
            record = event.record
            self.spent[record.evaluation] += record.seconds
            self.ended[str(record.status)] += 1
            if record.status not in ("ok", "unsupported"):
                self.reasons[f"{record.row.label}, {record.evaluation}: {record.status}: {record.reason}"] += 1
        if self.elapsed > self.limit:
            raise OutOfTime


def packed(part: str, folder: Path) -> Path:
    """The file that holds a part's results in a folder of packed ones."""
    return folder / f"{part}.zip"


def run_parts(parts: Sequence[Part], asked: Asked, *, minutes: float) -> list[str]:
    """One part after another for so many minutes; the names of those that are not whole then."""
    end, unfinished = time.monotonic() + 60 * minutes, []
    for part in parts:
        seconds = end - time.monotonic()
        if seconds < LEAST or not run_part(part, replace(asked, limit=seconds)):
            unfinished.append(part.name)
    return unfinished


def run_part(part: Part, asked: Asked) -> bool:
    """Run what is missing of a part and pack it; whether all of it has ended."""
    folder, target = asked.out / "parts" / part.name, packed(part.name, asked.packed)
    before: Mapping[str, Any] = {}
    if target.exists():
        before = stores.unpack(target, folder)
    clock, plans = Clock(asked.limit), list[str]()
    note = {"part": part.name, "suite": part.suite, "plans": plans, "made by": made_by(part)}
    keep = partial(_pack, folder, target, note, before, clock, copies=asked.copies)
    guard = threading.Timer(min(asked.limit + GRACE, threading.TIMEOUT_MAX), _leave, (folder, keep))
    guard.daemon = True
    guard.start()
    whole = True
    part = small(part) if asked.profile == "small" else part
    for profile in profiles(part, asked):
        chosen = options(part, profile, asked, folder)
        if chosen is None:
            continue
        session = prepare(chosen_suite(part.suite, chosen), chosen)
        plans.append(session.plan.id)
        try:
            execute(session, clock, command=chosen.command)
        except OutOfTime:
            whole = False
    guard.cancel()
    if not plans:
        print(f"{part.name}: nothing of {part.suite} is left.")
        return True
    keep(whole=whole)
    return whole


def _pack(
    folder: Path,
    target: Path,
    note: Mapping[str, Any],
    before: Mapping[str, Any],
    clock: Clock,
    *,
    copies: Path | None,
    whole: bool,
) -> None:
    """Pack what is there, say what was done, and put a copy into a folder; `before`: the note that it goes on from."""
    spent = {name: round(seconds, 1) for name, seconds in clock.spent.items()}
    seconds = round(clock.elapsed, 1)
    jobs = sum((stores.counts(folder, plan)[1] for plan in note["plans"]), Counter[str]())
    spent_before = before["seconds"] if set(note["plans"]) & set(before.get("plans", ())) else 0.0
    done = {**note, "seconds": seconds + spent_before, "whole": whole, "spent": spent, "jobs": jobs}
    size = stores.pack(folder, target, done, before)
    print(f"{note['part']}: {seconds} s, {dict(clock.ended)}; seconds of its processes by what they did: {spent}")
    for reason, n in clock.reasons.most_common(20):
        print(f"  {n} × {reason}")
    print(f"{target}: {size / 2**20:.2f} MiB, {'whole' if whole else 'NOT whole: run it again, with this file'}")
    if size > stores.MOST_BYTES:
        print(f"  more than {stores.MOST_BYTES / 2**10:.0f} KiB: split the part")
    if copies is not None:
        copies.mkdir(parents=True, exist_ok=True)
        shutil.copy(target, copies)


def _leave(folder: Path, keep: Callable[..., None]) -> None:
    """A job is longer than the time that is left: pack what is there, and end this process and its workers."""
    if (folder / "genbench.db").exists():
        keep(whole=False)
    os._exit(3)
