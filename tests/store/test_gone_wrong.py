"""What goes wrong with an SQLite store ends in a sentence with its remedy; no clock decides what comes last."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from test_database import JOB, TWO

from genbench.core.errors import StoreError
from genbench.core.jobs import JobEnded
from genbench.core.records import FitRecord, PlanRecord
from genbench.core.values import Status
from genbench.store import Store, connections


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one job."""
    with Store(tmp_path / "genbench.db") as store:
        store.add_job(JOB, TWO)
    return tmp_path / "genbench.db"


def test_a_store_that_somebody_holds_is_named_with_the_remedy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process holds it"):
            Store(path)


@pytest.mark.parametrize("change", ["ALTER TABLE jobs DROP COLUMN run", "DROP TABLE measurements"])
def test_a_store_that_lacks_something_is_named(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(change)
        other.commit()
    with pytest.raises(StoreError, match="not written by this genbench"), Store(path, existing=True) as store:
        store.table()


def test_a_page_that_was_overwritten_is_a_sentence(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4_096:12_288] = bytes([0x80]) * 8_192
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="cannot be used"), Store(path, existing=True) as store:
        store.table()


@pytest.mark.parametrize("replaced", [False, True])
def test_what_is_written_to_a_file_that_is_gone_is_never_taken_for_kept(path: Path, *, replaced: bool) -> None:
    with Store(path) as store:
        path.rename(path.with_name("moved.db"))
        if replaced:
            Store(path).close()
        with pytest.raises(StoreError, match="removed, moved or replaced"):
            store.add_job(replace(JOB, key="k2"), TWO)


def test_a_clock_that_is_moved_back_changes_no_order(path: Path) -> None:
    with Store(path) as store:
        store.keep_plan(PlanRecord(id="before", suite="s", jobs=("k1",), asked="2030-01-01T00:00:00+00:00"))
        store.keep_plan(PlanRecord(id="after", suite="s", jobs=("k1",), asked="2020-01-01T00:00:00+00:00"))
        store.add_job(replace(JOB, key="k0"), TWO)
        last = store.plan()
        assert last is not None and last.id == "after" and list(store.settled()) == ["k1", "k0"]


def test_what_ended_together_is_kept_together_or_not_at_all(path: Path) -> None:
    fit = FitRecord(key="f2", model="ae", dataset="digits", seed=0, status=Status.OK)
    good, again = (JobEnded(replace(JOB, key=key, fit="f2"), TWO) for key in ("k2", "k3"))
    with Store(path) as store:
        with pytest.raises(Exception, match="UNIQUE"):
            store.add_ended([good, good], [fit])  # which nobody may ask for
        assert set(store.settled()) == {"k1"}
        store.add_ended([good, again], [fit])
        assert list(store.settled()) == ["k1", "k2", "k3"] and set(store.fits()["key"]) == {"f2"}
