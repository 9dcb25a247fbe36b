"""Runs in processes of their own, which can be killed, starved of disk, or left alone."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
schema = 1
name = "faults"
models = {models}
datasets = {datasets}
seeds = {seeds}
[budget]
images = {images}
[[evaluations]]
name = "sample-quality"
encoder = "{encoder}"
samples = 200
metrics = ["frechet", "kid", "sliced-wasserstein"]
[[evaluations]]
name = "reconstruction"
samples = 200
"""


def module(path: Path) -> Any:
    """A Python file that lies elsewhere."""
    spec = importlib.util.spec_from_file_location(f"faults_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    found = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def suite(
    path: Path, models: Sequence[str], datasets: Sequence[str], *, seeds: int, encoder: str, images: int = 1_280
) -> None:
    """Write the suite of a part."""
    given = {"models": json.dumps(list(models)), "datasets": json.dumps(list(datasets))}
    path.write_text(SUITE.format(**given, seeds=seeds, encoder=encoder, images=images))


def start(
    folder: Path,
    name: str,
    out: str,
    executor: str,
    *more: str,
    most: int = 0,
    cache: Path | None = None,
    fresh: bool = False,
    **surrounding: str,
) -> Process:
    """A run in a process of its own, what it prints in the file `OUT.txt`. `most`: bytes that a file of it may have.
    `fresh`: started as a command is; else forked from this process, which has imported what takes long."""
    given = ["run", name, "--device", "cpu", "--executor", executor, "--out", out, *more]
    own = {"PYTHONPATH": str(ROOT), "GENBENCH_CACHE": str(cache or folder / "cache"), "OMP_NUM_THREADS": "1"}
    environment, said = own | surrounding, folder / f"{out.replace('/', '-')}.txt"
    if not fresh and hasattr(os, "fork"):
        return Forked(given, folder, environment, said, most)
    with said.open("wb") as file:
        command = [sys.executable, "-m", "genbench", *given]
        return subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=file, stderr=file)


class Forked:
    """A command in a process forked from this one; of `subprocess.Popen` it has what is used here."""

    def __init__(self, given: list[str], folder: Path, environment: dict[str, str], said: Path, most: int) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            code: object = 3
            try:
                self._become(given, folder, environment, said, most)
            except SystemExit as ended:
                code = ended.code or 0
            finally:
                os._exit(code if isinstance(code, int) else 3)

    @staticmethod
    def _become(given: list[str], folder: Path, environment: dict[str, str], said: Path, most: int) -> None:
        import resource

        os.setsid()
        os.chdir(folder)
        os.environ.update(environment)
        file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.argv = ["genbench", *given]
        if most:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        importlib.import_module("genbench.cli.main").main()

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; raises `TimeoutExpired`."""
        until = time.monotonic() + (timeout if timeout is not None else 3_600)
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("genbench", timeout or 0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


Process = Forked | subprocess.Popen[bytes]
PRELOADED = (
    "torch torchvision torchmetrics scipy.stats sklearn.datasets sklearn.mixture genbench.runs.task genbench.api"
).split()


def preload() -> None:
    """Import what takes long, in one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in PRELOADED:
        importlib.import_module(name)
