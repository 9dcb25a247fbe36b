"""Models that touch what is not theirs change nobody else's numbers; each planned job ends in exactly one record."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import genbench
from genbench.runs.options import Options
from genbench.store import Store

HERE = Path(__file__).parent
PLUGIN = str(HERE / "hostile_models.py")
LONG = "x" * 300
SUITE = """
schema = 1
name = "hostile"
models = {models}
datasets = ["digits"]
seeds = 1
[budget]
images = 640
[[evaluations]]
name = "sample-quality"
samples = 100
metrics = ["frechet"]
encoder = "pixels"
[[evaluations]]
name = "reconstruction"
samples = 50
metrics = ["mse"]
"""
GENTLE = ["quiet", "in-place", "one-buffer", "peeks", "back-door", "turns-over", "exits", "throws", "forks", "extra"]
GENTLE += ["unprintable", "surrogate", "talks"]


def write_suite(folder: Path, names: list[str]) -> Path:
    rows = [f'"{name}"' for name in names]
    rows.append(f'{{ use = "quiet", as = "{LONG}" }}')
    path = folder / "hostile.toml"
    path.write_text(SUITE.format(models=f"[{', '.join(rows)}]"))
    return path


def table_of(folder: Path) -> pd.DataFrame:
    store = Store(folder / "genbench.db")
    try:
        return store.table()
    finally:
        store.close()


def cell(table: pd.DataFrame, label: str, metric: str) -> pd.Series:
    rows = table[(table.label == label) & (table.metric == metric)]
    assert len(rows) == 1, f"{label} has {len(rows)} rows of {metric}"
    return rows.iloc[0]


def check_gentle(table: pd.DataFrame, labels: list[str]) -> None:
    """What holds whichever executor ran them."""
    for label in labels:
        for metric in ("frechet", "mse"):
            cell(table, label, metric)
    quiet = cell(table, "quiet", "frechet").value, cell(table, "quiet", "mse").value
    assert quiet == (cell(table, LONG, "frechet").value, cell(table, LONG, "mse").value), "the last is as the first"
    assert cell(table, "turns-over", "frechet").value == quiet[0], "its own numbers, too, are a float32 process's"
    assert cell(table, "forks", "frechet").value == quiet[0]
    assert 0 < cell(table, "in-place", "mse").value < 0.2, "half of each pixel is lost: no perfect score"
    assert cell(table, "peeks", "frechet").status == "ok"
    assert "changed the data in place (reference of digits)" in cell(table, "back-door", "mse").reason
    assert "ended the program: SystemExit: 0" in cell(table, "exits", "frechet").reason
    assert "ended the program: Away" in cell(table, "throws", "frechet").reason
    assert "cannot be saved: only tensors" in cell(table, "extra", "frechet").reason
    assert "red" in cell(table, "surrogate", "frechet").reason
    reasons = "".join(table.reason.dropna())
    assert not {"\x1b", "\x00", "\ud800"} & set(reasons)
    assert len(cell(table, "talks", "frechet").reason) < 2_100


def test_in_one_process_all_end_in_one_record_and_the_last_is_as_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_suite(tmp_path, GENTLE)
    before = signal.getsignal(signal.SIGTERM), sys.getrecursionlimit(), os.environ["GENBENCH_CACHE"]
    options = Options(plugins=[PLUGIN], executor="inline", device="cpu", out=Path("out"))
    result = genbench.run(str(path), options)
    assert sum(result.result.counts.values()) == result.total == 2 * (len(GENTLE) + 1)
    assert not result.ok
    check_gentle(table_of(tmp_path / "out"), [*GENTLE, LONG])
    assert Path.cwd() == tmp_path
    assert (signal.getsignal(signal.SIGTERM), sys.getrecursionlimit(), os.environ["GENBENCH_CACHE"]) == before
    events = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert events[0]["event"] == "run begins" and events[-1]["event"] == "run ends"
    assert any("torch's default dtype" in e["changed"] for e in events if e["event"] == "put back")
    assert (tmp_path / "out" / "genbench.db").stat().st_size < 2**20


def genbench_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "genbench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=500)


@pytest.mark.slow
def test_in_worker_processes_nobody_takes_another_with_it(tmp_path: Path) -> None:
    names = ["quiet", "writes", "closes", "crashes", "aborts", "leaves", *GENTLE[1:]]
    path = write_suite(tmp_path, names)
    options = ["--plugin", PLUGIN, "--executor", "local", "--workers", "2", "--device", "cpu", "--out", "out"]
    done = genbench_command(tmp_path, "run", str(path), *options, "--time-limit", "60", "--json")
    assert done.returncode == 1, done.stderr[-2_000:]
    table = table_of(tmp_path / "out")
    check_gentle(table, [*names, LONG])
    assert "could not be understood" in cell(table, "writes", "frechet").reason
    assert "closed the pipe" in cell(table, "closes", "frechet").reason
    assert "signal 11 (Segmentation fault)" in cell(table, "crashes", "frechet").reason
    assert "signal 6 (Aborted)" in cell(table, "aborts", "frechet").reason
    assert "memory" not in cell(table, "aborts", "frechet").reason


def test_a_crash_of_the_whole_process_is_not_run_into_again(tmp_path: Path) -> None:
    path = write_suite(tmp_path, ["crashes"])
    options = ["--plugin", PLUGIN, "--executor", "inline", "--device", "cpu", "--out", "out"]
    first = genbench_command(tmp_path, "run", str(path), *options)
    assert first.returncode == -signal.SIGSEGV
    second = genbench_command(tmp_path, "run", str(path), *options)
    assert second.returncode == 1, second.stderr[-2_000:]
    table = table_of(tmp_path / "out")
    assert "crashed (Segmentation fault)" in cell(table, "crashes", "frechet").reason
    assert cell(table, LONG, "frechet").status == "ok"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_keeps_what_has_ended_and_says_so(tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = write_suite(tmp_path, ["quiet", "closes"])
    options = ["--plugin", PLUGIN, "--executor", "local", "--workers", "1", "--device", "cpu", "--out", "out"]
    command = [sys.executable, "-m", "genbench", "run", str(path), *options]
    heard = partial(signal.signal, number, signal.SIG_DFL)  # whatever started the tests may ignore it
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        preexec_fn=heard,  # noqa: PLW1509 (no thread is at work here)
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "sample-quality ok" in line:
                process.send_signal(number)
                break
        said = process.stderr.read()
    assert process.returncode == code and "stopped; what was done is kept" in said and "Traceback" not in said
    assert cell(table_of(tmp_path / "out"), "quiet", "frechet").status == "ok"


def test_nothing_in_the_current_folder_is_imported_by_workers(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("open('executed', 'w').close()\nraise SystemExit('random.py was executed')\n")
    path = write_suite(tmp_path, [])
    command = [sys.executable, "-P", "-c", "import sys; from genbench.cli import main; sys.path.insert(0, ''); main()"]
    options = ["--plugin", PLUGIN, "--executor", "local", "--workers", "1", "--device", "cpu", "--out", "out"]
    done = subprocess.run([*command, "run", str(path), *options], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert not (tmp_path / "executed").exists()


def test_data_that_change_between_planning_and_loading_are_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from genbench.runs.execution import execute
    from genbench.runs.options import chosen_suite
    from genbench.runs.session import prepare

    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", images=rng.random((80, 8, 8), dtype=np.float32))
    path = write_suite(tmp_path, [])
    options = Options(plugins=[PLUGIN], executor="inline", device="cpu", datasets=["npz:mine.npz"])
    prepared = prepare(chosen_suite(str(path), options), options)
    np.savez(tmp_path / "mine.npz", images=rng.random((80, 8, 8), dtype=np.float32))
    prepared.context.forget()
    result = execute(prepared, _Nobody())
    assert len(result.failed) == result.total and "not what they were when this run was planned" in result.failed[0]


class _Nobody:
    def planned(self, session: object) -> None: ...

    def event(self, event: object) -> None: ...
