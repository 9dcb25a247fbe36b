"""Reconstruction: how well reference examples survive the way through the model and back."""

from __future__ import annotations

from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outcome import Outcome, measurements
from genbench.evaluations.pictures import pairs_picture
from genbench.evaluations.settings import Reconstruction
from genbench.metrics.reconstruction import reconstruction_metrics

DEFAULT = ("mse", "psnr", "ssim")


def evaluate(evidence: Evidence, settings: Reconstruction) -> Outcome:
    """Pairs (x, x̂) of the reference, clamped to the data's range."""
    evidence.need("reconstructs")
    data = evidence.dataset
    x, made = evidence.reconstructions(min(settings.samples, len(data.reference)))
    if data.spec.value_range is not None:
        made = made.clamp(*data.spec.value_range)
    values = reconstruction_metrics(x, made, metrics=list(settings.metrics or DEFAULT))
    caption = "reference examples, below each what the model made of it"
    return Outcome(measurements(values, split="reference"), pairs_picture(x, made, data.spec, caption))
