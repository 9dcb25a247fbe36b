"""The codes of a model as the metrics of latent structure take them, with paths between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor

from genbench.core.errors import Diverged, Unsupported
from genbench.core.values import Measurement, Value
from genbench.data.splits import shuffled
from genbench.evaluations.context import reference_rows
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import measurements, named
from genbench.metrics.features import FeatureInputs, feature_inputs
from genbench.metrics.latents import Codes, latent_metrics
from genbench.protocols.encoder import Encoder
from genbench.protocols.model import Encodes, Variational

STEPS = 11
"""Points of an interpolation, its ends among them."""


class Sizes(Protocol):
    """How much is looked at, as a suite says."""

    @property
    def samples(self) -> int: ...
    @property
    def training(self) -> int: ...
    @property
    def paths(self) -> int: ...
    @property
    def encoder(self) -> str: ...


def code_values(evidence: Evidence, config: Sizes, metrics: Sequence[str]) -> dict[str, Value]:
    """What needs no path: codes of at most `samples` reference and `training` training examples, with what is known of
    these. Raises `Diverged` where a code is not finite."""
    if not metrics:
        return {}
    data, rows = evidence.dataset, reference_rows(evidence.dataset, config.samples)
    known = data.reference.take(rows)
    learnt = torch.from_numpy(shuffled(len(data.train), "probes", data.fingerprint))[: config.training]
    codes = Codes(
        test=finite_codes(evidence, "reference")[rows],
        test_y=known.y,
        train=finite_codes(evidence, "train")[learnt] if data.train.y is not None else None,
        train_y=None if data.train.y is None else data.train.y[learnt],
        data=known.x.flatten(1),
        kl=rates(evidence)[rows] if "rate" in metrics and isinstance(evidence.model, Variational) else None,
        factors=known.factors,
    )
    return latent_metrics(codes, metrics=metrics, generator=evidence.generator("latent-structure"))


def finite_codes(evidence: Evidence, split: str) -> Tensor:
    """The codes of a split on the CPU; raises `Diverged` where one is not finite."""
    return _finite(evidence.codes(split), "codes")


def rates(evidence: Evidence) -> Tensor:
    """(N,): KL of each reference example's posterior from the prior, nats."""
    kl = cast(Variational, evidence.model).kl
    return _finite(evidence.once("rates", lambda: evidence.through(kl, evidence.dataset.reference.x)), "rates")


def _finite(numbers: Tensor, what: str) -> Tensor:
    bad = int((~torch.isfinite(numbers.flatten(1) if numbers.ndim > 1 else numbers[:, None])).any(1).sum())
    if bad:
        raise Diverged(f"{bad} of {len(numbers)} {what} contain NaN or inf.")
    return numbers.cpu()


def path_measurements(evidence: Evidence, config: Sizes, metrics: Sequence[str]) -> list[Measurement]:
    """Straight paths between codes of reference examples, decoded and read by the encoder; where there is no encoder,
    that reason."""
    if not metrics:
        return []
    try:
        encoder = evidence.context.encoder(config.encoder, evidence.dataset)
        codes = path_codes(evidence, encoder, config)
    except Unsupported as reason:
        return [Measurement(metric=name, value=Value.unsupported(reason), split="reference") for name in metrics]
    values = latent_metrics(codes, metrics=metrics, generator=evidence.generator("latent-paths"))
    return measurements(values, **named(encoder), split="reference")


def path_codes(evidence: Evidence, encoder: Encoder, config: Sizes) -> Codes:
    """The features along each path, and those of the paths' middles against the reference's."""
    n = min(config.samples, len(evidence.dataset.reference))
    pairs = pairs_of_reference(evidence, config.paths)
    codes = finite_codes(evidence, "reference")
    features = torch.cat([_features(evidence, encoder, codes[some]) for some in torch.split(pairs, 50)])
    return Codes(test=codes, paths=features, midpoints=_midpoints(evidence, encoder, features, n))


def pairs_of_reference(evidence: Evidence, most: int) -> Tensor:
    """(P, 2): row numbers of the reference, each at most once, the same for every model."""
    data = evidence.dataset
    order = torch.from_numpy(shuffled(len(data.reference), "paths", data.fingerprint))
    count = min(most, len(order) // 2)
    if not count:
        raise Unsupported(f"a path needs two reference examples, and {data.name} has {len(order)}")
    return order[: 2 * count].view(count, 2)


def along(ends: Tensor, steps: int = STEPS) -> Tensor:
    """Ends (P, 2, latent) -> (P, steps, latent), equal steps from the first to the second."""
    share = torch.linspace(0, 1, steps, dtype=ends.dtype, device=ends.device)[:, None]
    return ends[:, :1] * (1 - share) + ends[:, 1:] * share


def decoded(evidence: Evidence, z: Tensor) -> Tensor:
    """Codes (..., latent) -> examples (..., *shape); raises `Diverged` where one is not finite."""
    x = evidence.through(cast(Encodes, evidence.model).decode, z.flatten(0, -2))
    if not bool(torch.isfinite(x).all()):
        raise Diverged("a decoded code contains NaN or inf.")
    return x.view(*z.shape[:-1], *x.shape[1:])


def _features(evidence: Evidence, encoder: Encoder, ends: Tensor) -> Tensor:
    x = decoded(evidence, along(ends))
    return encoder.features(x.flatten(0, 1)).cpu().view(len(ends), STEPS, -1)


def _midpoints(evidence: Evidence, encoder: Encoder, paths: Tensor, n: int) -> FeatureInputs:
    reference = evidence.context.reference(evidence.dataset, encoder, n)
    middle = paths[:, STEPS // 2].to(reference.features.device)
    return feature_inputs(reference, middle, generator=evidence.generator("midpoints"))
