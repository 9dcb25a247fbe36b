"""Reading and writing the store.

Its laws: a job and all its measurements become visible together or not at all; a key is there once; jobs have an order
that no two writers can spoil; the cost of earlier tries is added, never lost; what a plan does not refer to stays, and
is never shown among the plan's numbers.
"""

from __future__ import annotations

import dataclasses
import datetime
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from genbench.core import paths
from genbench.core.errors import StoreError, UsageError
from genbench.core.jobs import JobEnded, content_key
from genbench.core.records import FitRecord, JobRecord, Picture, PlanRecord, RunRecord
from genbench.core.text import safe_text
from genbench.core.values import Measurement, Status
from genbench.registry import metrics as metric_registry
from genbench.store import migrations, schema
from genbench.store.place import Place, parse, redacted
from genbench.store.soundness import unsound

TIDY = (
    "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder status "
    "reason seconds label m split score likelihood metric_version budget trained device details job "
    "encoder_fingerprint fit budget_unit"
).split()
"""The columns of the tidy table, the contract's first, in its order."""

_ROW = ("label", "model", "family", "sampler", "dataset", "seed")

PATIENCE = 60.0
"""Seconds that a database may be gone or busy."""

MANY = 10_000
"""Rows that go to the database at once."""


class Store:
    """One database. `url`: an SQLAlchemy URL, or the path of an SQLite file.

    `existing`: it must be a store already, nothing is made; else its tables are made where they are missing. A store of
    an older format is brought up to date, one of a newer format is refused.
    """

    def __init__(self, url: sa.URL | str | Path, *, existing: bool = False) -> None:
        self.url = url if isinstance(url, sa.URL) else parse(str(url))
        self.name = redacted(self.url.render_as_string(hide_password=True))
        if self.url.get_backend_name() == "sqlite" and self.url.database and not existing:
            paths.make_folder(Path(self.url.database).parent)
        self._engine = _engine(self.url, self.name)
        self._reading = self._engine.execution_options(reading=True)
        self._opened = False
        self._file: tuple[int, int] | None = None
        try:
            with _said(self.name):
                if existing and not (self._is_there() and sa.inspect(self._engine).has_table("meta")):
                    raise UsageError(f"{self.name} is not a store of genbench: nothing was read or written.")
                with self.writing() as connection:
                    migrations.bring_up_to_date(connection, self.name)
                if existing and not self.is_server:
                    self._check_rows()
        except BaseException:
            self.close()
            raise
        self._opened = self.is_server
        self._file = _identity(self.file)

    def _check_file(self) -> None:
        """A file that was removed or moved takes what is written, and nobody finds it there again."""
        if self._file is not None and _identity(self.file) != self._file:
            raise StoreError(
                f"the store {self.name} was removed, moved or replaced while it was in use: what has ended since then "
                "is not kept there. Run the same command again."
            )

    def _check_rows(self) -> None:
        with self.reading() as connection:
            wrong = unsound(connection)
        if wrong is not None:
            raise StoreError(
                f"the store {self.name} was not written by genbench alone: {wrong}. Restore a copy, or put it "
                "elsewhere and run again."
            )

    @property
    def is_server(self) -> bool:
        """Whether it is no file of this machine."""
        return self.url.get_backend_name() != "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server or a database in memory."""
        return Place(None, self.url).file

    def _is_there(self) -> bool:
        """An SQLite file is made by whoever looks at it, unless one looks first."""
        return self.is_server or Path(self.url.database or "").is_file()

    @staticmethod
    def is_at(url: sa.URL) -> bool:
        """Whether a server's database holds a store already; nothing is made."""
        name = redacted(url.render_as_string(hide_password=True))
        engine = _engine(url, name)
        try:
            with _said(name):
                return sa.inspect(engine).has_table("meta")
        finally:
            engine.dispose()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that changes nothing."""
        return self._connected(self._reading)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction, which is committed at the end or not at all."""
        with self._connected(self._engine) as connection, connection.begin():
            yield connection
        self._check_file()

    def write(self, change: Callable[[sa.Connection], object]) -> None:
        """Make a change in one transaction. Where a server goes away in the middle nobody knows whether it was
        committed, so it is made again: a change finds what it has made already."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.writing() as connection:
                    change(connection)
                return
            except _Gone:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @contextmanager
    def tried_lock(self, number: int) -> Iterator[bool]:
        """On PostgreSQL: the lock of a number (of 64 bits), inside, and whether it could be had; the server drops it
        when the process ends."""
        own = self._reading.execution_options(isolation_level="AUTOCOMMIT")
        with self._connected(own) as connection:
            had = bool(connection.scalar(sa.text(f"SELECT pg_try_advisory_lock({number})")))
            try:
                yield had
            finally:
                with suppress(StoreError, sa.exc.SQLAlchemyError):  # a server that was started anew has no lock
                    if had:
                        connection.execute(sa.text(f"SELECT pg_advisory_unlock({number})"))

    def _connected(self, engine: sa.Engine) -> sa.Connection:
        """A server that is gone for a moment (a restart) is waited for, once it has been there."""
        until = time.monotonic() + (PATIENCE if self._opened else 0.0)
        while True:
            try:
                return engine.connect()
            except (StoreError, sa.exc.DBAPIError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    # --- plans and runs

    def keep_plan(self, plan: PlanRecord) -> None:
        """Keep a plan and note that it was asked for: from now on it is the last one."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

        def change(connection: sa.Connection) -> None:
            known = connection.execute(sa.select(schema.plans.c.id).where(schema.plans.c.id == plan.id)).scalar()
            values = {"suite": plan.suite, "content": dict(plan.content)}
            if known is None:
                connection.execute(schema.plans.insert().values(id=plan.id, **values))
                rows = [{"plan": plan.id, "position": i, "job": key} for i, key in enumerate(plan.jobs)]
                for start in range(0, len(rows), MANY):
                    connection.execute(schema.plan_jobs.insert(), rows[start : start + MANY])
            else:
                connection.execute(schema.plans.update().where(schema.plans.c.id == plan.id).values(**values))
            connection.execute(schema.requests.insert().values(plan=plan.id, at=plan.asked or now))

        self.write(change)

    def plan(self, name: str | None = None) -> PlanRecord | None:
        """The plan of this id (or its beginning), else the one that was asked for last; None where there is none."""
        known = self.plans()
        if name is None:
            return known[-1] if known else None
        found = [plan for plan in known if plan.id.startswith(name)]
        if len(found) != 1:
            there = ", ".join(plan.id for plan in known) or "none"
            raise UsageError(f"{len(found)} plans of {self.name} are called {name!r}; there are: {there}.")
        return found[0]

    def plans(self) -> list[PlanRecord]:
        """All plans, the one that was asked for last at the end."""
        newest = sa.select(schema.requests.c.plan, sa.func.max(schema.requests.c.number).label("number"))
        last = newest.group_by(schema.requests.c.plan).subquery()
        asked = schema.requests.alias()
        joined = schema.plans.join(last, last.c.plan == schema.plans.c.id).join(asked, asked.c.number == last.c.number)
        query = sa.select(schema.plans, asked.c.at).select_from(joined).order_by(last.c.number)
        jobs = sa.select(schema.plan_jobs.c.plan, schema.plan_jobs.c.job).order_by(
            schema.plan_jobs.c.plan, schema.plan_jobs.c.position
        )
        keys: dict[str, list[str]] = {}
        with self.reading() as connection:
            for row in connection.execute(jobs):
                keys.setdefault(row.plan, []).append(row.job)
            return [
                PlanRecord(id=r.id, suite=r.suite, jobs=tuple(keys.get(r.id, ())), content=r.content, asked=r.at)
                for r in connection.execute(query)
            ]

    def add_run(self, run: RunRecord) -> None:
        """Keep what was asked for, or bring its provenance up to date."""

        def change(connection: sa.Connection) -> None:
            connection.execute(schema.runs.delete().where(schema.runs.c.id == run.id))
            connection.execute(schema.runs.insert().values(**dataclasses.asdict(run)))

        self.write(change)

    def runs(self, plan: str | None = None) -> list[RunRecord]:
        """The calls that asked for a plan or did one of its jobs (all where none is named), the oldest first."""
        query = sa.select(schema.runs).order_by(schema.runs.c.started, schema.runs.c.id)
        if plan is not None:
            makers = sa.select(schema.jobs.c.run).where(self._in_plan(plan))
            query = query.where(sa.or_(schema.runs.c.plan == plan, schema.runs.c.id.in_(makers)))
        with self.reading() as connection:
            return [RunRecord(**row) for row in connection.execute(query).mappings()]

    def state(self, plan: str) -> str:
        """20 hex digits over what is shown of a plan: its content, its calls, and which of its jobs ended when, in the
        database's own count. A job that is done again has another place in it, so equal states show equal numbers."""
        query, order = self._of_plan(sa.select(schema.jobs.c.key, schema.jobs.c.ended), schema.jobs, plan)
        with self.reading() as connection:
            ended = [list(row) for row in connection.execute(query.order_by(*order))]
        record = self.plan(plan)
        runs = [run.id for run in self.runs(plan)]
        return content_key(plan=record and [record.suite, record.jobs, record.content], runs=runs, ended=ended)

    # --- what was done

    def add_ended(self, jobs: Sequence[JobEnded], fits: Sequence[FitRecord] = ()) -> None:
        """Keep fits, and ended jobs with all that they measured, in one transaction, in place of any earlier try; no
        key is there twice. The seconds of earlier tries are added; a model that was loaded again is not."""

        def change(connection: sa.Connection) -> None:
            for fit in fits:
                _keep_fit(connection, fit)
            for start in range(0, len(jobs), MANY):
                keep_jobs(connection, jobs[start : start + MANY])

        self.write(change)

    def add_fit(self, fit: FitRecord) -> None:
        """Keep a fitted model's record."""
        self.add_ended((), (fit,))

    def add_job(self, job: JobRecord, measurements: Sequence[Measurement], pictures: Sequence[Picture] = ()) -> None:
        """Keep one ended job with all that it measured."""
        self.add_ended((JobEnded(job, tuple(measurements), tuple(pictures)),))

    def forget(self, jobs: Sequence[str], fits: Sequence[str]) -> None:
        """Drop these jobs with all that they measured, and these fits: they are to be done again."""

        def change(connection: sa.Connection) -> None:
            for start in range(0, len(jobs), MANY):
                forget(connection, jobs[start : start + MANY])
            for start in range(0, len(fits), MANY):
                connection.execute(schema.fits.delete().where(schema.fits.c.key.in_(fits[start : start + MANY])))

        self.write(change)

    def keep_only(self, plan: str) -> None:
        """Drop all other plans, and every job and fit that this one does not stand on."""
        with self.writing() as connection:
            for table in (schema.requests, schema.plan_jobs):
                connection.execute(table.delete().where(table.c.plan != plan))
            connection.execute(schema.plans.delete().where(schema.plans.c.id != plan))
            others = connection.execute(sa.select(schema.jobs.c.key).where(~self._in_plan(plan))).scalars().all()
            forget(connection, others)
            standing = sa.select(schema.jobs.c.fit)
            connection.execute(schema.fits.delete().where(schema.fits.c.key.not_in(standing)))

    # --- what is known

    def settled(self) -> dict[str, bool]:
        """For each job that was done, by its key, in the order in which they ended: whether how it ended is final."""
        with self.reading() as connection:
            query = sa.select(schema.jobs.c.key, schema.jobs.c.settled).order_by(schema.jobs.c.ended)
            rows = connection.execute(query)
            return {row.key: bool(row.settled) for row in rows}

    def ends(self, jobs: Iterable[str]) -> dict[str, dict[str, Any]]:
        """How each of these jobs ended and what it cost: status, reason, seconds, and its fit's status, seconds and
        images (`fit_status`, `fit_seconds`, `images`); a key that is not there was never done."""
        own, fit = schema.jobs.c, schema.fits.c
        columns = [own.key, own.status, own.reason, own.seconds, fit.images]
        labelled = [fit.status.label("fit_status"), fit.seconds.label("fit_seconds")]
        joined = schema.jobs.outerjoin(schema.fits, own.fit == fit.key)
        query = sa.select(*columns, *labelled).select_from(joined)
        wanted = set(jobs)
        with self.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["key"]: dict(row) for row in rows if row["key"] in wanted}

    def table(self, plan: str | None = None) -> pd.DataFrame:
        """The tidy table, columns `TIDY`: one row a value of the plan's jobs, in the plan's order; without a plan all
        that there is, in the order in which jobs ended."""
        joined = schema.jobs.join(schema.measurements, schema.jobs.c.key == schema.measurements.c.job)
        columns = [schema.measurements.c[c] if c in _MEASURED else schema.jobs.c[c] for c in TIDY]
        query, order = self._of_plan(sa.select(*columns), joined, plan)
        query = query.order_by(*order, schema.measurements.c.position)
        with self.reading() as connection:
            frame = pd.DataFrame(connection.execute(query).all(), columns=TIDY)
        whole = "Int64" if (frame["budget"] % 1 == 0).all() else float  # seconds may be parts
        types = {"value": float, "ci_low": float, "ci_high": float, "n": "Int64", "m": "Int64", "budget": whole}
        return frame.astype(types)

    def rows(self, plan: str | None = None) -> pd.DataFrame:
        """One row for each job: label, model, sampler, dataset, seed, fit, and its options."""
        columns = [schema.jobs.c[c] for c in ("label", "model", "sampler", "dataset", "seed", "fit")]
        joined = schema.jobs.outerjoin(schema.fits, schema.jobs.c.fit == schema.fits.c.key)
        query, order = self._of_plan(sa.select(*columns, schema.fits.c.options), joined, plan)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(*order)).all()
        return pd.DataFrame(rows, columns=[*(c.name for c in columns), "options"])

    def fits(self, plan: str | None = None) -> pd.DataFrame:
        """One row a fit that a job of the plan stands on."""
        query = sa.select(schema.fits).where(
            schema.fits.c.key.in_(sa.select(schema.jobs.c.fit).where(self._in_plan(plan)))
        )
        with self.reading() as connection:
            return pd.DataFrame(connection.execute(query).all(), columns=[c.name for c in schema.fits.columns])

    def pictures(self, plan: str | None = None) -> pd.DataFrame:
        """One row a picture of a job of the plan: job, name, path, caption, label, dataset, seed, evaluation."""
        jobs = [schema.jobs.c[c] for c in ("label", "dataset", "seed", "evaluation")]
        joined = schema.pictures.join(schema.jobs, schema.jobs.c.key == schema.pictures.c.job)
        query, order = self._of_plan(sa.select(*schema.pictures.columns, *jobs), joined, plan)
        names = [c.name for c in (*schema.pictures.columns, *jobs)]
        with self.reading() as connection:
            return pd.DataFrame(connection.execute(query.order_by(*order)).all(), columns=names)

    def references(self) -> tuple[set[str], set[str]]:
        """(keys of fits, paths of pictures) that jobs refer to, of whichever plan."""
        with self.reading() as connection:
            fits = set(connection.execute(sa.select(schema.jobs.c.fit)).scalars())
            return fits, set(connection.execute(sa.select(schema.pictures.c.path)).scalars())

    def faults(self) -> list[str]:
        """What is wrong in the database itself: damaged pages, rows that belong to nothing. A sentence each."""
        found = []
        with self.reading() as connection:
            if self._engine.dialect.name == "sqlite":
                said = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
                found += [f"the database is damaged: {safe_text(one, 300)}." for one in said if one != "ok"]
            for name, column, owner in schema.BELONGS:
                table, key = schema.metadata.tables[name], schema.metadata.tables[owner[0]].c[owner[1]]
                lost = table.c[column].not_in(sa.select(key))
                rows = connection.scalar(sa.select(sa.func.count()).select_from(table).where(lost))
                found += [f"{rows} rows of {name} belong to nothing in {owner[0]}."] if rows else []
            own = schema.jobs.c
            bare = sa.and_(own.status == Status.OK, own.key.not_in(sa.select(schema.measurements.c.job)))
            for key in connection.scalars(sa.select(own.key).where(bare)):
                found.append(f"job {key} ended well and has no measurement: `--force` does it again.")
        return found

    def _in_plan(self, plan: str | None) -> sa.ColumnElement[bool]:
        """Whether a job belongs to the plan; every job does where none is named."""
        if plan is None:
            return sa.true()
        return schema.jobs.c.key.in_(sa.select(schema.plan_jobs.c.job).where(schema.plan_jobs.c.plan == plan))

    def _of_plan(
        self, query: sa.Select[Any], joined: sa.FromClause, plan: str | None
    ) -> tuple[sa.Select[Any], list[sa.ColumnElement[Any]]]:
        """The query over these tables for the plan's jobs, and what orders it."""
        if plan is None:
            return query.select_from(joined), [schema.jobs.c.ended]
        own = sa.select(schema.plan_jobs).where(schema.plan_jobs.c.plan == plan).subquery()
        return query.select_from(joined.join(own, own.c.job == schema.jobs.c.key)), [own.c.position]


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Which file has this name; None where none has."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


def is_blank(file: Path) -> bool:
    """Whether an SQLite file has no table at all: whoever wanted to make a store there was cut off before (a full disk,
    a kill)."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # damaged, or another file; whoever opens it will say so
        return False


def _keep_fit(connection: sa.Connection, fit: FitRecord) -> None:
    known = connection.execute(sa.select(schema.fits).where(schema.fits.c.key == fit.key)).mappings().first()
    if known is not None and (known["status"] == fit.status == Status.OK or dict(known) == dataclasses.asdict(fit)):
        return
    spent = known["seconds"] if known is not None else 0.0
    connection.execute(schema.fits.delete().where(schema.fits.c.key == fit.key))
    values = dataclasses.asdict(fit) | {"seconds": fit.seconds + spent}
    connection.execute(schema.fits.insert().values(values))


def keep_jobs(connection: sa.Connection, ended: Sequence[JobEnded]) -> None:
    """Jobs and all that they measured, in place of any earlier try. A run ends a job once: what it has kept already was
    committed when the server went away."""
    own = schema.jobs.c
    query = sa.select(own.key, own.run, own.seconds).where(own.key.in_([end.record.key for end in ended]))
    known = {row.key: row for row in connection.execute(query)}
    kept = {(row.key, row.run) for row in known.values() if row.run}
    new = [end for end in ended if (end.record.key, end.record.run) not in kept]
    forget(connection, [end.record.key for end in new if end.record.key in known])
    values: dict[sa.Table, list[dict[str, Any]]] = {schema.jobs: [], schema.measurements: [], schema.pictures: []}
    for end in new:
        job = end.record
        values[schema.jobs].append(_job_values(job, known[job.key].seconds if job.key in known else 0.0))
        values[schema.measurements] += [_measurement_values(job.key, i, m) for i, m in enumerate(end.measurements)]
        values[schema.pictures] += [dataclasses.asdict(picture) for picture in end.pictures]
    for table, rows in values.items():
        if rows:
            connection.execute(table.insert(), rows)


def forget(connection: sa.Connection, jobs: Sequence[str]) -> None:
    """Drop these jobs with all that they measured."""
    if not jobs:
        return
    for table, column in ((schema.measurements, "job"), (schema.pictures, "job"), (schema.jobs, "key")):
        connection.execute(table.delete().where(table.c[column].in_(jobs)))


def _engine(url: sa.URL, name: str) -> sa.Engine:
    try:
        engine = sa.create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise UsageError(
            f"the store {name!r} cannot be opened ({redacted(str(error))}): give a file, or a URL whose driver is "
            "installed."
        ) from error
    sa.event.listen(engine, "handle_error", partial(_say, name))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    if engine.dialect.name == "postgresql":
        sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def _say(name: str, context: sa.engine.ExceptionContext) -> None:
    """Whatever a database objects to, whenever it does, is a sentence with the store's name and no secret; a constraint
    that is broken is a mistake of whoever writes."""
    if isinstance(context.sqlalchemy_exception, sa.exc.IntegrityError) or context.is_pre_ping:
        return  # a pool that looks whether its connection still lives makes another one
    sentence = _sentence(name, context.original_exception)
    raise (_Gone(str(sentence)) if context.is_disconnect else sentence) from context.original_exception


class _Gone(StoreError):
    """A server that was there has gone."""


@contextmanager
def _said(name: str) -> Iterator[None]:
    """The same for what goes wrong before there is a connection."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _sentence(name, error.orig or error) from error


def _sentence(name: str, error: BaseException) -> StoreError:
    why = redacted(safe_text(error, 300)).strip().rstrip(".")
    hint = next((remedy for word, remedy in _REMEDIES.items() if word in why.lower()), "")
    return StoreError(f"the store {name} cannot be used: {why or 'no reason given'}{hint}.")


_REMEDIES = {
    "locked": ": another process holds it; try again when that has ended",
    "disk is full": ": make room, then run the same command again; what was done is kept",
    "readonly": ": give a place that may be written to",
    "unable to open": ": look whether its folder is there and may be written to",
    "malformed": ": it is damaged; put it elsewhere and run again, or restore a copy",
    "not a database": ": it is some other file",
    "no such": ": it was not written by this genbench, or not wholly",
    "refused": ": look whether the server is there, and its address",
    "authentication": ": look whether user and password are right",
}


def _configure_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun below
    try:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    except UnicodeDecodeError as error:  # SQLite's complaint quotes a damaged page
        raise sqlite3.DatabaseError("a page is malformed") from error


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes its turn before it reads: one that had read first could not wait for another to end."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


WRITING = 2**62 + 0x67656E62
"""PostgreSQL's number of the lock of a writer; plans have smaller ones."""


def _begin_postgresql(connection: sa.Connection) -> None:
    """Writers take turns, as SQLite makes them: two that do the same job can't both add it."""
    if not connection.get_execution_options().get("reading", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")


_MEASURED = {c.name for c in schema.measurements.columns} - {"position"}


_OF_JOB = tuple(c.name for c in schema.jobs.columns if c.name not in (*_ROW, "ended", "seconds"))


def _job_values(job: JobRecord, spent: float) -> dict[str, Any]:
    values: dict[str, Any] = {c: getattr(job.row, c) for c in _ROW}
    values |= {name: getattr(job, name) for name in _OF_JOB}
    return values | {"seconds": job.seconds + spent}


def _measurement_values(job: str, position: int, measurement: Measurement) -> dict[str, Any]:
    value = measurement.value
    declared: Mapping[str, Any] = {"direction": "", "metric_version": 0}
    if measurement.metric in metric_registry:
        spec = metric_registry.get(measurement.metric).card
        declared = {"direction": str(spec.direction), "metric_version": spec.version}
    own = ("metric", "target", "score", "encoder", "encoder_fingerprint", "split", "likelihood")
    numbers = ("value", "ci_low", "ci_high", "n", "m", "kind", "status", "reason")
    return {
        "job": job,
        "position": position,
        **declared,
        **{name: getattr(measurement, name) for name in own},
        **{name: getattr(value, name) for name in numbers},
        "details": dict(value.details),
    }
