"""Diversity: whether the samples cover the real data, and how many of a toy's modes they reach."""

from __future__ import annotations

from genbench.evaluations.bench import equal_n
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements, named
from genbench.evaluations.settings import Diversity
from genbench.metrics.panel import feature_metrics
from genbench.metrics.toys import Model, density_metrics

ON_FEATURES = ("precision", "recall", "density", "coverage", "vendi", "duplicate-rate")
ON_MODES = ("modes", "mode-kl")
MODE_SAMPLES = 2_500
"""How many samples look for modes, as in PacGAN and the papers before it."""


def evaluate(evidence: Evidence, settings: Diversity) -> Outcome:
    """Manifold metrics of n samples against n reference examples; modes among 2,500 samples where they are known."""
    data, bench = evidence.dataset, evidence.bench
    n = equal_n(data, settings.samples)
    encoder = bench.encoder(settings.encoder, data)
    asked = settings.metrics or ON_FEATURES + ON_MODES
    values = feature_metrics(
        bench.reference(data, encoder, n),
        evidence.features(n, encoder),
        metrics=[m for m in asked if m not in ON_MODES],
        generator=evidence.generator("diversity"),
    )
    found = measurements(values, **named(encoder), split="reference")
    if data.density is not None and data.density.modes is not None:
        on_modes = density_metrics(
            data.density,
            Model(evidence.samples(MODE_SAMPLES)),
            metrics=[m for m in asked if m in ON_MODES],
            generator=evidence.generator("modes"),
        )
        found += measurements(on_modes, split="density")
    return Outcome(found)
