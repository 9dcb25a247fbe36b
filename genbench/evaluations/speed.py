"""Speed and cost: training and sampling time, memory, parameters; one process, nothing else running.

Timed with pytest-benchmark's timer and statistics: warm-up first, the device synchronised, the median of the rounds
with their quartiles as the interval.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from timeit import default_timer
from typing import cast

import torch
from pytest_benchmark.stats import Stats
from torch import Tensor

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements
from genbench.evaluations.settings import Speed
from genbench.protocols.model import Budget, Encodes, FitsItself
from genbench.training.trainer import fit

ROUNDS = 10
STRETCHES = 3
RESOLUTION = 1 << 20


def evaluate(evidence: Evidence, settings: Speed) -> Outcome:
    """Everything that the model can do, timed; what it cannot do has a reason."""
    parts: dict[str, Callable[[], dict[str, Value]]] = {
        "train-throughput": lambda: train_throughput(evidence, settings),
        "sample-latency": lambda: sample_latency(evidence, settings),
        "sample-throughput": lambda: sample_throughput(evidence, settings),
        "encode-throughput": lambda: encode_throughput(evidence, settings),
        "parameters": lambda: {"parameters": Value(value=parameters(evidence))},
        "peak-memory": lambda: {"peak-memory": peak_memory(evidence, settings)},
    }
    values: dict[str, Value] = {}
    for name, part in parts.items():
        try:
            values |= part()
        except Unsupported as error:
            values[name] = Value.unsupported(str(error))
    return Outcome(measurements(values))


def train_throughput(evidence: Evidence, settings: Speed) -> dict[str, Value]:
    """Training images a second of a copy of the model, short stretches of the real trainer."""
    if isinstance(evidence.model, FitsItself):
        raise Unsupported("it is not trained by gradient steps.")
    fresh = copy.deepcopy(evidence.model).train()
    budget = Budget(images=settings.images, batch=128)
    rates = []
    with torch.enable_grad():
        for i in range(1 + STRETCHES):  # the first one warms up
            training = fit(fresh, evidence.dataset, budget, seed=i, device=evidence.bench.device)
            rates.append(training.images_per_second)
    low, middle, high = sorted(rates[1:])
    return {"train-throughput": Value(value=middle, ci_low=low, ci_high=high, n=settings.images)}


def sample_latency(evidence: Evidence, settings: Speed) -> dict[str, Value]:
    """Milliseconds for one sample: the median (`p50`) and the 95th percentile (`p95`)."""
    evidence.samples(1)  # what gives no samples has no speed
    stats = timed(evidence, lambda: _draw(evidence, 1), settings.seconds)
    ranked = [1e3 * t for t in stats.sorted_data]
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    return {
        "sample-latency:p50": _quartiles(stats, lambda t: 1e3 * t),
        "sample-latency:p95": Value(value=p95, n=stats.rounds),
    }


def sample_throughput(evidence: Evidence, settings: Speed) -> dict[str, Value]:
    """Images a second at the best batch size among powers of four from 16, which is recorded."""
    sizes = [size for size in (4**i for i in range(2, 12)) if size <= settings.batch]
    if not sizes:
        raise Unsupported(f"the largest batch allowed ({settings.batch}) is under 16.")
    tried = {n: timed(evidence, partial(_draw, evidence, n), settings.seconds / 4, rounds=3) for n in sizes}
    best = max(sizes, key=lambda n: n / tried[n].median)
    stats = timed(evidence, partial(_draw, evidence, best), settings.seconds)
    return {"sample-throughput": _quartiles(stats, lambda t: best / t, batch=best)}


def encode_throughput(evidence: Evidence, settings: Speed) -> dict[str, Value]:
    """Images a second through the encoder, batches of 500."""
    evidence.need("encodes")
    x = evidence.dataset.train.x[:500].to(evidence.bench.device)
    stats = timed(evidence, lambda: cast(Encodes, evidence.model).encode(x), settings.seconds)
    return {"encode-throughput": _quartiles(stats, lambda t: len(x) / t, batch=len(x))}


def parameters(evidence: Evidence) -> float:
    """How many numbers the model has learnt: its parameters, or the buffers of one that has none."""
    counted: list[Tensor] = [*evidence.model.parameters()] or [*evidence.model.buffers()]
    return float(sum(t.numel() for t in counted))


def peak_memory(evidence: Evidence, settings: Speed) -> Value:
    """Bytes over the baseline while a batch of samples is drawn."""
    evidence.need("samples")
    if evidence.bench.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        _draw(evidence, settings.batch)
        return Value(value=float(torch.cuda.max_memory_allocated() - before))
    before_bytes = _reset_peak()
    _draw(evidence, settings.batch)
    taken = _status_bytes("VmHWM") - before_bytes
    if taken < RESOLUTION:
        raise Unsupported(f"it took under {RESOLUTION >> 20} MiB more, less than a process's own count can resolve.")
    return Value(value=float(taken), m=settings.batch)


def timed(evidence: Evidence, call: Callable[[], object], seconds: float, *, rounds: int = ROUNDS) -> Stats:
    """The statistics of repeated calls: one to warm up, then at least `rounds` and at least `seconds`."""
    wait = torch.cuda.synchronize if evidence.bench.device.type == "cuda" else lambda: None
    call()
    wait()
    durations: list[float] = []
    while len(durations) < rounds or sum(durations) < seconds:
        start = default_timer()
        call()
        wait()
        durations.append(default_timer() - start)
        if sum(durations) > 10 * seconds and len(durations) >= 3:
            break
    stats = Stats()  # filled at the end: it keeps what it has once answered
    for duration in durations:
        stats.update(duration)
    return stats


def _draw(evidence: Evidence, n: int) -> Tensor:
    device = evidence.bench.device
    return evidence.sampling_model().sample(n, generator=seeds.generator("speed", n, device=device))


def _quartiles(stats: Stats, unit: Callable[[float], float], **details: int) -> Value:
    low, high = sorted((unit(stats.q1), unit(stats.q3)))
    return Value(value=unit(stats.median), ci_low=low, ci_high=high, n=stats.rounds, details=details)


def _reset_peak() -> int:
    """Start the kernel's count of peak memory again (Linux); the bytes resident now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError as error:
        raise Unsupported("this system does not tell a process's peak memory.") from error
    return _status_bytes("VmRSS")


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise Unsupported("this system does not tell a process's peak memory.")
