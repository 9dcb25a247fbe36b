"""A store of an older format opens and shows the same table; a newer one is refused with the remedy."""

from __future__ import annotations

import gzip
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from genbench.core.errors import UsageError
from genbench.store import Store
from genbench.store.schema import VERSION

FORMAT_1 = Path(__file__).parent / "format1"
"""Two runs of one suite in one folder by genbench 0.1.0: three seeds, then two at another budget; its own export."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "genbench.db"
    path.write_bytes(gzip.decompress((FORMAT_1 / "genbench.db.gz").read_bytes()))
    return path


def as_exported(table: pd.DataFrame) -> pd.DataFrame:
    """Through CSV, as the stored export went."""
    flat = table.assign(details=None)
    return pd.read_csv(io.StringIO(flat.to_csv(index=False)))


def test_a_store_of_format_1_shows_the_same_table(old: Path) -> None:
    with Store(old, existing=True) as store:
        plan = store.plan()
        assert plan is not None and plan.suite == "small"
        found = as_exported(store.table(plan.id)).drop(columns=["fit", "budget_unit"])  # which it did not export
    wanted = pd.read_csv(FORMAT_1 / "table.csv").assign(details=None)
    wanted = wanted.astype(found.dtypes.to_dict())
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


def test_a_store_of_format_2_gets_units_of_its_budgets(tmp_path: Path) -> None:
    path = tmp_path / "genbench.db"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "format2.db.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT key, fit, label, seconds, device, run FROM jobs ORDER BY ended").fetchall()
    for _ in range(2):
        with Store(path, existing=True) as store:
            table = store.table().drop_duplicates("job")
            assert list(zip(table.budget, table.budget_unit, strict=True)) == [(2_560, "images")] * 2 + [
                (0.5, "seconds")
            ]
            assert len(store.plans()) == 2 and len(store.runs()) == 2
    with closing(sqlite3.connect(path)) as connection:
        after = connection.execute("SELECT key, fit, label, seconds, device, run FROM jobs ORDER BY ended").fetchall()
        assert after == before


def test_what_it_no_longer_showed_stays_beside_it(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        before = connection.execute("SELECT count(*) FROM jobs").fetchone()[0]
        measured = connection.execute("SELECT count(*) FROM measurements").fetchone()[0]
    with Store(old, existing=True) as store:
        assert len(store.settled()) == before > len(store.plan().jobs)
        assert len(store.table()) == measured
        assert len(store.runs()) == 2 and len(store.fits()) > 0 and len(store.pictures()) > 0


def test_what_a_fit_of_format_1_cost_is_not_made_up(old: Path) -> None:
    with Store(old, existing=True) as store:
        fits = store.fits()
        assert len(fits) > 0 and fits["updates"].isna().all() and fits["flops"].isna().all()
        assert fits["images"].gt(0).any() and fits["seconds"].gt(0).any()


def test_it_is_migrated_once(old: Path) -> None:
    for _ in range(2):
        with Store(old, existing=True) as store:
            assert len(store.plans()) == 1
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (str(VERSION),)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert not any(name.startswith("old_") for name in tables)


def test_a_migration_that_fails_leaves_the_old_store(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE measurements SET details = '{' WHERE rowid = 5")
        connection.commit()
    with pytest.raises(Exception, match="."):
        Store(old, existing=True)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == ("1",)
        assert connection.execute("SELECT count(*) FROM jobs").fetchone()[0] > 0


@pytest.mark.parametrize(("version", "words"), [("99", "newer genbench.*upgrade"), ("abc", "is no number")])
def test_what_this_genbench_cannot_read_is_refused_and_left_alone(old: Path, version: str, words: str) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE meta SET value = ?", (version,))
        connection.commit()
        before = list(connection.iterdump())
    with pytest.raises(UsageError, match=words):
        Store(old, existing=True)
    with closing(sqlite3.connect(old)) as connection:
        assert list(connection.iterdump()) == before


def test_looking_for_a_store_makes_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a store"):
        Store(tmp_path / "nothing.db", existing=True)
    assert not (tmp_path / "nothing.db").exists()
