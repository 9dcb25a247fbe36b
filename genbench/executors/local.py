"""The local executor: worker processes on this machine, time limits, and no job lost when one of them dies."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

import genbench
from genbench.core.jobs import Event, Task
from genbench.executors import frames, mps
from genbench.executors.config import WorkerConfig
from genbench.executors.pool import Inbox, Message, Pool, Worker

PATIENCE = 10.0
"""Seconds that are waited for a process to be gone."""

_BOOT = """
import importlib.util, os, sys
init, rest = sys.argv.pop(1), sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("genbench", init)
sys.modules["genbench"] = importlib.util.module_from_spec(spec)
sys.path += [place for place in rest.split(os.pathsep) if place not in sys.path]
spec.loader.exec_module(sys.modules["genbench"])
from genbench.executors.worker import main
main()
"""
"""The parent's own genbench, wherever that lies; all other places come behind the worker's own."""


class _Process(Worker):
    """A child process; it sees one GPU of this machine where a `place` is given, and `more` of an environment."""

    def __init__(
        self, config: WorkerConfig, inbox: Inbox, *, alone: bool, place: str = "", more: Mapping[str, str]
    ) -> None:
        super().__init__(alone=alone)
        self.place = place
        threads = str(config.threads)
        seen = {"CUDA_VISIBLE_DEVICES": place} if place else {}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, str(Path(genbench.__file__).resolve()), _import_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads} | seen | dict(more),
            start_new_session=os.name == "posix",
        )
        self.number = 0
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._outbox.put(frames.packed(0, config))
        writer = threading.Thread(target=self._write, daemon=True)
        listener = threading.Thread(target=self._listen, args=(inbox,), daemon=True)
        self._threads = (writer, listener)
        for thread in self._threads:
            thread.start()

    def send(self, task: Task) -> None:
        self.number += 1
        self._outbox.put(frames.packed(self.number, task))

    def memory(self) -> int:
        """Resident bytes of the process and of those that it has started in its session; 0 where `/proc` is missing."""
        return sum(_resident(process) for process in _session(self.process.pid))

    def _write(self) -> None:
        """A thread of its own: a worker that does not read must not stop the parent."""
        assert self.process.stdin is not None
        while (message := self._outbox.get()) is not None:
            with suppress(OSError, ValueError):  # its death comes as an event of its own
                self.process.stdin.write(message)
                self.process.stdin.flush()
        with suppress(OSError):
            self.process.stdin.close()

    def _listen(self, inbox: Inbox) -> None:
        assert self.process.stdout is not None
        try:
            while (frame := frames.read(self.process.stdout)) is not None:
                if frame.number in (0, self.number):  # of an earlier task nothing is expected any more
                    inbox.put(Message(self, frame.message()))
            inbox.put(Message(self, end=self._how_it_died()))
        except frames.Unreadable as error:
            inbox.put(Message(self, end=f"its worker process could not be understood ({error}) and was ended"))
        except (OSError, ValueError):
            inbox.put(Message(self, end="its worker process could not be read and was ended"))
        with suppress(OSError):
            self.process.stdout.close()

    def _how_it_died(self) -> str:
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "its worker process closed the pipe that it reports through, and was ended"
        if code >= 0:
            return f"its worker process ended with exit status {code}"
        said = signal.strsignal(-code) or "unknown"
        why = ", perhaps because memory ran out" if code == -9 else ""
        return f"its worker process was ended by signal {-code} ({said}){why}"

    def stop(self) -> None:
        """Each pipe is closed by the thread that uses it: where
        somebody else still holds the other end, the thread waits and not the run."""
        self._outbox.put(None)
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(1.0)


def run_local(tasks: Sequence[Task], config: WorkerConfig) -> Iterator[Sequence[Event]]:
    """Events as they happen, tasks beside each other on `config.workers` processes; what must run alone does."""

    service: AbstractContextManager[Mapping[str, str]] = mps.service() if config.nvidia_mps else nullcontext({})
    with service as shared:

        def hire(inbox: Inbox, alone: bool) -> Worker:
            taken = [worker.place for worker in pool.workers if isinstance(worker, _Process)]
            place = emptiest(config.places, taken)
            more = {} if alone or not shared else {**shared, **mps.counted(place)}
            return _Process(config, inbox, alone=alone, place=place, more=more)

        pool = Pool(tasks, config, hire)
        yield from pool.batches()


def emptiest(places: Sequence[str], taken: Sequence[str]) -> str:
    """The first of the places that the fewest have taken, `""` where there are none."""
    return min(places, key=list(taken).count, default="")


def _session(leader: int) -> Iterator[int]:
    """The processes of a session."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            if int(place.read_text().rpartition(")")[2].split()[3]) == leader:
                yield int(place.parent.name)


def _resident(process: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _import_path() -> str:
    """Where this process looks for modules. A worker looks there last, so that a `random.py` beside a script hides
    nothing."""
    return os.pathsep.join(dict.fromkeys(str(Path(place).absolute()) for place in sys.path if place))
