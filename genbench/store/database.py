"""Reading and writing the store.

Its laws: a job and all its measurements become visible together or not at all; a key is there once; jobs have an order
that no two writers can spoil; the cost of earlier tries is added, never lost; what a plan does not refer to stays, and
is never shown among the plan's numbers.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
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
from genbench.store import migrations, schema
from genbench.store.connections import Connections, said
from genbench.store.place import parse
from genbench.store.rows import MANY, forget, keep_fit, keep_jobs
from genbench.store.soundness import unsound

TIDY = (
    "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder status "
    "reason seconds label m split score likelihood metric_version budget trained device details job "
    "encoder_fingerprint fit budget_unit"
).split()
"""The columns of the tidy table, the contract's first, in its order."""

_MEASURED = {c.name for c in schema.measurements.columns} - {"position"}


class Store(Connections):
    """One database. `url`: an SQLAlchemy URL, or the path of an SQLite file.

    `existing`: it must be a store already, nothing is made; else its tables are made where they are missing. A store of
    an older format is brought up to date, one of a newer format is refused.
    """

    def __init__(self, url: sa.URL | str | Path, *, existing: bool = False) -> None:
        super().__init__(url if isinstance(url, sa.URL) else parse(str(url)))
        if self.url.get_backend_name() == "sqlite" and self.url.database and not existing:
            paths.make_folder(Path(self.url.database).parent)
        try:
            with said(self.name):
                if existing and not (self.is_there() and sa.inspect(self.engine).has_table("meta")):
                    raise UsageError(f"{self.name} is not a store of genbench: nothing was read or written.")
                with self.writing() as connection:
                    migrations.bring_up_to_date(connection, self.name)
                if existing and not self.is_server:
                    self._check_rows()
        except BaseException:
            self.close()
            raise
        self.note_opened()

    def _check_rows(self) -> None:
        with self.reading() as connection:
            wrong = unsound(connection)
        if wrong is not None:
            raise StoreError(
                f"the store {self.name} was not written by genbench alone: {wrong}. Restore a copy, or put it "
                "elsewhere and run again."
            )

    @staticmethod
    def is_at(url: sa.URL) -> bool:
        """Whether a server's database holds a store already; nothing is made."""
        connections = Connections(url)
        try:
            with said(connections.name):
                return sa.inspect(connections.engine).has_table("meta")
        finally:
            connections.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
                keep_fit(connection, fit)
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
            if self.engine.dialect.name == "sqlite":
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
