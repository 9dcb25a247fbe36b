"""Sample quality: how near the samples are to real data; on a toy, to the density that is known."""

from __future__ import annotations

from genbench.evaluations.bench import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements
from genbench.evaluations.pictures import sample_picture
from genbench.evaluations.settings import SampleQuality
from genbench.metrics.panel import feature_metrics
from genbench.metrics.toys import density_metrics

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
    found = measurements(values, encoder=encoder.name, split="reference")
    if data.density is not None:
        samples = evidence.samples(settings.density_samples)
        on_density = density_metrics(data.density, samples, metrics=[m for m in asked if m in ON_DENSITY])
        found += measurements(on_density, split="density")
    return Outcome(found, sample_picture(evidence.samples(n), data))
