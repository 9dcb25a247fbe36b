"""The tables of the store and their version."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from genbench.core.errors import StoreError
from genbench.core.text import safe_text
from genbench.store.shapes import PlanContent, Provenance, misfit

VERSION = 3

metadata = MetaData()


class _Json(TypeDecorator[Any]):
    """A JSON object as text: a curve may hold NaN, which databases' own JSON refuses. `shape`: what it must be like."""

    impl = Text
    cache_ok = True

    def __init__(self, shape: Any = None) -> None:
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        del dialect
        return json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        del dialect
        try:
            found = json.loads(value or "")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            shown = safe_text(value, 100)
            raise StoreError(f"the store holds {shown!r} where an object in JSON should be: restore a copy.")
        wrong = misfit(self.shape, found) if self.shape is not None else ""
        if wrong:
            said = safe_text(wrong, 200)
            raise StoreError(f"the store holds an object that genbench does not write ({said}): restore a copy.")
        return found


meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

plans = Table(
    "plans",
    metadata,
    Column("id", String, primary_key=True),
    Column("suite", String, nullable=False),
    Column("content", _Json(PlanContent), nullable=False),
)

requests = Table(  # each time that a plan is asked for; the last one is what a report shows
    "requests",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("plan", String, ForeignKey("plans.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", String, nullable=False),
    sqlite_autoincrement=True,
)

plan_jobs = Table(
    "plan_jobs",
    metadata,
    Column("plan", String, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("job", String, nullable=False, index=True),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("suite", String, nullable=False),
    Column("started", String, nullable=False),
    Column("command", String, nullable=False),
    Column("plan", String, nullable=False),
    Column("provenance", _Json(Provenance), nullable=False),
)

fits = Table(
    "fits",
    metadata,
    Column("key", String, primary_key=True),
    Column("model", String, nullable=False),
    Column("dataset", String, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("seconds", Float, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("updates", BigInteger),
    Column("flops", BigInteger),
    Column("trained", String, nullable=False),
    Column("device", String, nullable=False),
    Column("weights", String, nullable=False),
    Column("remark", String, nullable=False),
    Column("options", _Json, nullable=False),
    Column("curve", _Json, nullable=False),
    Column("details", _Json, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("ended", Integer, primary_key=True, autoincrement=True),  # the order in which jobs last ended
    Column("key", String, nullable=False, unique=True),
    Column("fit", String, nullable=False),
    Column("label", String, nullable=False),
    Column("model", String, nullable=False),
    Column("family", String, nullable=False),
    Column("sampler", String, nullable=False),
    Column("dataset", String, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("evaluation", String, nullable=False),
    Column("status", String, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("reason", String),
    Column("seconds", Float, nullable=False),
    Column("budget", Float, nullable=False),
    Column("budget_unit", String, nullable=False),
    Column("trained", String, nullable=False),
    Column("device", String, nullable=False),
    Column("run", String, nullable=False),
    sqlite_autoincrement=True,
)

measurements = Table(
    "measurements",
    metadata,
    Column("job", String, ForeignKey("jobs.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("metric", String, nullable=False),
    Column("target", String, nullable=False),
    Column("score", String, nullable=False),
    Column("encoder", String, nullable=False),
    Column("encoder_fingerprint", String, nullable=False),
    Column("split", String, nullable=False),
    Column("likelihood", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("metric_version", Integer, nullable=False),
    Column("value", Float),
    Column("ci_low", Float),
    Column("ci_high", Float),
    Column("n", BigInteger),
    Column("m", BigInteger),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("details", _Json, nullable=False),
)

pictures = Table(
    "pictures",
    metadata,
    Column("job", String, ForeignKey("jobs.key", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("path", String, nullable=False),
    Column("caption", String, nullable=False),
)

claims = Table(  # which run does a job now, where several write into one store; nothing that lasts
    "claims",
    metadata,
    Column("job", String, primary_key=True),
    Column("run", String, nullable=False, index=True),
)

BELONGS = (
    ("measurements", "job", ("jobs", "key")),
    ("pictures", "job", ("jobs", "key")),
    ("plan_jobs", "plan", ("plans", "id")),
    ("requests", "plan", ("plans", "id")),
)
"""Table, column, and the table and column that it refers to."""
