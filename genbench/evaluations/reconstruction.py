"""Reconstruction: how well reference examples survive the way through the model and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.core.records import DataKind
from genbench.evaluations import known_answers
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.core.values import Measurement
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class ReconstructionConfig(EvaluationConfig):
    """`samples`: at most so many reference examples. `encoder`: of the metrics that stand on features.

    `search`: models without an encoder, too: for each of at most `search_samples` reference examples the code is
    searched for by gradient steps on the decoder's input, 4 × 200 forward and backward passes an example.
    """

    samples: int = Field(default=10_000, ge=1)
    encoder: str = "auto"
    search: bool = False
    search_samples: int = Field(default=500, ge=1)


IN_PIXELS = ("mse", "psnr")

EVALUATION = Evaluation(
    name="reconstruction",
    summary="How well an example survives the way through the model and back.",
    config=ReconstructionConfig,
    function="genbench.evaluations.reconstruction:evaluate",
    capabilities=("reconstructs",),
    inputs=("images", "image-features"),
    metrics={
        DataKind.IMAGES: (*IN_PIXELS, "ssim", "perceptual", "frechet-reconstruction", "mse-by-class"),
        DataKind.POINTS: IN_PIXELS,
        DataKind.TABLE: (*IN_PIXELS, "mse-by-class"),
    },
    headline="mse",
    floor=(known_answers.MEAN_IMAGE,),
    ceiling=("exact",),
    verdict="Best reconstructions",
    tuning=Tuning(fixed=("latent",)),  # a larger code always reconstructs better, up to the identity
    sanity="genbench.evaluations.reconstruction:sanity",
    by_class=("mse-by-class",),
    pictures={"reconstructions": "Reconstructions"},
    of_model=True,
    version=3,
)


def evaluate(evidence: Evidence, config: ReconstructionConfig) -> Outcome:
    """Pairs (x, x̂) of the reference, clamped to the data's range; searched for where the model has no encoder."""
    from genbench.evaluations.outcome import Outcome, with_class_names
    from genbench.evaluations.pictures import pairs_picture
    from genbench.evaluations.searched import of_search, searched

    data = evidence.dataset
    by_search = config.search and not evidence.can("reconstructs")
    if not by_search:
        x, made = evidence.reconstructions(min(config.samples, len(data.reference)))
        how = "below each what the model made of it"
    else:
        x, made = searched(evidence, min(config.samples, config.search_samples, len(data.reference)))
        how = "below each the nearest that was found by a search for its code"
    if data.spec.value_range is not None:
        made = made.clamp(*data.spec.value_range)
    found = with_class_names(_measurements(evidence, config, x, made), EVALUATION.by_class, data.classes)
    found = [of_search(one) for one in found] if by_search else found
    return Outcome(found, pairs_picture(x, made, data.spec, how))


def _measurements(evidence: Evidence, config: ReconstructionConfig, x: Tensor, made: Tensor) -> list[Measurement]:
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.context import reference_part
    from genbench.evaluations.outcome import measurements, named
    from genbench.metrics.reconstruction import Features, reconstruction_metrics

    data, context = evidence.dataset, evidence.context
    asked = by_need(config.metrics or EVALUATION.metrics_on(data.kind))
    labels = reference_part(data, len(x)).y
    values = reconstruction_metrics(x, made, metrics=asked.get("images", ()), labels=labels)
    found = measurements(values, split="reference")
    if "image-features" in asked:
        encoder = context.encoder(config.encoder, data)
        features = Features(context.reference(data, encoder, len(x)).features, encoder.features(made))
        values = reconstruction_metrics(x, made, metrics=asked["image-features"], features=features)
        found += measurements(values, **named(encoder), split="reference")
    return found


def sanity(results: Results, table: Table) -> Iterator[str]:
    """The mean image is the floor: some model comes nearer to the examples than their mean."""
    del results
    floor = known_answers.mean(table, known_answers.MEAN_IMAGE, "mse")
    cells = [table.cell(label, "mse") for label in table.models]
    found = [cell.mean for cell in cells if cell is not None and cell.mean is not None]
    if floor is not None and found and min(found) >= floor:
        label = table.controls[known_answers.MEAN_IMAGE]
        yield f"{label} should be the floor, but no model reconstructs better: {min(found):.3g} against {floor:.3g}."
