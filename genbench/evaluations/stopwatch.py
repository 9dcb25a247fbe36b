"""Timing a call by pytest-benchmark's timer and statistics: warm-up first, the device synchronised, quartiles."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from timeit import default_timer

import torch
from pytest_benchmark.stats import Stats

from genbench.core.values import TIMER, Value

ROUNDS = 10
LONG = 2.0
"""Seconds after which slow calls need no more rounds, as long as there are three."""

MOST = 10_000
"""Rounds beyond which a median gains nothing more."""

BUSY = 0.9
"""A share of a core under which something else was running beside what was timed."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The statistics of repeated calls, in seconds.

    `cores`: how many processor cores the process had meanwhile; None where a device works and the process waits.
    """

    stats: Stats
    cores: float | None = None

    @property
    def remark(self) -> str | None:
        """What a reader must know of it: that something else took the processor."""
        if self.cores is None or self.cores >= BUSY:
            return None
        return f"something else was running: the process had {self.cores:.0%} of a core while it was timed"

    def value(self, unit: Callable[[float], float], **details: int) -> Value:
        """The median in another unit, with the quartiles as the interval and all statistics as details."""
        low, high = sorted((unit(self.stats.q1), unit(self.stats.q3)))
        return Value(
            value=unit(self.stats.median),
            ci_low=low,
            ci_high=high,
            n=self.stats.rounds,
            reason=self.remark,
            details={f"{TIMER}{name}": one for name, one in self.stats.as_dict().items()} | details,
        )


def timed(
    call: Callable[[], object], seconds: float, *, device: torch.device, rounds: int = ROUNDS, long: float = LONG
) -> Timing:
    """Repeated calls: one to warm up, then at least `rounds` and `seconds`, or `long` seconds in three rounds; no more
    than `MOST`."""
    wait: Callable[[], None] = torch.cuda.synchronize if device.type == "cuda" else _nothing
    call()
    wait()
    durations: list[float] = []
    total, own = 0.0, time.process_time()
    while len(durations) < rounds or (total < seconds and len(durations) < MOST):
        start = default_timer()
        call()
        wait()
        durations.append(default_timer() - start)
        total += durations[-1]
        if total > long and len(durations) >= 3:
            break
    cores = (time.process_time() - own) / max(total, 1e-9)
    return Timing(stats_of(durations), cores if device.type == "cpu" else None)


def _nothing() -> None:
    """A processor has done what it was given."""


def stats_of(durations: list[float]) -> Stats:
    """The statistics of these seconds."""
    stats = Stats()  # filled at the end: it keeps what it has once answered
    for duration in durations:
        stats.update(duration)
    return stats
