"""The timers of the speed evaluation: training and sampling time, memory, parameters, operations, energy.

Timed with pytest-benchmark's timer and statistics: warm-up first, the device synchronised, the median of the rounds
with their quartiles as the interval.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from timeit import default_timer
from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
from pytest_benchmark.stats import Stats
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from genbench.core import seeds
from genbench.core.errors import Unavailable, Unsupported
from genbench.core.values import Value
from genbench.evaluations.context import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.metrics.measure import Sizes
from genbench.metrics.panel import feature_metrics
from genbench.protocols.model import Budget, Encodes, FitsItself
from genbench.training.config import TrainConfig
from genbench.training.trainer import fit

if TYPE_CHECKING:
    from genbench.evaluations.speed import SpeedConfig

ROUNDS = 10
STRETCHES = 3
RESOLUTION = 1 << 20
CHECKPOINTS = 4
"""Trainings of doubling length, up to the whole budget, among which the first good one is looked for."""


@dataclass(frozen=True, slots=True)
class CostInputs:
    """What a cost metric is given: the fitted model with its evidence, and the settings."""

    evidence: Evidence
    config: SpeedConfig

    gives: ClassVar[frozenset[str]] = frozenset({"cost"})
    sizes: ClassVar[Sizes] = Sizes()

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.evidence.context.device


def train_throughput(inputs: CostInputs) -> Value:
    """Training images a second of a copy of the model, short stretches of the real trainer."""
    model, config = inputs.evidence.model, inputs.config
    _need_steps(model)
    fresh = copy.deepcopy(model).train()
    budget = Budget(images=config.images, batch=128)
    rates = []
    with torch.enable_grad():
        for i in range(1 + STRETCHES):  # the first one warms up
            result = fit(fresh, inputs.evidence.dataset, budget, seed=i, device=inputs.device)
            rates.append(result.images_per_second)
    low, middle, high = sorted(rates[1:])
    return Value(value=middle, ci_low=low, ci_high=high, n=config.images)


def time_to_quality(inputs: CostInputs) -> Value:
    """Seconds of training until the Fréchet distance of samples reaches the suite's target.

    The model is trained anew with an eighth, a quarter, a half and the whole of the budget; the first training that is
    good enough counts. Not reached is a status, with the distance that was.
    """
    evidence, config = inputs.evidence, inputs.config
    if config.target is None:
        raise Unsupported("the suite fixes no `target` for it")
    _need_steps(evidence.model)
    if evidence.refit is None:
        raise Unsupported("the model was not trained here")
    for part in range(CHECKPOINTS - 1, -1, -1):
        model, result = evidence.refit(1 / 2**part)
        distance = _frechet(evidence.sibling(model), config)
        if distance <= config.target:
            return Value(value=result.seconds, details={"images": result.images, "frechet": distance})
    raise Unsupported(f"not reached: the Fréchet distance is {distance:.4g} after {result.images:,} images")


def _frechet(evidence: Evidence, config: SpeedConfig) -> float:
    data, context = evidence.dataset, evidence.context
    n = equal_n(data, config.samples)
    encoder = context.encoder(config.encoder, data)
    found = feature_metrics(
        context.reference(data, encoder, n),
        evidence.features(n, encoder),
        metrics=["frechet"],
        generator=evidence.generator("time-to-quality"),
    )["frechet"]
    if found.value is None:
        raise Unsupported(found.reason or "it has no Fréchet distance")
    return found.value


def sample_latency(inputs: CostInputs) -> dict[str, Value]:
    """Milliseconds for one sample: the median (`p50`) and the 95th percentile (`p95`)."""
    inputs.evidence.samples(1)  # what gives no samples has no speed
    stats = timed(inputs, lambda: _draw(inputs, 1), inputs.config.seconds)
    ranked = [1e3 * t for t in stats.sorted_data]
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    return {
        "p50": _quartiles(stats, lambda t: 1e3 * t),
        "p95": Value(value=p95, n=stats.rounds),
    }


def sample_throughput(inputs: CostInputs) -> Value:
    """Images a second at the best batch size among powers of four from 16, which is recorded."""
    config = inputs.config
    sizes = [size for size in (4**i for i in range(2, 12)) if size <= config.batch]
    if not sizes:
        raise Unsupported(f"the largest batch allowed ({config.batch}) is under 16.")
    tried = {n: timed(inputs, partial(_draw, inputs, n), config.seconds / 4, rounds=3) for n in sizes}
    best = max(sizes, key=lambda n: n / tried[n].median)
    stats = timed(inputs, partial(_draw, inputs, best), config.seconds)
    return _quartiles(stats, lambda t: best / t, batch=best)


def encode_throughput(inputs: CostInputs) -> Value:
    """Images a second through the encoder, batches of 500."""
    inputs.evidence.need("encodes")
    x = inputs.evidence.dataset.train.x[:500].to(inputs.device, copy=True)
    stats = timed(inputs, lambda: cast(Encodes, inputs.evidence.model).encode(x), inputs.config.seconds)
    return _quartiles(stats, lambda t: len(x) / t, batch=len(x))


def parameters(inputs: CostInputs) -> float:
    """How many numbers the model has learnt: its parameters, or the buffers of one that has none."""
    model = inputs.evidence.model
    counted: list[Tensor] = [*model.parameters()] or [*model.buffers()]
    return float(sum(t.numel() for t in counted))


def peak_memory(inputs: CostInputs) -> Value:
    """Bytes over the baseline while a batch of samples is drawn."""
    inputs.evidence.need("samples")
    batch = inputs.config.batch
    if inputs.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        _draw(inputs, batch)
        return Value(value=float(torch.cuda.max_memory_allocated() - before))
    before_bytes = _reset_peak()
    _draw(inputs, batch)
    taken = _status_bytes("VmHWM") - before_bytes
    if taken < RESOLUTION:
        raise Unsupported(f"it took under {RESOLUTION >> 20} MiB more, less than a process's own count can resolve.")
    return Value(value=float(taken), m=batch)


def flops(inputs: CostInputs) -> dict[str, Value]:
    """Operations of one sample and of one training step (batch 128), a multiply-add counts 2; torch's own counter."""
    found = {}
    try:
        inputs.evidence.need("samples")
        with FlopCounterMode(display=False) as counter:
            _draw(inputs, 1)
        found["sample"] = Value(value=float(counter.get_total_flops()))
    except Unsupported as reason:
        found["sample"] = Value.unsupported(reason)
    try:
        found["train-step"] = Value(value=_training_flops(inputs))
    except Unsupported as reason:
        found["train-step"] = Value.unsupported(reason)
    return found


def _training_flops(inputs: CostInputs) -> float:
    _need_steps(inputs.evidence.model)
    fresh = copy.deepcopy(inputs.evidence.model).train()
    budget, config = Budget(images=128, batch=128), TrainConfig(capture="never")
    with torch.enable_grad():
        result = fit(fresh, inputs.evidence.dataset, budget, seed=0, device=inputs.device, config=config)
    if result.flops is None:
        raise Unsupported(result.remark)
    return result.flops / result.steps


def updates(inputs: CostInputs) -> float:
    """Optimiser steps of the network that samples (of a model that only encodes: that decodes) in its training."""
    _need_steps(inputs.evidence.model)
    record = inputs.evidence.record
    if record is None:
        raise Unsupported("the model was not trained here")
    if record.updates is None:
        raise Unsupported("it has no network that samples or decodes")
    return float(record.updates)


def network_evaluations(inputs: CostInputs) -> float:
    """Calls, while one sample is drawn, of the largest of the networks that are called then."""
    inputs.evidence.need("samples")
    calls: dict[nn.Module, int] = {}

    def count(module: nn.Module, *_: object) -> None:
        calls[module] = calls.get(module, 0) + 1

    handles = [child.register_forward_hook(count) for child in inputs.evidence.model.children()]
    try:
        _draw(inputs, 1)
    finally:
        for handle in handles:
            handle.remove()
    if not calls:
        raise Unsupported("no network is called while it samples")
    return float(calls[max(calls, key=lambda child: sum(p.numel() for p in child.parameters()))])


def energy(inputs: CostInputs) -> Value:
    """Joules that a batch of samples takes, by the GPU's own counter (NVML)."""
    if inputs.device.type != "cuda":
        raise Unsupported("only a GPU counts its energy (NVML)")
    inputs.evidence.need("samples")
    counter = _energy_counter(inputs.device)
    torch.cuda.synchronize()
    before = counter()
    rounds = 0
    start = default_timer()
    while rounds < ROUNDS or default_timer() - start < max(1.0, inputs.config.seconds):  # the counter ticks slowly
        _draw(inputs, inputs.config.batch)
        torch.cuda.synchronize()
        rounds += 1
    return Value(value=(counter() - before) / 1e3 / rounds, m=inputs.config.batch, n=rounds)


def _energy_counter(device: torch.device) -> Callable[[], float]:
    """Millijoules that the card has taken since its driver was loaded."""
    try:
        nvml: Any = importlib.import_module("pynvml")
        nvml.nvmlInit()
        handle = nvml.nvmlDeviceGetHandleByIndex(device.index or torch.cuda.current_device())
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except Exception as error:  # the package and the driver raise what they like
        raise Unavailable(f"NVML gives no energy here ({error}): `pip install nvidia-ml-py`") from error
    return lambda: float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle))


def _need_steps(model: nn.Module) -> None:
    if isinstance(model, FitsItself):
        raise Unsupported("it is not trained by gradient steps.")


def timed(inputs: CostInputs, call: Callable[[], object], seconds: float, *, rounds: int = ROUNDS) -> Stats:
    """The statistics of repeated calls: one to warm up, then at least `rounds` and at least `seconds`."""
    wait = torch.cuda.synchronize if inputs.device.type == "cuda" else lambda: None
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


def _draw(inputs: CostInputs, n: int) -> Tensor:
    generator = seeds.generator("speed", n, device=inputs.device)
    return inputs.evidence.sampling_model().sample(n, generator=generator)


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
