"""Sample quality: how near the samples are to real data; on a toy, to the density that is known."""

from __future__ import annotations

from typing import cast

from genbench.core.values import Kind
from genbench.evaluations.bench import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements, named
from genbench.evaluations.pictures import sample_picture, shown
from genbench.evaluations.settings import SampleQuality
from genbench.metrics.panel import feature_metrics
from genbench.metrics.toys import Model, density_metrics
from genbench.protocols.model import EstimatesDensity

ON_FEATURES = ("frechet", "kid")
ON_POINTS = ("frechet", "sliced-wasserstein")
ON_DENSITY = ("tv", "kl-forward", "kl-reverse")


def evaluate(evidence: Evidence, settings: SampleQuality) -> Outcome:
    """Feature metrics of n samples against n reference examples, and divergences from the true density if known."""
    data, bench = evidence.dataset, evidence.bench
    n = equal_n(data, settings.samples)
    encoder = bench.encoder(settings.encoder, data)
    asked = settings.metrics or (ON_FEATURES if data.spec.is_image else ON_POINTS + ON_DENSITY)
    values = feature_metrics(
        bench.reference(data, encoder, n),
        evidence.features(n, encoder),
        metrics=[m for m in asked if m not in ON_DENSITY],
        generator=evidence.generator("sample-quality"),
    )
    found = measurements(values, **named(encoder), split="reference")
    if data.density is not None:
        on_density = density_metrics(
            data.density,
            law(evidence, settings.density_samples),
            metrics=[m for m in asked if m in ON_DENSITY],
            generator=evidence.generator("density"),
        )
        found += measurements(on_density, split="density")
    return Outcome(found, sample_picture(evidence.samples(shown(data, n)), data))


def law(evidence: Evidence, samples: int) -> Model:
    """What is known of the model's law: its samples, and its density where that is exact and the samples follow it."""
    drawn = evidence.samples(samples)
    model = cast(EstimatesDensity, evidence.model)
    if not evidence.can("density") or evidence.resampled or model.likelihood_kind is not Kind.EXACT:
        return Model(drawn)
    return Model(drawn, lambda x: evidence.through(model.log_prob, x.float()), Kind.EXACT)
