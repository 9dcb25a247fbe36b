"""What only a server does: it restarts, it is not there, it has a password."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Server
from test_database import JOB, TWO

from genbench import api
from genbench.core.errors import StoreError
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options
from genbench.runs.upkeep import condition
from genbench.store import Store, database
from genbench.store.merge import lacking, take
from genbench.store.place import parse


def test_a_restart_between_two_writes_is_waited_for(postgresql: Server) -> None:
    with Store(postgresql.database()) as store:
        store.add_job(JOB, TWO)
        postgresql.stop()
        later = threading.Thread(target=postgresql.start)
        later.start()
        store.add_job(replace(JOB, key="k2"), TWO)
        later.join()
        assert set(store.settled()) == {"k1", "k2"} and store.faults() == []


def test_a_server_that_is_not_there_is_a_sentence_at_once_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"cannot be used.*refused") as caught:
        Store("postgresql://me:hunter2@127.0.0.1:1/nothing")
    assert "hunter" not in f"{caught.value} {caught.value!r}"


def test_a_url_without_a_driver_takes_the_one_that_the_extra_installs() -> None:
    for name in ("postgres", "postgresql"):
        assert parse(f"{name}://me@host/db").drivername == "postgresql+psycopg"


def test_a_store_moves_from_a_file_to_a_server_and_back(postgresql: Server, tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as a, Store(postgresql.database()) as b, Store(tmp_path / "c.db") as c:
        for i in range(3):
            a.add_job(replace(JOB, key=f"k{i}"), TWO)
        for source, target in ((a, b), (b, c)):
            take(target, source, lacking(target, source))
        assert c.table().equals(a.table()) and list(b.settled()) == ["k0", "k1", "k2"]


def test_a_restart_in_the_middle_of_a_write_is_waited_for_and_nothing_is_added_twice(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, often = replace(JOB, run="r1", seconds=2.0), []
    with Store(postgresql.database()) as store:
        store.add_job(replace(JOB, run="r0", seconds=1.0), TWO)

        def restarted(*given: object) -> None:
            often.append(None)
            kept(*given)  # type: ignore[arg-type]
            if len(often) == 1:
                postgresql.stop()
                postgresql.start()

        kept = database.keep_jobs
        monkeypatch.setattr(database, "keep_jobs", restarted)
        store.add_job(job, TWO)
        assert len(often) == 2 and set(store.table()["seconds"]) == {3.0}
        store.add_job(job, TWO)  # committed, and the server went before it could say so
        assert set(store.table()["seconds"]) == {3.0} and len(store.table()) == 2


def test_a_run_writes_to_a_server_and_its_page_is_rendered_from_there(postgresql: Server, tmp_path: Path) -> None:
    suite = {
        "schema": 1,
        "name": "server",
        "models": ["gaussian"],
        "datasets": ["ring8"],
        "seeds": 1,
        "evaluations": [{"name": "sample-quality", "samples": 100, "metrics": ["frechet"]}],
    }
    url = postgresql.database()
    given = Options(out=tmp_path / "run", store=url, device="cpu", executor="inline")
    run = api.run(suite, given)
    assert run.ok and run.total == 1 and api.run(suite, given).done == 0
    assert not (tmp_path / "run" / "genbench.db").exists()
    assert api.load(url).report(tmp_path / "page.html").is_file()
    assert condition(RunFolder.find(url)).jobs == 1 and condition(RunFolder.find(url)).faults == ()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written and not any(b"hunter2" in content for content in written)
