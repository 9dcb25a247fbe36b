"""Density: the model's law against the true one, where that is known: points on a line or in the plane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.core.records import DataKind
from genbench.evaluations import known_answers
from genbench.protocols.evaluation import Evaluation, EvaluationConfig
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class DensityConfig(EvaluationConfig):
    """`samples`: how many are binned where the model has no exact density; on both sides of `wasserstein-1`."""

    samples: int = Field(default=100_000, ge=1_000)


EVALUATION = Evaluation(
    name="density",
    summary="How far the model's density is from the true one, where both common and rare places are known.",
    config=DensityConfig,
    function="genbench.evaluations.density:evaluate",
    capabilities=("samples",),
    data=("density",),
    inputs=("density",),
    metrics={DataKind.POINTS: ("tv", "kl-forward", "kl-reverse", "dense-error", "sparse-error", "wasserstein-1")},
    headline={DataKind.POINTS: "tv"},
    floor=(known_answers.FLOOR,),
    ceiling=known_answers.TOP,
    verdict="Nearest to the true density",
    sanity="genbench.evaluations.density:sanity",
    pictures={"density": "Density of the samples"},
    version=2,
)


def evaluate(evidence: Evidence, config: DensityConfig) -> Outcome:
    """Divergences on a grid from the model's density, or from a histogram of its samples."""
    from genbench.evaluations import comparison
    from genbench.evaluations.outcome import Outcome
    from genbench.evaluations.pictures import laws_picture

    metrics = config.metrics or EVALUATION.metrics_on(evidence.dataset.kind)
    found = comparison.density_measurements(evidence, config.samples, metrics)
    return Outcome(found, laws_picture(evidence.samples(config.samples), evidence.dataset))


def sanity(results: Results, table: Table) -> Iterator[str]:
    """The floors are far from the truth."""
    if "tv" in [metric for metric, _ in table.columns]:
        yield from known_answers.far_behind(table, "tv", bounded=True)
