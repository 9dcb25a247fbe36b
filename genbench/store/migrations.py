"""From an older format of the store to today's, step by step, in the transaction that opens it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.core.jobs import content_key
from genbench.core.text import safe_text
from genbench.store import schema


def bring_up_to_date(connection: sa.Connection, name: str) -> None:
    """Make what is missing of an empty store, migrate an older one, refuse a newer one with the remedy."""
    there = sa.inspect(connection).has_table("meta")
    found = _version(connection) if there else None
    if found is None:
        schema.metadata.create_all(connection)
        connection.execute(schema.meta.insert().values(key="version", value=str(schema.VERSION)))
        return
    if found > schema.VERSION:
        raise UsageError(
            f"the store {name} was written by a newer genbench (format {found}, this one reads {schema.VERSION}): "
            "upgrade genbench, or give another --out."
        )
    if found < schema.VERSION:
        _STEPS[found](connection)
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value=str(schema.VERSION)))


def _version(connection: sa.Connection) -> int | None:
    value = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == "version")).scalar()
    if value is None:
        return None
    if not (str(value).isdecimal() and len(str(value)) < 10):
        raise UsageError(
            f"the store says that its format is {safe_text(value, 100)!r}, which is no number: "
            "it was not written whole."
        )
    return int(value)


def _from_1(connection: sa.Connection) -> None:
    """To today's format from 1, which had no plans: of jobs of one row and evaluation the one that ended last was
    shown. What was shown becomes a plan; everything else stays beside it. Its budgets were images, 0 where others."""
    for column in ("updates INTEGER", "flops BIGINT"):  # unknown of what was fitted before
        connection.execute(sa.text(f"ALTER TABLE fits ADD COLUMN {column}"))
    renamed = ("runs", "jobs", "measurements", "pictures")
    for table in renamed:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO old_{table}"))
    schema.metadata.create_all(connection)
    _copy(connection, "runs", plan="")
    order = "ORDER BY ended, key"
    settled = "status IN ('ok', 'unsupported', 'diverged')"
    _copy(connection, "jobs", order, settled=settled, run="''", budget_unit=UNIT, drop=("ended",))
    for row in connection.execute(sa.text("SELECT * FROM old_measurements")).mappings().all():
        values = dict(row)
        details: dict[str, Any] = json.loads(values["details"]) if isinstance(values["details"], str) else {}
        values["encoder_fingerprint"] = details.pop("encoder_fingerprint", "")
        connection.execute(schema.measurements.insert().values(**values | {"details": details}))
    _copy(connection, "pictures")
    _plan_of_what_was_shown(connection)
    for table in reversed(renamed):
        connection.execute(sa.text(f"DROP TABLE old_{table}"))


def _copy(connection: sa.Connection, table: str, order: str = "", *, drop: tuple[str, ...] = (), **made: str) -> None:
    """The rows of the old table; `made`: SQL for columns that it lacks."""
    columns = [c.name for c in schema.metadata.tables[table].columns if c.name not in drop]
    sources = [_sql(made[c]) if c in made else f'"{c}"' for c in columns]
    names = ", ".join(f'"{c}"' for c in columns)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) SELECT {', '.join(sources)} FROM old_{table} {order}"))


def _sql(text: str) -> str:
    return text or "''"


def _plan_of_what_was_shown(connection: sa.Connection) -> None:
    identity = [schema.jobs.c[c] for c in ("label", "dataset", "seed", "evaluation")]
    latest = sa.select(sa.func.max(schema.jobs.c.ended)).group_by(*identity)
    query = sa.select(schema.jobs.c.key).where(schema.jobs.c.ended.in_(latest)).order_by(schema.jobs.c.ended)
    keys = list(connection.execute(query).scalars())
    last = connection.execute(sa.select(schema.runs).order_by(schema.runs.c.started.desc())).first()
    if not keys:
        return
    plan = content_key(migrated=keys)[:12]
    connection.execute(schema.plans.insert().values(id=plan, suite=last.suite if last else "", content={}))
    rows = [{"plan": plan, "position": i, "job": key} for i, key in enumerate(keys)]
    connection.execute(schema.plan_jobs.insert(), rows)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    connection.execute(schema.requests.insert().values(plan=plan, at=last.started if last else now))
    connection.execute(schema.runs.update().values(plan=plan))


def _from_2(connection: sa.Connection) -> None:
    """To format 3, in which a budget has a unit; it was images, 0 where operations or seconds decided."""
    for change in (
        "ADD COLUMN amount FLOAT NOT NULL DEFAULT 0",
        "ADD COLUMN budget_unit VARCHAR NOT NULL DEFAULT ''",
    ):
        connection.execute(sa.text(f"ALTER TABLE jobs {change}"))
    connection.execute(sa.text(f"UPDATE jobs SET amount = budget, budget_unit = {UNIT}"))
    for change in ("DROP COLUMN budget", "RENAME COLUMN amount TO budget"):
        connection.execute(sa.text(f"ALTER TABLE jobs {change}"))
    _budgets_of_runs(connection)


def _budgets_of_runs(connection: sa.Connection) -> None:
    """Give jobs without a budget the operations or seconds of the suite of the run that did them."""
    jobs = schema.jobs
    for run in connection.execute(sa.select(schema.runs.c.id, schema.runs.c.provenance)).all():
        given = run.provenance.get("suite", {}).get("budget", {})
        for unit in ("flops", "seconds"):
            unknown = sa.and_(jobs.c.run == run.id, jobs.c.budget == 0)
            if given.get(unit):
                connection.execute(jobs.update().where(unknown).values(budget=given[unit], budget_unit=unit))


UNIT = "CASE WHEN budget > 0 THEN 'images' ELSE '' END"
"""SQL for the unit of a budget of formats 1 and 2."""

_STEPS = {1: _from_1, 2: _from_2}
"""From each older format to today's."""
