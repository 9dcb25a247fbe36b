"""The costs of the speed evaluation that are counted, not timed: memory, parameters, operations, energy."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from timeit import default_timer
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from genbench.core.errors import Unavailable, Unsupported
from genbench.core.values import Value
from genbench.evaluations.stopwatch import ROUNDS
from genbench.evaluations.timing import CostInputs
from genbench.protocols.model import Budget
from genbench.training.config import TrainConfig
from genbench.training.trainer import fit

RESOLUTION = 1 << 20
COUNTED = "no interval: counted"


def parameters(inputs: CostInputs) -> Value:
    """How many numbers the model has learnt: its parameters, or the buffers of one that has none."""
    model = inputs.evidence.model
    counted: list[Tensor] = [*model.parameters()] or [*model.buffers()]
    return Value(value=float(sum(t.numel() for t in counted)), reason=COUNTED)


def peak_memory(inputs: CostInputs) -> Value:
    """Bytes over the baseline while a batch of samples is drawn."""
    inputs.need_samples()
    batch, once = inputs.config.batch, "no interval: measured once"
    if inputs.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        inputs.draw(batch)
        return Value(value=float(torch.cuda.max_memory_allocated() - before), m=batch, reason=once)
    before_bytes = _reset_peak()
    inputs.draw(batch)
    taken = _status_bytes("VmHWM") - before_bytes
    if taken < RESOLUTION:
        raise Unsupported(f"it took under {RESOLUTION >> 20} MiB more, less than a process's own count can resolve")
    return Value(value=float(taken), m=batch, reason=once)


def flops(inputs: CostInputs) -> dict[str, Value]:
    """Operations of one sample and of one training step (batch 128), a multiply-add counts 2; torch's own counter."""
    found = {}
    for target, count in {"sample": _sampling_flops, "train-step": _training_flops}.items():
        try:
            found[target] = Value(value=count(inputs), reason=COUNTED)
        except Unsupported as reason:
            found[target] = Value.unsupported(reason)
    return found


def _sampling_flops(inputs: CostInputs) -> float:
    inputs.evidence.need("samples")
    inputs.evidence.sampling_model()  # a latent sampler is fitted before anything is counted
    with FlopCounterMode(display=False) as counter:
        inputs.draw(1)
    return float(counter.get_total_flops())


def _training_flops(inputs: CostInputs) -> float:
    inputs.need_steps()
    budget, config = Budget(images=128, batch=128), TrainConfig(capture="never")
    with torch.enable_grad():
        result = fit(inputs.fresh(), inputs.evidence.dataset, budget, seed=0, device=inputs.device, config=config)
    if result.flops is None:
        raise Unsupported(result.remark)
    return result.flops / result.steps


def updates(inputs: CostInputs) -> Value:
    """Optimiser steps of the network that samples (of a model that only encodes: that decodes) in its training."""
    inputs.need_steps()
    record = inputs.evidence.record
    if record is None:
        raise Unsupported("the model was not trained here")
    if record.updates is None:
        raise Unsupported("it has no network that samples or decodes")
    return Value(value=float(record.updates), reason=COUNTED)


def network_evaluations(inputs: CostInputs) -> Value:
    """Calls, while one sample is drawn, of the largest module that is called then (of equals, of the busiest)."""
    inputs.evidence.need("samples")
    inputs.evidence.sampling_model()
    calls: dict[nn.Module, int] = {}

    def count(module: nn.Module, *_: object) -> None:
        calls[module] = calls.get(module, 0) + 1

    model = inputs.evidence.model
    handles = [module.register_forward_hook(count) for module in model.modules() if module is not model]
    try:
        inputs.draw(1)
    finally:
        for handle in handles:
            handle.remove()
    if not calls:
        raise Unsupported("no network is called while it samples")
    size = {module: sum(p.numel() for p in module.parameters()) for module in calls}
    return Value(value=float(calls[max(calls, key=lambda module: (size[module], calls[module]))]), reason=COUNTED)


def energy(inputs: CostInputs) -> Value:
    """Joules that a batch of samples takes, by the GPU's own counter (NVML)."""
    if inputs.device.type != "cuda":
        raise Unsupported("only a GPU counts its energy (NVML)")
    inputs.need_samples()
    counter = _energy_counter(inputs.device)
    torch.cuda.synchronize()
    before = counter()
    rounds = 0
    start = default_timer()
    while rounds < ROUNDS or default_timer() - start < max(1.0, inputs.config.seconds):  # the counter ticks slowly
        inputs.draw(inputs.config.batch)
        torch.cuda.synchronize()
        rounds += 1
    joules = (counter() - before) / 1e3 / rounds
    return Value(
        value=joules, m=inputs.config.batch, n=rounds, reason="no interval: the counter's total over all rounds"
    )


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


def _reset_peak() -> int:
    """Start the kernel's count of peak memory again (Linux); the bytes resident now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError as error:
        raise Unsupported("this system does not tell a process's peak memory") from error
    return _status_bytes("VmRSS")


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise Unsupported("this system does not tell a process's peak memory")
