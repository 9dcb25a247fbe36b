"""The comparisons that evaluations share: samples with the reference in features, with a known density, likelihoods."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from genbench.core.values import Kind, Measurement, Value
from genbench.evaluations.choice import by_need
from genbench.evaluations.context import NEIGHBOURS, equal_n, reference_part
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import measurements, named
from genbench.metrics.classes import Readings
from genbench.metrics.laws import SUPPORT, ModelLaw
from genbench.metrics.likelihood import nll_metrics
from genbench.metrics.panel import feature_metrics
from genbench.metrics.toys import density_metrics
from genbench.models.controls import Oracle
from genbench.protocols.encoder import Classifier, Encoder
from genbench.protocols.evaluation import FeatureConfig
from genbench.protocols.model import EstimatesDensity

ON_FEATURES = ("features", "training-features", "probabilities", "condition")
"""The needs that stand on an encoder."""


def feature_measurements(
    evidence: Evidence, config: FeatureConfig, metrics: Sequence[str], *, purpose: str, split: str = "reference"
) -> list[Measurement]:
    """n samples against n reference examples in the features of the evaluation's encoder.

    `purpose`: what the generator of the metrics is seeded with; `split`: the real data that a reader must think of.
    """
    needs = by_need(metrics)
    on_condition = needs.pop("condition", [])
    on_samples = [name for name in metrics if name not in on_condition]
    if not metrics:
        return []
    data, context = evidence.dataset, evidence.context
    n = equal_n(data, config.samples)
    encoder = context.encoder(config.encoder, data)
    values = feature_metrics(
        context.reference(data, encoder, n, k=getattr(config, "k", NEIGHBOURS)),
        evidence.features(n, encoder),
        train=context.training(data, encoder) if "training-features" in needs else None,
        metrics=on_samples,
        generator=evidence.generator(purpose),
        readings=_readings(evidence, encoder, n) if "probabilities" in needs else None,
    )
    if on_condition:
        values |= _conditional_values(evidence, encoder, n, on_condition)
    return measurements(values, **named(encoder), split=split)


def _readings(evidence: Evidence, encoder: Encoder, n: int) -> Readings | None:
    """What the encoder's classifier reads of reference and samples; None where it is none."""
    if not isinstance(encoder, Classifier):
        return None
    data, key = evidence.dataset, ("readings", n, encoder.fingerprint)
    real = evidence.context.once(
        (*key, data.fingerprint), lambda: encoder.probabilities(reference_part(data, n).x).cpu()
    )
    generated = evidence.once(key, lambda: encoder.probabilities(evidence.samples(n)).cpu())
    return Readings(
        real=real.argmax(1), generated=generated.argmax(1), probabilities=generated, accuracy=encoder.accuracy
    )


def _conditional_values(evidence: Evidence, encoder: Encoder, n: int, metrics: Sequence[str]) -> dict[str, Value]:
    """Samples of the reference's own classes, and what the encoder's classifier reads in them."""
    if not evidence.can("conditional"):
        why = f"{type(evidence.model).__name__} is not conditional: it cannot be asked for a class"
        return {name: Value.unsupported(why) for name in metrics}
    if not isinstance(encoder, Classifier):
        return {name: Value.unsupported(f"the encoder {encoder.name} reads no classes") for name in metrics}
    asked = reference_part(evidence.dataset, n).y
    assert asked is not None  # the metric's declaration asks for labels
    samples = evidence.conditional_samples(asked)
    read = encoder.probabilities(samples).argmax(1).cpu()
    return feature_metrics(
        evidence.context.reference(evidence.dataset, encoder, n),
        encoder.features(samples),
        metrics=metrics,
        generator=evidence.generator("condition"),
        readings=Readings(generated=read, asked=asked, accuracy=encoder.accuracy),
    )


def density_measurements(evidence: Evidence, samples: int, metrics: Sequence[str]) -> list[Measurement]:
    """The model's law against the density that is known."""
    density = evidence.dataset.density
    assert density is not None
    law = model_law(evidence, samples)
    values = density_metrics(density, law, metrics=metrics, generator=evidence.generator("density"))
    return measurements(values, split="density")


def model_law(evidence: Evidence, samples: int) -> ModelLaw:
    """What is known of the model's law: its samples, and its density where that is exact and the samples follow it.

    The truth itself is measured from samples, so that its row shows what the others' estimates cannot tell from 0.
    """
    drawn = evidence.samples(samples)
    model = cast(EstimatesDensity, evidence.model)
    by_samples = isinstance(evidence.model, Oracle) or not evidence.can("density") or evidence.resampled
    if by_samples or model.likelihood_kind is not Kind.EXACT:
        return ModelLaw(drawn)
    log_prob = lambda x: evidence.through(model.log_prob, x.float())
    return ModelLaw(drawn, log_prob, Kind.EXACT, support=evidence.samples(SUPPORT))


def likelihood_measurements(
    evidence: Evidence, most: int, metrics: Sequence[str], *, draws: int | None = None
) -> list[Measurement]:
    """Log-likelihoods of the reference, with the likelihood's name and kind; `draws`: of one that is an
    importance-weighted bound."""
    data, model = evidence.dataset, cast(EstimatesDensity, evidence.model)
    why = f"{type(evidence.model).__name__} gives no density" if not evidence.can("density") else ""
    why = why or (f"its likelihood is not that of samples by {evidence.sampler}" if evidence.resampled else "")
    if why:
        return [Measurement(metric=name, value=Value.unsupported(why), split="reference") for name in metrics]
    x = reference_part(data, min(most, len(data.reference))).x
    values = nll_metrics(
        evidence.log_likelihoods(x, draws),
        size=data.spec.size,
        kind=model.likelihood_kind,
        pixels=data.spec.unit_range and "dequantised" in model.likelihood,  # else bits a dimension mean nothing
        floor=None if data.density is None else data.density.entropy,
        metrics=metrics,
    )
    name = model.likelihood if draws is None else re.sub(r"iwae-\d+", f"iwae-{draws}", model.likelihood)
    return measurements(values, split="reference", likelihood=name)
