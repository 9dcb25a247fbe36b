"""How records become rows of the store's tables; a key is there once, and the cost of earlier tries is added."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from genbench.core.jobs import JobEnded
from genbench.core.records import FitRecord, JobRecord
from genbench.core.values import Measurement, Status
from genbench.registry import metrics as metric_registry
from genbench.store import schema

MANY = 10_000
"""Rows that go to the database at once."""

_ROW = ("label", "model", "family", "sampler", "dataset", "seed")
_OF_JOB = tuple(c.name for c in schema.jobs.columns if c.name not in (*_ROW, "ended", "seconds"))


def keep_fit(connection: sa.Connection, fit: FitRecord) -> None:
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
