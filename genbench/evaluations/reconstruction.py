"""Reconstruction: how well reference examples survive the way through the model and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from genbench.core.records import DataKind
from genbench.evaluations import known_answers
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class ReconstructionConfig(EvaluationConfig):
    """`samples`: at most so many reference examples. `encoder`: of the metrics that stand on features."""

    samples: int = Field(default=10_000, ge=1)
    encoder: str = "auto"


EVALUATION = Evaluation(
    name="reconstruction",
    summary="How well an example survives the way through the model and back.",
    config=ReconstructionConfig,
    function="genbench.evaluations.reconstruction:evaluate",
    capabilities=("reconstructs",),
    inputs=("images",),
    metrics={
        DataKind.IMAGES: ("mse", "psnr", "ssim"),
        DataKind.POINTS: ("mse", "psnr"),
        DataKind.TABLE: ("mse", "psnr"),
    },
    headline="mse",
    floor=(known_answers.MEAN_IMAGE,),
    ceiling=("exact",),
    verdict="Best reconstructions",
    tuning=Tuning(fixed=("latent",)),  # a larger code always reconstructs better, up to the identity
    pictures={"reconstructions": "Reconstructions"},
)


def evaluate(evidence: Evidence, config: ReconstructionConfig) -> Outcome:
    """Pairs (x, x̂) of the reference, clamped to the data's range."""
    from genbench.evaluations.outcome import Outcome, measurements, named
    from genbench.evaluations.pictures import pairs_picture
    from genbench.metrics.reconstruction import Features, reconstruction_metrics

    data = evidence.dataset
    x, made = evidence.reconstructions(min(config.samples, len(data.reference)))
    if data.spec.value_range is not None:
        made = made.clamp(*data.spec.value_range)
    asked = config.metrics or EVALUATION.metrics_on(data.kind)
    in_features = [name for name in asked if name in ON_FEATURES]
    in_pixels = [name for name in asked if name not in in_features]
    found = measurements(reconstruction_metrics(x, made, metrics=in_pixels), split="reference")
    if in_features:
        encoder = evidence.context.encoder(config.encoder, data)
        features = Features(encoder.features(x), encoder.features(made))
        values = reconstruction_metrics(x, made, metrics=in_features, features=features)
        found += measurements(values, **named(encoder), split="reference")
    caption = "reference examples, below each what the model made of it"
    return Outcome(found, pairs_picture(x, made, data.spec, caption))


ON_FEATURES = frozenset({"perceptual", "frechet-reconstruction"})
"""Metrics of reconstructions that stand on an encoder."""
