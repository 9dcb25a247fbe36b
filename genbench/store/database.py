"""Reading and writing the store.

Its laws: a job and all its measurements become visible together or not at all; a key is there once; a job that ended
`ok`, `unsupported` or `diverged` is never replaced unless asked; the cost of earlier tries is added, never lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.core.records import FitRecord, JobRecord, Picture, RunRecord
from genbench.core.values import Measurement, Status
from genbench.registry import metrics as metric_registry
from genbench.store import schema

TIDY = (
    "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder status "
    "reason seconds label m split score likelihood metric_version budget trained device details job "
    "encoder_fingerprint"
).split()
"""The columns of the tidy table, the contract's first, in its order."""

FINGERPRINT = "encoder_fingerprint"
"""A column of the table that is kept among a measurement's details: stores of format 1 have no column for it."""

_JOB_COLUMNS = ("label", "model", "family", "sampler", "dataset", "seed")


class Store:
    """One database. `url`: an SQLAlchemy URL, or the path of an SQLite file.

    `existing`: it must be a store already, nothing is made; else its tables are made where they are missing.
    """

    def __init__(self, url: str | Path, *, existing: bool = False) -> None:
        text = str(url)
        if "://" not in text:
            Path(text).parent.mkdir(parents=True, exist_ok=True)
            text = f"sqlite:///{text}"
        self.url = text
        self._engine = _engine(text)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _configure_sqlite)
        try:
            if existing and not sa.inspect(self._engine).has_table("meta"):
                raise UsageError(f"{text} is not a store of genbench: nothing was read or written.")
            schema.metadata.create_all(self._engine)
            self._check_version()
        except sa.exc.DBAPIError as error:
            raise UsageError(f"the store {text} cannot be opened: {error.orig}") from error

    def _check_version(self) -> None:
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == "version")).first()
            if row is None:
                connection.execute(schema.meta.insert().values(key="version", value=str(schema.VERSION)))
            elif int(row.value) > schema.VERSION:
                raise UsageError(
                    f"the store {self.url} was written by a newer genbench (format {row.value}, this one reads "
                    f"{schema.VERSION}): upgrade genbench, or give another --out."
                )
            elif int(row.value) < schema.VERSION:
                raise UsageError(
                    f"the store {self.url} has the old format {row.value} (this genbench writes {schema.VERSION}): "
                    "give another --out, or read it with the genbench that wrote it."
                )

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def add_run(self, run: RunRecord) -> None:
        """Keep what was asked for, or bring its provenance up to date."""
        with self._engine.begin() as connection:
            connection.execute(schema.runs.delete().where(schema.runs.c.id == run.id))
            connection.execute(schema.runs.insert().values(**dataclasses.asdict(run)))

    def add_fit(self, fit: FitRecord) -> None:
        """Keep a fitted model's record; the seconds of earlier failed tries are added, a model loaded again is not."""
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(schema.fits).where(schema.fits.c.key == fit.key)).first()
            if known is not None and known.status == fit.status == Status.OK:
                return
            spent = known.seconds if known is not None else 0.0
            connection.execute(schema.fits.delete().where(schema.fits.c.key == fit.key))
            values = dataclasses.asdict(fit) | {"seconds": fit.seconds + spent}
            connection.execute(schema.fits.insert().values(values))

    def add_job(self, job: JobRecord, measurements: Sequence[Measurement], pictures: Sequence[Picture] = ()) -> None:
        """Keep an ended job with all that it measured, in one transaction, in place of any earlier try."""
        with self._engine.begin() as connection:
            spent = connection.execute(sa.select(schema.jobs.c.seconds).where(schema.jobs.c.key == job.key)).scalar()
            ended = connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.jobs.c.ended), 0))).scalar_one()
            for table, column in (("measurements", "job"), ("pictures", "job"), ("jobs", "key")):
                rows = schema.metadata.tables[table]
                connection.execute(rows.delete().where(rows.c[column] == job.key))
            connection.execute(schema.jobs.insert().values(_job_values(job, spent or 0.0, ended + 1)))
            if measurements:
                rows_ = [_measurement_values(job.key, i, m) for i, m in enumerate(measurements)]
                connection.execute(schema.measurements.insert(), rows_)
            if pictures:
                connection.execute(schema.pictures.insert(), [dataclasses.asdict(p) for p in pictures])

    def statuses(self) -> dict[str, Status]:
        """How each job that is known by its key ended."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(schema.jobs.c.key, schema.jobs.c.status))
            return {row.key: Status(row.status) for row in rows}

    def reasons(self) -> dict[str, tuple[Status, str | None]]:
        """How each job ended, and why."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(schema.jobs.c.key, schema.jobs.c.status, schema.jobs.c.reason))
            return {row.key: (Status(row.status), row.reason) for row in rows}

    def ends(self, jobs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """How each of these jobs ended and what it cost: status, reason, seconds, and its fit's status, seconds and
        images (`fit_status`, `fit_seconds`, `images`); a key that is not there was never done."""
        own, fit = schema.jobs.c, schema.fits.c
        columns = [own.key, own.status, own.reason, own.seconds, fit.images]
        labelled = [fit.status.label("fit_status"), fit.seconds.label("fit_seconds")]
        joined = schema.jobs.outerjoin(schema.fits, own.fit == fit.key)
        query = sa.select(*columns, *labelled).select_from(joined).where(own.key.in_(jobs))
        with self._engine.connect() as connection:
            return {row["key"]: dict(row) for row in connection.execute(query).mappings()}

    def table(self, *, jobs: Sequence[str] | None = None) -> pd.DataFrame:
        """The tidy table: one row a value, columns `TIDY`; of jobs with one identity, the one that ended last.

        `jobs`: the keys of those that are wanted, replaced by a later one or not.
        """
        joined = schema.jobs.join(schema.measurements, schema.jobs.c.key == schema.measurements.c.job)
        stored = [c for c in TIDY if c != FINGERPRINT]
        columns = [schema.measurements.c[c] if c in _MEASURED else schema.jobs.c[c] for c in stored]
        query = sa.select(*columns).select_from(joined).order_by(schema.jobs.c.ended, schema.measurements.c.position)
        query = query.where(schema.jobs.c.key.in_(self._current() if jobs is None else jobs))
        with self._engine.connect() as connection:
            frame = pd.DataFrame(connection.execute(query).mappings().all(), columns=stored)
        frame[FINGERPRINT] = [details.pop(FINGERPRINT, "") for details in frame["details"]]
        return frame.astype({"value": float, "ci_low": float, "ci_high": float, "n": "Int64", "m": "Int64"})

    def _current(self) -> sa.Select[tuple[str]]:
        """The jobs that no later one with the same row and evaluation has replaced."""
        identity = [schema.jobs.c[c] for c in ("label", "dataset", "seed", "evaluation")]
        latest = sa.select(sa.func.max(schema.jobs.c.ended)).group_by(*identity)
        return sa.select(schema.jobs.c.key).where(schema.jobs.c.ended.in_(latest))

    def rows(self) -> pd.DataFrame:
        """One row for each measured model: label, model, sampler, dataset, seed, fit, and its options."""
        columns = [schema.jobs.c[c] for c in ("label", "model", "sampler", "dataset", "seed", "fit")]
        joined = schema.jobs.outerjoin(schema.fits, schema.jobs.c.fit == schema.fits.c.key)
        query = sa.select(*columns, schema.fits.c.options).select_from(joined).order_by(schema.jobs.c.ended)
        query = query.where(schema.jobs.c.key.in_(self._current()))
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return pd.DataFrame(rows, columns=[*(c.name for c in columns), "options"])

    def fits(self) -> pd.DataFrame:
        """One row a fit that a current job stands on."""
        wanted = sa.select(schema.jobs.c.fit).where(schema.jobs.c.key.in_(self._current()))
        query = sa.select(schema.fits).where(schema.fits.c.key.in_(wanted))
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return pd.DataFrame(rows, columns=[c.name for c in schema.fits.columns])

    def pictures(self) -> pd.DataFrame:
        """One row a picture of a current job: job, name, path, caption, label, dataset, seed, evaluation."""
        jobs = [schema.jobs.c[c] for c in ("label", "dataset", "seed", "evaluation")]
        joined = schema.pictures.join(schema.jobs, schema.jobs.c.key == schema.pictures.c.job)
        query = sa.select(*schema.pictures.columns, *jobs).select_from(joined)
        query = query.where(schema.jobs.c.key.in_(self._current())).order_by(schema.jobs.c.ended)
        names = [c.name for c in (*schema.pictures.columns, *jobs)]
        with self._engine.connect() as connection:
            return pd.DataFrame(connection.execute(query).mappings().all(), columns=names)

    def runs(self) -> list[RunRecord]:
        """All calls, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(schema.runs).order_by(schema.runs.c.started)).mappings()
            return [RunRecord(**row) for row in rows]

    def artifacts(self) -> tuple[set[str], set[str]]:
        """(keys of fits, paths of pictures) that current jobs refer to."""
        wanted = sa.select(schema.jobs.c.fit).where(schema.jobs.c.key.in_(self._current()))
        with self._engine.connect() as connection:
            return set(connection.execute(wanted).scalars()), set(self.pictures()["path"])


def _engine(url: str) -> sa.Engine:
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise UsageError(
            f"the store {url!r} cannot be opened ({error}): give a file, or a URL whose driver is installed."
        ) from error


_MEASURED = {c.name for c in schema.measurements.columns} - {"position"}


def _job_values(job: JobRecord, spent: float, ended: int) -> dict[str, Any]:
    values: dict[str, Any] = {c: getattr(job.row, c) for c in _JOB_COLUMNS}
    for name in ("key", "fit", "evaluation", "status", "reason", "budget", "trained", "device"):
        values[name] = getattr(job, name)
    return values | {"seconds": job.seconds + spent, "ended": ended}


def _measurement_values(job: str, position: int, measurement: Measurement) -> dict[str, Any]:
    value = measurement.value
    declared: Mapping[str, Any] = {"direction": "", "metric_version": 0}
    if measurement.metric in metric_registry:
        spec = metric_registry.get(measurement.metric).card
        declared = {"direction": str(spec.direction), "metric_version": spec.version}
    own = ("metric", "target", "score", "encoder", "split", "likelihood")
    fingerprint = {FINGERPRINT: measurement.encoder_fingerprint} if measurement.encoder_fingerprint else {}
    numbers = ("value", "ci_low", "ci_high", "n", "m", "kind", "status", "reason")
    return {
        "job": job,
        "position": position,
        **declared,
        **{name: getattr(measurement, name) for name in own},
        **{name: getattr(value, name) for name in numbers},
        "details": dict(value.details) | fingerprint,
    }


def _configure_sqlite(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=30000")
