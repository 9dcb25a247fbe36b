"""Latent structure: what a model's codes know of classes and factors, how they lie, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.evaluations.known_answers import PIXELS, UNTRAINED, mean
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome

ON_CLASSES = ("probe-linear", "probe-linear-by-class", "probe-knn", "nmi", "ari", "cluster-accuracy")
ON_CODES = ("trustworthiness", "continuity", "active-units", "collapsed-share", "rate")
ON_PATHS = ("path-ratio", "midpoint-precision")
ON_FACTORS = ("mig", "dci-disentanglement", "dci-completeness", "dci-informativeness", "sap")


class LatentStructureConfig(EvaluationConfig):
    """`samples`: at most so many reference examples; `training`: at most so many training examples, which the probes
    learn from. `paths`: pairs of reference examples whose codes are joined. `encoder`: whose features paths are read
    in."""

    samples: int = Field(default=10_000, ge=2)
    training: int = Field(default=10_000, ge=1)
    paths: int = Field(default=500, ge=1)
    encoder: str = "auto"


EVALUATION = Evaluation(
    name="latent-structure",
    summary="What codes know of classes and factors, whether neighbours stay neighbours, and what lies between them.",
    config=LatentStructureConfig,
    function="genbench.evaluations.latent_structure:evaluate",
    capabilities=("encodes",),
    inputs=("codes", "labelled-codes", "factor-codes"),
    metrics=(*ON_CLASSES, *ON_CODES, *ON_PATHS, *ON_FACTORS),
    headline="probe-linear",  # without labels the first that is left, trustworthiness
    floor=(UNTRAINED,),
    ceiling=("exact",),
    tuning=Tuning(by_default=False, fixed=("latent",)),  # a larger code always knows more, up to the identity
    verdict="Most orderly latents",
    sanity="genbench.evaluations.latent_structure:sanity",
    by_class=("probe-linear-by-class",),
    pictures={
        "map": "Map of the codes",
        "traversals": "Traversals of single latents",
        "interpolations": "Interpolations between codes",
    },
    version=2,
)


def evaluate(evidence: Evidence, config: LatentStructureConfig) -> Outcome:
    """Probes, clusters, neighbourhoods, paths and factors of the reference's codes."""
    from genbench.evaluations import latent_pictures
    from genbench.evaluations.codes import code_values, path_measurements
    from genbench.evaluations.outcome import Outcome, measurements, with_class_names

    evidence.need("encodes")
    asked = config.metrics or EVALUATION.metrics_on(evidence.dataset.kind)
    found = measurements(
        code_values(evidence, config, [name for name in asked if name not in ON_PATHS]), split="reference"
    )
    found += path_measurements(evidence, config, [name for name in asked if name in ON_PATHS])
    found = with_class_names(found, EVALUATION.by_class, evidence.dataset.classes)
    return Outcome(found, latent_pictures.pictures(evidence))


def sanity(results: Results, table: Table) -> Iterator[str]:
    """The identity keeps every neighbourhood."""
    for metric in ("trustworthiness", "continuity"):
        value = mean(table, PIXELS, metric)
        if value is not None and value < 1 - 1e-3:
            yield f"{table.controls[PIXELS]} is the data, so its {table.title(metric)} should be 1, but is {value:.4f}."
