"""Connections to the store's database: transactions, patience with a server that is gone for a moment, and a sentence
for whatever a database objects to."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from genbench.core.errors import StoreError, UsageError
from genbench.core.text import safe_text
from genbench.store.place import Place, redacted

PATIENCE = 60.0
"""Seconds that a database may be gone or busy."""


class Connections:
    """Those of one process to one database. `name`: its URL without a password, for sentences."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self.name = redacted(url.render_as_string(hide_password=True))
        self.engine = _engine(url, self.name)
        self._reading = self.engine.execution_options(reading=True)
        self._patience = 0.0
        self._file: tuple[int, int] | None = None

    def note_opened(self) -> None:
        """It is there: from now on a server that is gone for a moment (a restart) is waited for, and a file that is
        another one is an error."""
        self._patience = PATIENCE if self.is_server else 0.0
        self._file = _identity(self.file)

    @property
    def is_server(self) -> bool:
        """Whether it is no file of this machine."""
        return self.url.get_backend_name() != "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server or a database in memory."""
        return Place(None, self.url).file

    def is_there(self) -> bool:
        """An SQLite file is made by whoever looks at it, unless one looks first."""
        return self.is_server or Path(self.url.database or "").is_file()

    def _check_file(self) -> None:
        """A file that was removed or moved takes what is written, and nobody finds it there again."""
        if self._file is not None and _identity(self.file) != self._file:
            raise StoreError(
                f"the store {self.name} was removed, moved or replaced while it was in use: what has ended since then "
                "is not kept there. Run the same command again."
            )

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A connection that changes nothing."""
        return self._connected(self._reading)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction, which is committed at the end or not at all."""
        with self._connected(self.engine) as connection, connection.begin():
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
            except Gone:
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
        until = time.monotonic() + self._patience
        while True:
            try:
                return engine.connect()
            except (StoreError, sa.exc.DBAPIError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


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
    raise (Gone(str(sentence)) if context.is_disconnect else sentence) from context.original_exception


class Gone(StoreError):
    """A server that was there has gone."""


@contextmanager
def said(name: str) -> Iterator[None]:
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
