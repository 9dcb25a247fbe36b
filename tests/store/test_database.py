"""The store's laws: whole or not at all, once, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from genbench.core.errors import UsageError
from genbench.core.records import FitRecord, JobRecord, Picture, PlanRecord, Row, RunRecord
from genbench.core.values import Measurement, Status, Value
from genbench.store import Store, schema
from genbench.store.connections import is_blank
from genbench.store.database import TIDY

ROW = Row(label="ae+gmm10", model="ae", family="autoencoder", sampler="gmm10", dataset="digits", seed=0)
JOB = JobRecord(key="k1", fit="f1", row=ROW, evaluation="sample-quality", status=Status.OK, seconds=2.0)
TWO = (
    Measurement(metric="frechet", value=Value(value=1.5, ci_low=1.0, ci_high=2.0, n=10, m=10), encoder="in-domain"),
    Measurement(metric="kid", value=Value.unsupported("too few")),
)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


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
    assert store.settled() == {"k1": True} and store.ends(["k1"])["k1"]["status"] == Status.OK


def test_a_plan_shows_its_own_jobs_in_its_order_and_the_others_stay(store: Store) -> None:
    store.add_job(JOB, TWO)
    store.add_job(replace(JOB, key="k2", fit="f2"), TWO[:1])
    store.keep_plan(PlanRecord(id="one", suite="s", jobs=("k1",)))
    store.keep_plan(PlanRecord(id="two", suite="s", jobs=("k2", "k1")))
    assert [list(store.table(plan)["job"]) for plan in ("one", "two")] == [["k1", "k1"], ["k2", "k1", "k1"]]
    assert store.plan().id == "two" and store.plan("o").jobs == ("k1",)
    store.keep_plan(PlanRecord(id="one", suite="s", jobs=("k1",)))
    assert [plan.id for plan in store.plans()] == ["two", "one"] and store.plan().id == "one"
    assert store.references()[0] == {"f1", "f2"} and set(store.settled()) == {"k1", "k2"}


def test_a_plan_that_is_not_there_is_named_with_those_that_are(store: Store) -> None:
    store.keep_plan(PlanRecord(id="abc1", suite="s", jobs=()))
    store.keep_plan(PlanRecord(id="abc2", suite="s", jobs=()))
    with pytest.raises(UsageError, match="0 plans .* 'xyz'; there are: abc1, abc2"):
        store.plan("xyz")
    with pytest.raises(UsageError, match="2 plans"):
        store.plan("abc")


def test_only_the_last_plan_can_be_kept(store: Store) -> None:
    for key, fit in (("k1", "f1"), ("k2", "f2"), ("k3", "f3")):
        store.add_fit(FitRecord(key=fit, model="ae", dataset="digits", seed=0, status=Status.OK))
        store.add_job(replace(JOB, key=key, fit=fit), TWO, [Picture(job=key, name="samples", path=f"{key}.png")])
    store.keep_plan(PlanRecord(id="one", suite="s", jobs=("k1", "k2")))
    store.keep_plan(PlanRecord(id="two", suite="s", jobs=("k2",)))
    store.keep_only("two")
    assert [plan.id for plan in store.plans()] == ["two"]
    assert set(store.settled()) == {"k2"} and store.references() == ({"f2"}, {"k2.png"})
    assert list(store.fits()["key"]) == ["f2"]


def test_what_is_to_be_done_again_is_forgotten_with_its_cost(store: Store) -> None:
    store.add_fit(FitRecord(key="f1", model="ae", dataset="digits", seed=0, status=Status.OK, seconds=4.0))
    store.add_job(JOB, TWO)
    store.forget(["k1"], ["f1"])
    assert store.settled() == {} and store.table().empty and store.fits().empty
    store.add_job(JOB, TWO)
    assert set(store.table()["seconds"]) == {2.0}


def test_what_may_pass_is_not_settled(store: Store) -> None:
    store.add_job(replace(JOB, status=Status.UNSUPPORTED, settled=False), TWO)
    store.add_job(replace(JOB, key="k2", status=Status.UNSUPPORTED), TWO)
    assert store.settled() == {"k1": False, "k2": True}


WRITER = """
import sys
from dataclasses import replace
from genbench.core.records import JobRecord, Row
from genbench.core.values import Measurement, Status, Value
from genbench.store import Store, schema
row = Row(label="m", model="m", family="f", sampler="", dataset="d", seed=0)
with Store(sys.argv[1]) as store:
    for i in range(int(sys.argv[3])):
        job = JobRecord(key=f"{sys.argv[2]}-{i}", fit="f", row=row, evaluation="e", status=Status.OK, seconds=i)
        store.add_job(job, [Measurement(metric="mse", value=Value(value=float(i)))])
"""


def test_two_writers_lose_nothing_double_nothing_and_keep_their_order(url: str) -> None:
    each = 60
    Store(url).close()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = [[sys.executable, "-c", WRITER, url, name, str(each)] for name in ("a", "b")]
    processes = [subprocess.Popen(one, env=environment) for one in arguments]
    assert [process.wait() for process in processes] == [0, 0]
    with Store(url) as store:
        keys = list(store.table()["job"])
        with store.reading() as connection:
            ended = list(connection.scalars(sa.text("SELECT ended FROM jobs ORDER BY ended")))
    assert sorted(keys) == sorted(f"{name}-{i}" for name in ("a", "b") for i in range(each))
    for name in ("a", "b"):
        assert [key for key in keys if key.startswith(name)] == [f"{name}-{i}" for i in range(each)]
    assert len(ended) == len(set(ended)) == 2 * each


def test_two_that_do_the_same_jobs_leave_one_of_each(url: str) -> None:
    each = 30
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, "same", str(each)], env=environment) for _ in range(2)
    ]
    assert [process.wait() for process in processes] == [0, 0]
    with Store(url) as store:
        assert sorted(store.table()["job"]) == sorted(f"same-{i}" for i in range(each))


def test_a_key_is_there_once(store: Store) -> None:
    store.add_job(JOB, TWO)
    columns = ", ".join(c.name for c in schema.jobs.columns if c.name != "ended")
    with pytest.raises(sa.exc.IntegrityError), store.writing() as connection:
        connection.execute(sa.text(f"INSERT INTO jobs (ended, {columns}) SELECT 99, {columns} FROM jobs"))


def test_a_job_that_cannot_be_written_whole_is_not_written(store: Store) -> None:
    double = Picture(job="k1", name="samples", path="a.png")
    with pytest.raises(sa.exc.IntegrityError):
        store.add_job(JOB, TWO, [double, double])
    assert store.settled() == {} and store.table().empty


@pytest.mark.parametrize(
    ("amounts", "unit"), [((2_560, 3_840), "images"), ((1e11, 2e11), "flops"), ((0.5, 60.0), "seconds")]
)
def test_a_budget_keeps_its_amount_and_unit(store: Store, amounts: tuple[float, float], unit: str) -> None:
    for i, amount in enumerate(amounts):
        store.add_job(replace(JOB, key=f"k{i}", budget=amount, budget_unit=unit), TWO)
    found = store.table().drop_duplicates("job")
    assert tuple(found.budget) == amounts and set(found.budget_unit) == {unit}
    assert ("." in found.budget.to_csv(index=False)) == (unit == "seconds")  # whole ones are written so


def test_a_loaded_fit_keeps_its_first_cost(store: Store) -> None:
    fit = FitRecord(key="f1", model="ae", dataset="digits", seed=0, status=Status.OK, seconds=4.0)
    store.add_fit(replace(fit, status=Status.FAILED, reason="killed", seconds=1.0))
    store.add_fit(fit)
    store.add_fit(fit)
    store.add_job(JOB, TWO)
    assert list(store.fits()["seconds"]) == [5.0]


def test_what_a_training_cost_comes_back_and_may_be_unknown(store: Store) -> None:
    fit = FitRecord(key="f1", model="ae", dataset="digits", seed=0, status=Status.OK, updates=781, flops=10**18)
    store.add_fit(fit)
    store.add_fit(replace(fit, key="f2", updates=None, flops=None))
    for key in ("f1", "f2"):
        store.add_job(replace(JOB, key=key, fit=key, row=replace(ROW, label=key)), TWO)
    known = store.fits().set_index("key")
    assert (known.updates["f1"], known.flops["f1"]) == (781, 10**18)
    assert known[["updates", "flops"]].loc["f2"].isna().all()


def test_pictures_and_runs_come_back(store: Store) -> None:
    store.add_job(JOB, TWO, [Picture(job="k1", name="samples", path="artifacts/a.png", caption="64 samples")])
    store.add_run(RunRecord(id="r", suite="quick", started="2026-01-01", command="genbench run quick"))
    assert store.pictures()[["name", "label", "seed"]].to_dict("records") == [
        {"name": "samples", "label": "ae+gmm10", "seed": 0}
    ]
    assert [run.command for run in store.runs()] == ["genbench run quick"]


@pytest.mark.parametrize(("version", "words"), [("99", "newer genbench"), ("abc", "is no number")])
def test_a_store_of_a_newer_format_is_refused(store: Store, url: str, version: str, words: str) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE meta SET value = :version"), {"version": version})
    with pytest.raises(UsageError, match=words) as caught:
        Store(url)
    assert "hunter" not in str(caught.value)


def test_looking_for_a_store_makes_none(url: str) -> None:
    for _ in range(2):
        with pytest.raises(UsageError, match="not a store"):
            Store(url, existing=True)


def test_what_no_json_can_say_comes_back(store: Store) -> None:
    curve = {"images": [1.0, 2.0], "loss": [float("nan"), float("inf")]}
    fit = FitRecord(key="f1", model="ae", dataset="digits", seed=2**40, status=Status.OK, images=10**12, curve=curve)
    store.add_fit(fit)
    store.add_job(JOB, TWO)
    (found,) = store.fits().to_dict("records")
    assert (found["images"], found["seed"]) == (10**12, 2**40)
    assert found["curve"]["loss"][0] != found["curve"]["loss"][0] and found["curve"]["loss"][1] == float("inf")


def test_a_job_that_ended_well_without_a_measurement_is_a_fault(store: Store) -> None:
    store.add_job(JOB, TWO)
    assert store.faults() == []
    with store.writing() as connection:
        connection.execute(sa.text("DELETE FROM measurements"))
    assert "job k1 ended well and has no measurement" in " ".join(store.faults())


def test_a_store_that_was_cut_off_before_its_tables_is_blank(tmp_path: Path) -> None:
    path = tmp_path / "genbench.db"
    path.write_bytes(b"")
    assert is_blank(path)
    with Store(path):
        pass
    assert not is_blank(path)
    path.write_bytes(b"no database at all" * 100)
    assert not is_blank(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genbench.db"
    path.write_text("not a database, but a text that is long enough to be looked at")
    with pytest.raises(UsageError, match="cannot be used: file is not a database"):
        Store(path)
