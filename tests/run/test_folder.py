"""One run at a time works in a folder; the next one is told who, and a process that has died holds nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from genbench import api
from genbench.core.errors import UsageError
from genbench.core.jobs import without_value
from genbench.core.values import Status
from genbench.runs.execution import execute
from genbench.runs.folder import RunFolder
from genbench.runs.options import Options, chosen_suite
from genbench.runs.session import prepare
from genbench.store import Store
from genbench.store.claims import Claims

ROOT = Path(__file__).parents[2]
SUITE = """
schema = 1
name = "claim"
models = ["gaussian"]
datasets = ["ring8"]
seeds = 1
[budget]
images = 128
[[evaluations]]
name = "sample-quality"
samples = 100
density_samples = 1000
metrics = ["frechet"]
"""
HOLDER = """
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from genbench.runs.folder import RunFolder
with RunFolder.to_make(Path(sys.argv[1])).claimed():
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def suite(tmp_path: Path) -> str:
    (tmp_path / "claim.toml").write_text(SUITE)
    return str(tmp_path / "claim.toml")


def claimed(folder: Path) -> AbstractContextManager[None]:
    return RunFolder.to_make(folder).claimed()


def options(folder: Path) -> Options:
    return Options(out=folder, device="cpu", executor="inline")


def test_the_second_is_told_who_is_at_work_and_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"mine\n"
        try:
            words = rf"process {process.pid} on .*since 20.*wait.*another --out"
            with pytest.raises(UsageError, match=words), claimed(tmp_path):
                pass
        finally:
            process.send_signal(signal.SIGKILL)
    with claimed(tmp_path):
        pass


def test_a_run_waits_for_the_folder_and_nothing_is_cleaned_there_meanwhile(tmp_path: Path, suite: str) -> None:
    folder, done = tmp_path / "run", []
    thread = threading.Thread(target=lambda: done.append(api.run(suite, options(folder)).done))
    with pytest.warns(UserWarning, match=f"process {os.getpid()} .*waiting until it has ended"):
        with claimed(folder):
            thread.start()
            thread.join(3.0)
            assert not done and not (folder / "genbench.db").exists()
        thread.join()
    assert done == [1]
    with claimed(folder), pytest.raises(UsageError, match="is at work"):
        api.load(folder).clean()
    assert api.run(suite, options(folder)).done == 0


def test_a_job_that_another_run_is_at_is_waited_for_and_what_that_left_is_done(tmp_path: Path, suite: str) -> None:
    """Whoever has claimed it does nothing here, so that at the end it is done by who waited."""
    given = Options(out=tmp_path / "b", store=str(tmp_path / "x.db"), device="cpu", executor="inline")
    second = prepare(chosen_suite(suite, given), given)
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(execute(second, api._Silent()).done))
    with Store(tmp_path / "x.db") as store, pytest.warns(UserWarning, match=r"into sqlite.*waiting"):
        first = Claims(store, "first")
        with first.living():
            first.take(second.plan.keys)
            thread.start()
            thread.join(3.0)
            assert not done
        thread.join()
    assert done == [1] and execute(second, api._Silent()).done == 0


def test_a_run_does_its_own_while_another_does_what_both_want(tmp_path: Path, suite: str) -> None:
    given = Options(out=tmp_path / "b", store=str(tmp_path / "x.db"), device="cpu", executor="inline", seeds=2)
    second = prepare(chosen_suite(suite, given), given)
    common, own = second.plan.jobs
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(execute(second, api._Silent()).done))
    with Store(tmp_path / "x.db") as store, pytest.warns(UserWarning, match="another run does 1 of these jobs"):
        first = Claims(store, "first")
        with first.living():
            first.take([common.key])
            thread.start()
            until = time.monotonic() + 60
            while own.key not in store.settled() and time.monotonic() < until:
                thread.join(0.1)
            end = without_value(common, Status.UNSUPPORTED, "done by the other")
            store.add_job(end.record, end.measurements)
        thread.join()
        assert done == [1] and set(store.settled()) == {common.key, own.key}


def test_what_another_run_has_done_meanwhile_is_not_done_again(tmp_path: Path, suite: str) -> None:
    given = options(tmp_path / "run")
    first, second = (prepare(chosen_suite(suite, given), given) for _ in range(2))
    assert len(second.missing) == 1
    assert execute(first, api._Silent()).done == 1
    assert execute(second, api._Silent()).done == 0


def test_no_claim_is_needed_where_nothing_is_missing(tmp_path: Path, suite: str) -> None:
    folder = tmp_path / "run"
    api.run(suite, options(folder))
    with claimed(folder):
        assert api.run(suite, options(folder)).total == 1


# --- what may be written and removed


@pytest.fixture
def done(tmp_path: Path, suite: str) -> Path:
    folder = tmp_path / "run"
    api.run(suite, options(folder))
    return folder


def orphan(folder: Path) -> Path:
    path = folder / "artifacts" / "fits" / f"{'a' * 20}.safetensors"
    path.write_bytes(b"old")
    return path


def test_clean_removes_what_genbench_has_named_and_nothing_else(done: Path) -> None:
    mine = [done / "artifacts" / name for name in ("thesis.pt", "fits/thesis.pt", "pictures/me.png", "notes/a.txt")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"mine")
    ours = [orphan(done), done / "artifacts" / "fits" / f".{'b' * 20}.safetensors.123.0a1b2c3d"]
    ours[1].write_bytes(b"half")
    assert api.load(done).clean() == (2, 7)
    assert not any(path.exists() for path in ours) and all(path.exists() for path in mine)


@pytest.mark.parametrize("linked", ["artifacts", "artifacts/fits"])
def test_clean_follows_no_link(done: Path, tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (done / linked).rename(elsewhere)
    (done / linked).symlink_to(elsewhere)
    path = orphan(done)
    assert api.load(done).clean()[0] == 0 and path.exists()


def test_clean_by_url_touches_the_stores_own_folder_alone(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here" / "artifacts" / "fits"
    here.mkdir(parents=True)
    (here / f"{'c' * 20}.safetensors").write_bytes(b"another run's")
    monkeypatch.chdir(tmp_path / "here")
    path = orphan(done)
    assert api.load(f"sqlite:///{done / 'genbench.db'}").clean() == (1, 3)
    assert not path.exists() and (here / f"{'c' * 20}.safetensors").exists()


def test_clean_refuses_a_folder_that_no_run_has_made(done: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (done / "genbench.db").rename(tmp_path / "copy" / "other.db")
    with pytest.raises(UsageError, match="not a folder that a run has made"):
        api.load(tmp_path / "copy" / "other.db").clean()


@pytest.mark.parametrize("name", ["genbench.db", "run.json", ".lock", "artifacts/x.html", "genbench.db-wal"])
def test_an_output_never_replaces_what_belongs_to_the_run(done: Path, name: str) -> None:
    before = {path: path.read_bytes() for path in done.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="belongs to the run itself"):
        api.load(done).report(done / name)
    with pytest.raises(UsageError, match="belongs to the run itself"):
        api.load(done).export("csv", done / name)
    assert {path: path.read_bytes() for path in done.rglob("*") if path.is_file()} == before


def test_a_report_of_the_users_is_not_overwritten(tmp_path: Path, suite: str) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(UsageError, match=r"holds a report\.html that no run of genbench has made"):
        api.run(suite, options(tmp_path))
    assert (tmp_path / "report.html").read_text() == "mine"


def test_a_store_elsewhere_is_found_from_the_folder(tmp_path: Path, suite: str) -> None:
    folder, store = tmp_path / "run", tmp_path / "stores" / "all.db"
    given = Options(out=folder, store=f"sqlite:///{store}", device="cpu", executor="inline")
    api.run(suite, given)
    assert store.is_file() and not (folder / "genbench.db").exists()
    run = api.load(folder)
    assert len(run.table()) and run.report() == folder / "report.html"
    assert run.model("gaussian", dataset="ring8").sample(3).shape == (3, 2)
    assert run.clean() == (0, 0)
    assert len(api.load(str(store)).table()) == len(run.table())


def test_no_server_is_asked_because_a_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives a folder away would learn who opens it, and be sent the password in `PGPASSWORD`."""
    (tmp_path / "run.json").write_text('{"store": "postgresql://stranger.example/db"}')
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a server was looked for"))
    with pytest.raises(UsageError, match="stranger.example/db: give that URL"):
        RunFolder.find(str(tmp_path))


@pytest.mark.parametrize("store", ["", ".", "/dev/null", "sqlite://", "sqlite:///:memory:"])
def test_what_keeps_no_results_is_no_store(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="kept in a file or on a server"):
        RunFolder.to_make(tmp_path / "run", store)


def test_a_pipe_in_the_place_of_the_log_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log.jsonl")
    RunFolder.to_make(tmp_path).log("run begins")
    assert (tmp_path / "log.jsonl").is_fifo()


def test_a_folder_in_the_place_of_the_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "genbench.db").mkdir()
    with pytest.raises(UsageError, match=r"genbench\.db' is neither"):
        RunFolder.to_make(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b"[]", b'{"store": 7}', b""])
def test_a_record_that_is_none_names_no_store(done: Path, content: bytes) -> None:
    (done / "run.json").write_bytes(content)
    assert RunFolder.find(str(done)).place.own


def test_a_folder_that_changes_under_the_run_does_not_matter(
    tmp_path: Path, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = options(Path("here"))
    prepared = prepare(chosen_suite(suite, given), given)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    execute(prepared, api._Silent())
    assert (tmp_path / "here" / "genbench.db").is_file() and not list((tmp_path / "there").iterdir())


def test_no_secret_of_the_store_is_written_down(tmp_path: Path, suite: str) -> None:
    store = f"sqlite:///{tmp_path / 'x.db'}"
    command = "genbench run s --store postgresql://me:hunter2@host/db?password=hunter3"
    api.run(suite, Options(out=tmp_path / "run", store=store, device="cpu", executor="inline", command=command))
    written = [path.read_bytes() for path in (*(tmp_path / "run").glob("*.*"), tmp_path / "x.db")]
    assert not any(b"hunter" in content for content in written)


def test_nothing_is_dropped_while_a_run_is_at_work(done: Path, suite: str) -> None:
    api.run(suite, Options(out=done, device="cpu", executor="inline", seeds=2))
    with claimed(done), pytest.raises(UsageError, match="is at work"):
        api.load(done).clean(keep_last=True)
    assert len(api.load(done).plans()) == 2


def test_force_goes_on_with_no_training_that_was_broken_off(done: Path, suite: str) -> None:
    broken = done / "artifacts" / "checkpoints" / f"{'d' * 20}-0-7.safetensors"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(b"half a stack")
    api.run(suite, Options(out=done, device="cpu", executor="inline", force=True))
    assert not broken.exists()
