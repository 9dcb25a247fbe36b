"""The times of the speed evaluation: training, time to a stated quality, sampling, encoding."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

import torch
from torch import Tensor, nn

from genbench.core import seeds
from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.evaluations.context import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.stopwatch import LONG, ROUNDS, Timing, stats_of, timed
from genbench.metrics.measure import Sizes
from genbench.metrics.panel import feature_metrics
from genbench.protocols.model import Budget, Encodes, FitsItself
from genbench.training.trainer import fit

if TYPE_CHECKING:
    from genbench.evaluations.speed import SpeedConfig

CHECKPOINTS = 6
"""Trainings of doubling length, up to the whole budget, among which the first good one is looked for."""

WORSE = 2
"""Doublings of a batch without a gain after which none is expected."""


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

    def draw(self, n: int) -> Tensor:
        """n samples in one batch."""
        generator = seeds.generator("speed", n, device=self.device)
        return self.evidence.sampling_model().sample(n, generator=generator)

    def need_samples(self) -> None:
        """Raise `Unsupported` where the model gives none: what gives no samples has no speed."""
        self.evidence.need("samples")
        if not torch.isfinite(self.draw(1)).all():
            raise Unsupported("its samples contain NaN or inf")

    def need_steps(self) -> None:
        """Raise `Unsupported` where there are no gradient steps to time."""
        if isinstance(self.evidence.model, FitsItself):
            raise Unsupported("it is not trained by gradient steps")

    def fresh(self) -> nn.Module:
        """A copy of the model to be trained."""
        return copy.deepcopy(self.evidence.model).train()


def train_throughput(inputs: CostInputs) -> Value:
    """Training images a second of a copy of the model: stretches of the real trainer, without its set-up."""
    inputs.need_steps()
    return inputs.evidence.of_model("train-throughput", lambda: _train_throughput(inputs))


def _train_throughput(inputs: CostInputs) -> Value:
    fresh, config, durations = inputs.fresh(), inputs.config, []
    budget = Budget(images=config.images, batch=128)
    wall, own = 0.0, 0.0
    with torch.enable_grad():
        for i in range(1 + ROUNDS):
            start, busy = time.perf_counter(), time.process_time()
            result = fit(fresh, inputs.evidence.dataset, budget, seed=i, device=inputs.device)
            if i > 0:  # the first one warms up
                durations.append(config.images / result.images_per_second)
                wall += time.perf_counter() - start
                own += time.process_time() - busy
            if sum(durations) > LONG and len(durations) >= 3:
                break
    timing = Timing(stats_of(durations), own / wall if inputs.device.type == "cpu" else None)
    return timing.value(lambda t: config.images / t, images=config.images, batch=128)


def time_to_quality(inputs: CostInputs) -> Value:
    """Seconds of training until the Fréchet distance of samples reaches the suite's target for the dataset.

    The model is trained anew with 1/32, 1/16, ... and the whole of the budget; the first training that is good enough
    counts. Not reached is a status, with the distance that was.
    """
    evidence, target = inputs.evidence, inputs.config.target_on(inputs.evidence.dataset.name)
    if target is None:
        raise Unsupported(f"the suite fixes no `target` for {evidence.dataset.name}")
    inputs.need_steps()
    evidence.need("samples")
    if evidence.refit is None:
        raise Unsupported("the model was not trained here")
    details: dict[str, float] = {"target": target}
    before = 0.0
    for images, seconds, distance in _checkpoints(inputs):
        details[f"frechet after {images} images"] = distance
        if distance <= target:
            between = f"no interval: between {before:.3g} and {seconds:.3g} s, where it was looked at"
            return Value(value=seconds, reason=between, details=details | {"images": images, "frechet": distance})
        before = seconds
    raise Unsupported(
        f"not reached: the Fréchet distance is {distance:.4g} after {images:,} images, the target is {target:g}"
    )


def _checkpoints(inputs: CostInputs) -> Iterator[tuple[int, float, float]]:
    """Images, seconds of training and Fréchet distance of trainings of doubling length."""
    evidence = inputs.evidence
    assert evidence.refit is not None
    for part in range(CHECKPOINTS - 1, -1, -1):
        model, result = evidence.refit(1 / 2**part)
        yield result.images, result.seconds, _frechet(evidence.sibling(model), inputs.config)


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
    inputs.need_samples()
    timing = timed(lambda: inputs.draw(1), inputs.config.seconds, device=inputs.device)
    ranked, rounds = timing.stats.sorted_data, timing.stats.rounds
    p95 = 1e3 * ranked[min(rounds - 1, int(0.95 * rounds))]
    return {
        "p50": timing.value(lambda t: 1e3 * t),
        "p95": Value(value=p95, n=rounds, reason=timing.remark or f"no interval: one rank of {rounds} rounds"),
    }


def sample_throughput(inputs: CostInputs) -> Value:
    """Images a second at the best power-of-two batch, which is recorded; larger ones are tried while they gain."""
    inputs.need_samples()
    seconds, most = inputs.config.seconds, inputs.config.batch
    rates: dict[int, float] = {}
    size, worse = 1, 0
    while size <= most and worse < WORSE:
        timing = timed(partial(inputs.draw, size), seconds / 4, device=inputs.device, rounds=3, long=seconds)
        worse = worse + 1 if rates and size / timing.stats.median <= max(rates.values()) else 0
        rates[size] = size / timing.stats.median
        size *= 2
    best = max(rates, key=lambda size: rates[size])
    timing = timed(partial(inputs.draw, best), seconds, device=inputs.device)
    return replace(timing.value(lambda t: best / t, batch=best, largest_tried=max(rates)), m=best)


def encode_throughput(inputs: CostInputs) -> Value:
    """Images a second through the encoder, batches of 500."""
    inputs.evidence.need("encodes")
    return inputs.evidence.of_model("encode-throughput", lambda: _encode_throughput(inputs))


def _encode_throughput(inputs: CostInputs) -> Value:
    x = inputs.evidence.dataset.train.x[:500].to(inputs.device, copy=True)
    encode = cast(Encodes, inputs.evidence.model).encode
    timing = timed(lambda: encode(x), inputs.config.seconds, device=inputs.device)
    return timing.value(lambda t: len(x) / t, batch=len(x))
