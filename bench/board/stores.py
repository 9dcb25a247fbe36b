"""The stores of parts: packed into one small file each, brought together, and shown as one plan."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import shutil
import sqlite3
import tempfile
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from board.pictures import repacked
from genbench.core.jobs import content_key
from genbench.core.records import PlanRecord, RunRecord
from genbench.runs import suite_file
from genbench.runs.folder import RunFolder
from genbench.runs.upkeep import merge
from genbench.store import Store

NOTE = "part.json"
LEFT_OUT = "kinds of pictures left out"
"""Of the note: what a part that goes on from this one leaves out, too, since it has them of its own rows alone."""
MOST_BYTES = 2 * 2**20
"""Of a packed part, which lies in the repository beside thirty others."""
MOST_PICTURES = 600 * 2**10
DIGITS, POINTS = 4, 50
"""Of a training curve, which is only looked at, in a small picture."""


def pack(folder: Path, target: Path, note: Mapping[str, Any], before: Mapping[str, Any]) -> int:
    """The results of a run's plans and pictures of the first seed as one zip file, without weights: its size in bytes.
    `before`: the note of the packed part that this one goes on from.

    Safe while the run is at work: the database is copied as of one moment. Pictures get lighter, and of their kinds
    those stay that are `MOST_PICTURES` bytes together. Curves are rounded, and what else was recorded of a training
    is kept of the first seed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        copy, made = Path(place) / "genbench.db", Path(place) / "packed.zip"
        _copy_store(folder / "genbench.db", copy)
        with _edited(copy) as database:
            _keep_plans(database, note["plans"])
            _lighten_fits(database)
            database.execute("DELETE FROM pictures WHERE job IN (SELECT key FROM jobs WHERE seed > 0)")
            pictures = database.execute("SELECT name, path FROM pictures").fetchall()
            without = before.get(LEFT_OUT, ())
            kinds = repacked(folder, pictures, Path(place) / "lighter", MOST_PICTURES, without=without)
            database.execute(f"DELETE FROM pictures WHERE name NOT IN ({_places(kinds)})", [*kinds])
            paths = {old: new for kind in kinds.values() for old, new in kind.items()}
            database.executemany(
                "UPDATE pictures SET path = ? WHERE path = ?", [(new, old) for old, new in paths.items()]
            )
            left_out = sorted({*without, *(kind for kind, _ in pictures if kind not in kinds)})
            done = {**note, LEFT_OUT: left_out, "machine": _machine(database)}
        with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as file:
            file.write(copy, "genbench.db")
            file.writestr(NOTE, json.dumps(done, indent=1))
            for path in sorted(paths.values()):
                file.write(Path(place) / "lighter" / path, path, zipfile.ZIP_STORED)
        shutil.move(made, target)
    return target.stat().st_size


def _copy_store(source: Path, target: Path) -> None:
    """A copy of the database as of one moment."""
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)


@contextmanager
def _edited(store: Path) -> Iterator[sqlite3.Connection]:
    """A database that takes with a row whatever refers to it, and no more room than it needs."""
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        yield database
        database.commit()
        database.execute("VACUUM")


def _keep_plans(database: sqlite3.Connection, plans: Sequence[str]) -> None:
    """Leave what is of these plans."""
    database.execute(f"DELETE FROM plans WHERE id NOT IN ({_places(plans)})", plans)
    database.execute("DELETE FROM runs WHERE plan NOT IN (SELECT id FROM plans)")
    database.execute("DELETE FROM jobs WHERE key NOT IN (SELECT job FROM plan_jobs)")
    database.execute("DELETE FROM fits WHERE key NOT IN (SELECT fit FROM jobs)")


def _lighten_fits(database: sqlite3.Connection) -> None:
    """Round the curves, and drop the details of all seeds but the first."""
    for key, curve in database.execute("SELECT key, curve FROM fits").fetchall():
        database.execute("UPDATE fits SET curve = ? WHERE key = ?", (json.dumps(_rounded(json.loads(curve))), key))
    database.execute("UPDATE fits SET details = '{}' WHERE seed > 0")


def _rounded(curve: Mapping[str, Sequence[float | None]]) -> dict[str, list[float | None]]:
    """A curve of few points, the last one among them, with few digits, the numbers of images as they are."""
    made = {}
    for name, points in curve.items():
        some = points[:: -(math.ceil(len(points) / POINTS) or 1)][::-1]
        made[name] = [x if name == "images" or x is None else float(f"{x:.{DIGITS}g}") for x in some]
    return made


def _places(values: Collection[str]) -> str:
    """`?, ?, ?`: a place in a statement for each value."""
    return ", ".join("?" * len(values))


def _machine(database: sqlite3.Connection) -> str:
    """What the last run was done on: its GPU, or how many cores."""
    found = database.execute("SELECT provenance FROM runs ORDER BY started DESC LIMIT 1").fetchone()
    hardware = json.loads(found[0])["hardware"] if found else {}
    return str(hardware.get("gpu") or f"{hardware.get('cores', '?')} CPU cores")


def keep_small(folder: Path, target: Path) -> int:
    """The numbers of a run alone, without pictures, curves and provenance, as a store of its own: its size in bytes."""
    target.mkdir(parents=True, exist_ok=True)
    store = target / "genbench.db"
    store.unlink(missing_ok=True)
    _copy_store(folder / "genbench.db", store)
    with _edited(store) as database:
        database.execute("DELETE FROM pictures")
        database.execute("UPDATE fits SET curve = '{}', details = '{}', remark = ''")
        database.execute("UPDATE measurements SET details = '{}'")
        database.execute("UPDATE runs SET provenance = '{}', command = 'genbench run gate'")
    return store.stat().st_size


def unpack(packed: Path, folder: Path) -> dict[str, Any]:
    """Put a packed part into a folder that has no store yet; gives what was noted of it."""
    with zipfile.ZipFile(packed) as file:
        if not (folder / "genbench.db").exists():
            file.extractall(folder)
        note: dict[str, Any] = json.loads(file.read(NOTE))
    return note


def note_of(packed: Path) -> dict[str, Any] | None:
    """What was noted of a packed part: its plans, seconds, how its jobs ended; None where there is no file."""
    if not packed.exists():
        return None
    with zipfile.ZipFile(packed) as file:
        note: dict[str, Any] = json.loads(file.read(NOTE))
    return note


def gather(packed: Iterable[Path], folder: Path) -> list[dict[str, Any]]:
    """Bring the packed parts of one suite together in a folder, as the plans of the whole suite; their notes."""
    into = RunFolder.to_make(folder)
    into.open(existing=False).close()
    notes = []
    for file in packed:
        with tempfile.TemporaryDirectory() as place:
            notes.append(unpack(file, Path(place)))
            merge(into, RunFolder.find(place))
    with into.open() as store:
        for name, plans in _by_suite(store, notes).items():
            unite(store, name, plans)
    return notes


def _by_suite(store: Store, notes: Sequence[Mapping[str, Any]]) -> dict[str, list[PlanRecord]]:
    """The parts' plans by the suite's name (a profile is part of it), the suite itself last."""
    found: dict[str, list[PlanRecord]] = {}
    for note in notes:
        for plan in map(store.plan, note["plans"]):
            if plan is not None:
                found.setdefault(plan.suite, []).append(plan)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def unite(store: Store, name: str, plans: Sequence[PlanRecord]) -> PlanRecord:
    """The plan that holds the jobs of all these, kept as the last that was asked for, with a record of its making."""
    keys = tuple(dict.fromkeys(key for plan in plans for key in plan.jobs))
    content: dict[str, Any] = {"headlines": {}, "notes": [], "datasets": {}, "named": {}}
    for plan in plans:
        for dataset, headlines in plan.content.get("headlines", {}).items():
            content["headlines"].setdefault(dataset, {}).update(headlines)
        content["notes"] += [note for note in plan.content.get("notes", ()) if note not in content["notes"]]
        for key in ("datasets", "named"):
            content[key] |= plan.content.get(key, {})
    united = PlanRecord(
        id=content_key(jobs=keys, headlines=content["headlines"])[:12], suite=name, jobs=keys, content=content
    )
    store.keep_plan(united)
    if len(plans) > 1 and not any(run.plan == united.id for run in store.runs(united.id)):
        store.add_run(_record(store, united, plans))
    return united


def _record(store: Store, united: PlanRecord, plans: Sequence[PlanRecord]) -> RunRecord:
    """A call that stands for all of them: the last one's machine and versions, the whole suite."""
    runs = [run for plan in plans for run in store.runs(plan.id) if run.plan == plan.id]
    last = max(runs, key=lambda run: run.started)
    details = dict(last.provenance)
    for key in ("datasets", "encoders"):
        details[key] = {name: one for run in runs for name, one in run.provenance.get(key, {}).items()}
    details["seeds"] = sorted({seed for run in runs for seed in run.provenance.get("seeds", ())})
    details["suite"] = _whole(runs)
    now = datetime.datetime.now(datetime.UTC)
    return dataclasses.replace(
        last, id=f"united-{united.id}-{now:%H%M%S}", plan=united.id, command="make leaderboard", provenance=details
    )


def _whole(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The suite of the last call with the rows and datasets of all."""
    suites = [dict(run.provenance["suite"]) for run in runs]
    whole = suites[-1]
    for key in ("models", "datasets"):
        named = {json.dumps(one): one for suite in suites for one in suite.get(key, ())}
        whole[key] = list(named.values())
    return whole


def counts(folder: Path, plan: str | None = None) -> tuple[int, Counter[str]]:
    """(jobs of a plan, how many of them ended how)."""
    with RunFolder.find(str(folder)).open() as store:
        found = store.plan(plan)
        jobs = found.jobs if found else ()
        return len(jobs), Counter(str(end["status"]) for end in store.ends(jobs).values())


def suites() -> list[str]:
    """The suites of the board, of papers and of scaling, by name."""
    return [name for name in suite_file.names() if name.partition("-")[0] in ("board", "paper", "scaling")]
