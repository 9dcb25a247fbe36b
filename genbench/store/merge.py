"""What one store has and another lacks, and taking it over in one transaction.

The same key means the same numbers, so a job that is settled in both stays as it is: merging twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from genbench.core.values import Status
from genbench.store import schema
from genbench.store.database import Store
from genbench.store.rows import MANY, forget


@dataclass(frozen=True, slots=True)
class Lacking:
    """Keys and ids of what another store has and this one lacks, in the other's order. `both`: jobs that are settled in
    both; `pictures`: the paths of those of the jobs."""

    jobs: tuple[str, ...]
    fits: tuple[str, ...]
    plans: tuple[str, ...]
    runs: tuple[str, ...]
    pictures: tuple[str, ...]
    both: int


def lacking(store: Store, other: Store) -> Lacking:
    """What a merge would take from `other`: jobs and fits that `store` has not done or that did not settle there, plans
    and runs that it does not know."""
    mine, theirs = store.settled(), other.settled()
    jobs = tuple(key for key, settled in theirs.items() if settled > mine.get(key, False) or key not in mine)
    with other.reading() as connection:
        path, job = schema.pictures.c.path, schema.pictures.c.job
        pictures = tuple(p for keys in _parts(jobs) for p in connection.scalars(sa.select(path).where(job.in_(keys))))
    fits = _fits(store)
    return Lacking(
        jobs=jobs,
        fits=tuple(key for key, ok in _fits(other).items() if ok > fits.get(key, False) or key not in fits),
        plans=_unknown(store, schema.plans, [plan.id for plan in other.plans()]),
        runs=_unknown(store, schema.runs, [run.id for run in other.runs()]),
        pictures=pictures,
        both=sum(settled and mine.get(key, False) for key, settled in theirs.items()),
    )


def take(store: Store, other: Store, wanted: Lacking) -> None:
    """Write it down, all or nothing. The seconds of tries that `store` knew are added, and the plan that was asked for
    last there stays the last."""
    with other.reading() as source, store.writing() as target:
        last = target.scalar(sa.select(schema.requests.c.plan).order_by(schema.requests.c.number.desc()).limit(1))
        _copy_spent(source, target, schema.fits, wanted.fits)
        spent = _spent(target, schema.jobs, wanted.jobs)
        for keys in _parts(wanted.jobs):
            forget(target, keys)
        _copy(source, target, schema.jobs, "key", wanted.jobs, order="ended", spent=spent)
        for table in (schema.measurements, schema.pictures):
            _copy(source, target, table, "job", wanted.jobs)
        _copy(source, target, schema.runs, "id", wanted.runs)
        _copy(source, target, schema.plans, "id", wanted.plans)
        _copy(source, target, schema.plan_jobs, "plan", wanted.plans)
        _copy(source, target, schema.requests, "plan", wanted.plans, order="number")
        if last is not None and wanted.plans:
            at = sa.select(sa.func.max(schema.requests.c.at)).where(schema.requests.c.plan == last)
            target.execute(schema.requests.insert().values(plan=last, at=target.scalar(at)))


def _copy_spent(source: sa.Connection, target: sa.Connection, table: sa.Table, keys: Sequence[str]) -> None:
    """In the place of what is there, whose seconds are added."""
    spent = _spent(target, table, keys)
    for part in _parts(keys):
        target.execute(table.delete().where(table.c.key.in_(part)))
    _copy(source, target, table, "key", keys, spent=spent)


def _spent(target: sa.Connection, table: sa.Table, keys: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in _parts(keys):
        query = sa.select(table.c.key, table.c.seconds).where(table.c.key.in_(part))
        found |= {row.key: row.seconds for row in target.execute(query)}
    return found


def _copy(
    source: sa.Connection,
    target: sa.Connection,
    table: sa.Table,
    column: str,
    keys: Sequence[str],
    *,
    order: str | None = None,
    spent: dict[str, float] | None = None,
) -> None:
    """The rows whose `column` is one of the keys. `order`: a counter of the database, which counts anew."""
    for part in _parts(keys):
        query = sa.select(table).where(table.c[column].in_(part))
        query = query.order_by(table.c[order]) if order else query
        rows = [_row(found, order, spent or {}) for found in source.execute(query).mappings()]
        if rows:
            target.execute(table.insert(), rows)


def _row(found: sa.RowMapping, counter: str | None, spent: dict[str, float]) -> dict[str, Any]:
    values = {name: value for name, value in found.items() if name != counter}
    if spent:
        values["seconds"] += spent.get(values["key"], 0.0)
    return values


def _fits(store: Store) -> dict[str, bool]:
    """For each fit, by its key, whether it is a model."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(schema.fits.c.key, schema.fits.c.status))
        return {row.key: row.status == Status.OK for row in rows}


def _unknown(store: Store, table: sa.Table, ids: Sequence[str]) -> tuple[str, ...]:
    with store.reading() as connection:
        known = set(connection.scalars(sa.select(table.c.id)))
    return tuple(one for one in ids if one not in known)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as a database takes at once."""
    return (keys[start : start + MANY] for start in range(0, len(keys), MANY))
