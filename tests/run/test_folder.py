"""One run at a time works in a folder; the next one is told who, and a process that has died holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from genbench import api
from genbench.core.errors import UsageError
from genbench.run.folder import RunFolder
from genbench.run.options import Options, chosen_suite
from genbench.run.session import execute, prepare

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
from genbench.run.folder import RunFolder
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


def test_a_run_starts_nothing_in_a_folder_at_work_and_nothing_is_cleaned_there(tmp_path: Path, suite: str) -> None:
    folder = tmp_path / "run"
    with claimed(folder), pytest.raises(UsageError, match=f"process {os.getpid()} "):
        api.run(suite, options(folder))
    assert not (folder / "genbench.db").exists()
    assert api.run(suite, options(folder)).done == 1
    with claimed(folder), pytest.raises(UsageError, match="is at work"):
        api.load(folder).clean()
    assert api.run(suite, options(folder)).done == 0


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
