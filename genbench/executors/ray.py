"""The executor `ray`: workers are actors of a Ray cluster, or of this machine alone. `pip install genbench[ray]`.

An actor works through many tasks, so that what it has loaded serves all of them. What it reports comes back as a stream
of pickled events; files travel with them, so that no disk need be shared. Only the driver writes the store.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray

import genbench
from genbench.core.errors import UsageError
from genbench.core.jobs import Event, Task
from genbench.core.text import safe_text
from genbench.executors.config import Runner, WorkerConfig
from genbench.executors.pool import Inbox, Message, Pool, Worker
from genbench.executors.worker import DONE, READY, SPOILT, runner_of

START = 1_800.0
"""Seconds that an actor may wait for a place in the cluster."""

NODE_LOST = "node has died"
"""Words of Ray where it was the machine that went."""

VERDICT = 60.0
"""Seconds that Ray may take to know what became of an actor that it cannot reach."""

FAREWELL = 10.0
"""Seconds that the last calls to actors that were stopped may take."""


HELD = 1
"""Events that an actor may hold back: it goes on once the last one is here, and takes no result along when it dies."""


class _Actor:
    """Does tasks in a process of the cluster."""

    def __init__(self, version: str, folder: str) -> None:
        if version != genbench.__version__:
            raise RuntimeError(f"this node has genbench {genbench.__version__}, the run's is {version}: make them one")
        with suppress(OSError):  # names of files may be relative, where the driver's folder is here, too
            os.chdir(folder)
        self.runner: Runner | None = None

    def start(self, config: bytes) -> str:
        """Make everything third-party known, before a task is unpacked that may hold some of it."""
        self.runner = runner_of(pickle.loads(config))
        return READY

    def ping(self) -> None:
        """Whoever can call this finds the actor alive."""

    def run(self, task: bytes) -> Iterator[bytes]:
        """The events of a task, then the word that it is done."""
        assert self.runner is not None
        for event in self.runner.run(pickle.loads(task)):
            yield pickle.dumps(event)
        yield pickle.dumps(SPOILT if self.runner.spoilt else DONE)


class _RayWorker(Worker):
    """An actor, and the thread that listens to it."""

    start = START

    def __init__(self, config: WorkerConfig, inbox: Inbox, pack: Callable[[Task], Task], *, alone: bool) -> None:
        super().__init__(alone=alone)
        self.inbox, self.pack = inbox, pack
        self.listeners: list[threading.Thread] = []
        self.stopped = threading.Event()
        wants = _wanted(config, alone=alone)
        self.actor: Any = (
            ray.remote(_Actor).options(**wants, max_restarts=0).remote(genbench.__version__, str(Path.cwd()))
        )
        self._begin(lambda: [self.actor.start.remote(pickle.dumps(config))])

    def send(self, task: Task) -> None:
        run = self.actor.run.options(num_returns="streaming", _generator_backpressure_num_objects=HELD)
        self._begin(lambda: run.remote(pickle.dumps(self.pack(task))))

    def stop(self) -> None:
        self.stopped.set()
        with suppress(Exception):  # it may be gone, and the cluster with it
            ray.kill(self.actor, no_restart=True)

    def join(self, until: float) -> None:
        """Wait until nobody listens to it any more: whoever asks Ray something after its shutdown connects anew, to
        whichever cluster there is."""
        for listener in self.listeners:
            listener.join(max(0.0, until - time.monotonic()))

    def _begin(self, ask: Callable[[], Any]) -> None:
        """Ask in this thread, so that calls come in their order, and listen in another."""
        try:
            answer = ask()
        except Exception as error:
            self._gone(error)
        else:
            listener = threading.Thread(target=self._listen, args=(answer,), daemon=True)
            self.listeners = [*(one for one in self.listeners if one.is_alive()), listener]
            listener.start()

    def _listen(self, answer: Any) -> None:
        try:
            for reference in answer:
                found = ray.get(reference)
                self.inbox.put(Message(self, found if isinstance(found, str) else pickle.loads(found)))
        except Exception as error:  # whatever Ray says of an actor that is gone
            self._gone(error)

    def _gone(self, error: Exception) -> None:
        final, lost = self._verdict(error)
        lines = [line for line in safe_text(final).splitlines() if line.strip()] or [type(final).__name__]
        why = f"its worker on the cluster ended: {safe_text(lines[-1], 300)}"
        self.inbox.put(Message(self, end=why, elsewhere=lost))

    def _verdict(self, error: Exception) -> tuple[Exception, bool]:
        """What became of an actor, and whether its machine or the way to it was lost; only asking again tells."""
        until = time.monotonic() + VERDICT
        while isinstance(error, ray.exceptions.ActorUnavailableError) and self._in_doubt(until):
            try:
                ray.get(self.actor.ping.remote(), timeout=VERDICT)
                return error, True
            except Exception as said:
                error = said
                time.sleep(0.5)
        return error, NODE_LOST in str(error)

    def _in_doubt(self, until: float) -> bool:
        return time.monotonic() < until and not self.stopped.is_set()


def run_ray(
    tasks: Sequence[Task],
    config: WorkerConfig,
    *,
    address: str | None = None,
    pack: Callable[[Task], Task] = lambda task: task,
) -> Iterator[Sequence[Event]]:
    """Events as they happen, tasks on `config.workers` actors (0: as many as the cluster holds).

    `address`: of a cluster, None for this machine alone; `pack`: adds to a task the files that it needs, when it is
    sent. Raises `UsageError` where the cluster cannot be reached or has no place for a worker.
    """
    with redirect_stdout(sys.stderr):  # what Ray says of workers that die is no result
        own, hired = not ray.is_initialized(), list[_RayWorker]()
        if own:
            _connect(address)
        try:
            workers = config.workers or _room(config)

            def hire(inbox: Inbox, alone: bool) -> Worker:
                hired.append(_RayWorker(config, inbox, pack, alone=alone))
                return hired[-1]

            yield from Pool(tasks, replace(config, workers=workers), hire).batches()
        finally:
            until = time.monotonic() + FAREWELL
            for worker in hired:
                worker.join(until)
            if own:
                ray.shutdown()


def _connect(address: str | None) -> None:
    """Ray puts the driver's folder first among the places where workers import from, so that a `random.py` there would
    be executed: it connects from the place of genbench itself."""
    more: dict[str, Any] = {} if address else {"include_dashboard": False}
    try:
        with chdir(Path(genbench.__file__).parents[1]):
            ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **more)
    except Exception as error:
        why = safe_text(error, 300).strip().splitlines()[0]
        raise UsageError(f"the Ray cluster {address or 'of this machine'} cannot be reached ({why}).") from error


def _wanted(config: WorkerConfig, *, alone: bool) -> dict[str, float]:
    """What an actor asks for; what must run alone has a whole GPU."""
    if not config.device.startswith("cuda"):
        return {"num_cpus": config.threads}
    return {"num_cpus": config.threads, "num_gpus": 1.0 if alone else config.gpus}


def _room(config: WorkerConfig) -> int:
    """How many workers the cluster holds. Raises `UsageError` where it is none."""
    there = ray.cluster_resources()
    names = {"num_cpus": "CPU", "num_gpus": "GPU"}
    room = min(int(there.get(names[k], 0.0) / v) for k, v in _wanted(config, alone=False).items())
    if room < 1:
        raise UsageError(f"the Ray cluster has no place for a worker that asks for {_wanted(config, alone=False)}.")
    return room
