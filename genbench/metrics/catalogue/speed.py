"""The metrics of speed and cost, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN = Direction.HIGHER, Direction.LOWER
_metric = partial(Metric, group="speed")

METRICS: list[Metric] = [
    _metric(
        name="train-throughput", direction=UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:train_throughput",
        version=2,
        summary="Training images a second.",
    ),
    _metric(
        name="time-to-quality", direction=DOWN, low=0.0, unit="s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:time_to_quality",
        version=2,
        summary="Seconds of training until the Fréchet distance reaches the suite's target.",
    ),
    _metric(
        name="sample-latency", direction=DOWN, low=0.0, unit="ms", needs="cost", least_n=1, targets=("p50", "p95"),
        measure="genbench.evaluations.timing:sample_latency",
        summary="Time of one sample, batch 1.",
    ),
    _metric(
        name="sample-throughput", direction=UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:sample_throughput",
        version=2,
        summary="Samples a second at the best power-of-two batch.",
    ),
    _metric(
        name="encode-throughput", direction=UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:encode_throughput",
        summary="Examples encoded a second.",
    ),
    _metric(
        name="peak-memory", direction=DOWN, low=0.0, unit="bytes", needs="cost", least_n=1,
        measure="genbench.evaluations.cost:peak_memory",
        summary="Peak memory over the baseline.",
    ),
    _metric(
        name="parameters", direction=DOWN, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.cost:parameters",
        summary="Number of parameters.",
    ),
    _metric(
        name="flops", direction=DOWN, low=0.0, unit="flop", needs="cost", least_n=1, targets=("sample", "train-step"),
        measure="genbench.evaluations.cost:flops",
        summary="Operations of one sample and of one training step, a multiply-add counts 2.",
    ),
    _metric(
        name="network-evaluations", direction=DOWN, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.cost:network_evaluations",
        version=2,
        summary="Network evaluations a sample.",
    ),
    _metric(
        name="updates", direction=UP, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.cost:updates",
        summary="Optimiser steps that the network that samples was trained for.",
    ),
    _metric(
        name="energy", direction=DOWN, low=0.0, unit="J", needs="cost", least_n=1,
        measure="genbench.evaluations.cost:energy",
        summary="Energy by NVML.",
    ),
]
