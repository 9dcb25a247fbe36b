"""NVIDIA's Multi-Process Service: workers on one GPU compute at the same time instead of taking turns."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from genbench.core.errors import UsageError
from genbench.core.text import safe_text
from genbench.executors.config import named_gpus

CONTROL = "nvidia-cuda-mps-control"
"""NVIDIA's command that starts and ends the service; it comes with the driver."""

PATIENCE = 20.0
"""Seconds that the service may take to start or to end."""


def check() -> None:
    """Raise `UsageError` where this machine has no such service."""
    if shutil.which(CONTROL) is None:
        raise UsageError(f"--nvidia-mps needs NVIDIA's command {CONTROL}, which is not on the PATH: leave it out.")


@contextmanager
def service() -> Iterator[Mapping[str, str]]:
    """The variables of the environment by which a process finds a service of its own, which ends with this context.

    Raises `UsageError` where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="mps-", ignore_cleanup_errors=True) as place:  # short: it holds a socket
        seen = {name: str(Path(place, part)) for name, part in _FOLDERS.items()}
        for folder in seen.values():
            Path(folder).mkdir()
        _start(seen)
        try:
            yield seen
        finally:
            with suppress(OSError, subprocess.SubprocessError):
                _control(seen, said="quit\n")


def counted(place: str) -> Mapping[str, str]:
    """How a process of the service names a GPU, or all where `place` is empty: a service that sees only some GPUs
    counts them from 0 (NVIDIA's guide to MPS, on `CUDA_VISIBLE_DEVICES`)."""
    names = named_gpus()
    if not names:
        return {"CUDA_VISIBLE_DEVICES": place} if place else {}
    return {"CUDA_VISIBLE_DEVICES": str(names.index(place)) if place else ",".join(map(str, range(len(names))))}


_NOT_STARTED = "NVIDIA's multi-process service does not start ({}): leave --nvidia-mps out."
_FOLDERS = {"CUDA_MPS_PIPE_DIRECTORY": "pipe", "CUDA_MPS_LOG_DIRECTORY": "log"}


def _start(seen: Mapping[str, str]) -> None:
    try:
        done = _control(seen, "-d")
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(_NOT_STARTED.format(safe_text(error, 300))) from error
    if done.returncode:
        raise UsageError(_NOT_STARTED.format(safe_text(done.stdout.strip(), 300) or "it did not say why"))


def _control(seen: Mapping[str, str], *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONTROL, *arguments],
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | seen,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
