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
    """`samples`: how many are binned where the model has no exact density; on both sides of `wasserstein-1`. As many
    reference examples at most are what `nll` is the mean over."""

    samples: int = Field(default=100_000, ge=1_000)


ON_GRID = ("tv", "kl-forward", "kl-reverse", "dense-error", "sparse-error")

EVALUATION = Evaluation(
    name="density",
    summary="How far the model's density is from the true one, where both common and rare places are known.",
    config=DensityConfig,
    function="genbench.evaluations.density:evaluate",
    capabilities=("samples",),
    data=("density",),
    inputs=("density", "likelihood"),
    metrics={DataKind.POINTS: (*ON_GRID, "wasserstein-1", "density-at", "nll")},
    headline={DataKind.POINTS: "tv"},
    floor=(known_answers.FLOOR,),
    ceiling=known_answers.TOP,
    verdict="Nearest to the true density",
    sanity="genbench.evaluations.density:sanity",
    pictures={"density": "Density, true and of the samples, and their difference"},
    version=3,
)


def evaluate(evidence: Evidence, config: DensityConfig) -> Outcome:
    """Divergences on a grid from the model's density, or from a histogram of its samples; the reference's nll."""
    from genbench.evaluations import comparison
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.law_pictures import laws_picture
    from genbench.evaluations.outcome import Outcome

    asked = by_need(config.metrics or EVALUATION.metrics_on(evidence.dataset.kind))
    found = comparison.density_measurements(evidence, config.samples, asked.get("density", ()))
    if "likelihood" in asked:
        found += comparison.likelihood_measurements(evidence, config.samples, asked["likelihood"])
    return Outcome(found, laws_picture(evidence.samples(config.samples), evidence.dataset, evidence.context))


def sanity(results: Results, table: Table) -> Iterator[str]:
    """The floors are far from the truth."""
    if "tv" in [metric for metric, _ in table.columns]:
        yield from known_answers.far_behind(table, "tv", bounded=True)
