"""The store's laws: whole or not at all, once, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.core.records import FitRecord, JobRecord, Picture, Row, RunRecord
from genbench.core.values import Measurement, Status, Value
from genbench.store import Store
from genbench.store.database import TIDY

ROW = Row(label="ae+gmm10", model="ae", family="autoencoder", sampler="gmm10", dataset="digits", seed=0)
JOB = JobRecord(key="k1", fit="f1", row=ROW, evaluation="sample-quality", status=Status.OK, seconds=2.0)
TWO = (
    Measurement(metric="frechet", value=Value(value=1.5, ci_low=1.0, ci_high=2.0, n=10, m=10), encoder="in-domain"),
    Measurement(metric="kid", value=Value.unsupported("too few")),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "genbench.db")


def test_a_job_comes_back_as_tidy_rows_in_the_contract_order(store: Store) -> None:
    store.add_job(JOB, TWO)
    table = store.table()
    contract = (
        "model family sampler dataset seed evaluation metric target value ci_low ci_high n direction kind encoder"
    )
    assert list(table.columns[:18]) == [*contract.split(), "status", "reason", "seconds"]
    assert list(table.columns) == list(TIDY)
    first, second = table.to_dict("records")
    assert (first["value"], first["ci_low"], first["n"], first["label"]) == (1.5, 1.0, 10, "ae+gmm10")
    assert second["status"] == "unsupported" and second["reason"] == "too few" and second["value"] != second["value"]


def test_the_encoder_that_a_value_stands_on_has_a_column(store: Store) -> None:
    measured = replace(TWO[0], encoder_fingerprint="abc", value=replace(TWO[0].value, details={"k": 5}))
    store.add_job(JOB, (measured, TWO[1]))
    first, second = store.table().to_dict("records")
    assert (first["encoder_fingerprint"], first["details"]) == ("abc", {"k": 5})
    assert (second["encoder_fingerprint"], second["details"]) == ("", {})


def test_a_second_try_replaces_the_rows_and_adds_the_cost(store: Store) -> None:
    store.add_job(replace(JOB, status=Status.FAILED, reason="boom", seconds=3.0), TWO[:1])
    store.add_job(JOB, TWO)
    assert len(store.table()) == 2
    assert set(store.table()["seconds"]) == {5.0}
    assert store.statuses() == {"k1": Status.OK}


def test_a_later_job_of_the_same_row_takes_its_place_in_the_table(store: Store) -> None:
    store.add_job(JOB, TWO)
    store.add_job(replace(JOB, key="k2", fit="f2"), TWO[:1])
    assert list(store.table()["job"]) == ["k2"]
    assert set(store.statuses()) == {"k1", "k2"}
    assert store.artifacts()[0] == {"f2"}


def test_a_job_that_cannot_be_written_whole_is_not_written(store: Store) -> None:
    double = Picture(job="k1", name="samples", path="a.png")
    with pytest.raises(sa.exc.IntegrityError):
        store.add_job(JOB, TWO, [double, double])
    assert store.statuses() == {} and store.table().empty


def test_a_loaded_fit_keeps_its_first_cost(store: Store) -> None:
    fit = FitRecord(key="f1", model="ae", dataset="digits", seed=0, status=Status.OK, seconds=4.0)
    store.add_fit(replace(fit, status=Status.FAILED, reason="killed", seconds=1.0))
    store.add_fit(fit)
    store.add_fit(fit)
    store.add_job(JOB, TWO)
    assert list(store.fits()["seconds"]) == [5.0]


def test_pictures_and_runs_come_back(store: Store) -> None:
    store.add_job(JOB, TWO, [Picture(job="k1", name="samples", path="artifacts/a.png", caption="64 samples")])
    store.add_run(RunRecord(id="r", suite="quick", started="2026-01-01", command="genbench run quick"))
    assert store.pictures()[["name", "label", "seed"]].to_dict("records") == [
        {"name": "samples", "label": "ae+gmm10", "seed": 0}
    ]
    assert [run.command for run in store.runs()] == ["genbench run quick"]


def test_a_store_of_a_newer_format_is_refused(store: Store, tmp_path: Path) -> None:
    engine = sa.create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '99'"))
    engine.dispose()
    with pytest.raises(UsageError, match="newer genbench"):
        Store(tmp_path / "deep" / "genbench.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genbench.db"
    path.write_text("not a database, but a text that is long enough to be looked at")
    with pytest.raises(UsageError, match="cannot be opened"):
        Store(path)
