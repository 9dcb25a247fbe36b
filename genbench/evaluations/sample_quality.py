"""Sample quality: how near the samples are to real data; on a toy, to the density that is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from genbench.core.records import DataKind
from genbench.evaluations import known_answers
from genbench.protocols.evaluation import Evaluation, FeatureConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class SampleQualityConfig(FeatureConfig):
    """`density_samples`: how many samples are binned where the true density is known. `importance_samples`: of a
    likelihood that is an importance-weighted bound, k (the model's own, 64, unless said): part of its name."""

    later: ClassVar[frozenset[str]] = frozenset({"importance_samples"})

    density_samples: int = Field(default=100_000, ge=1_000)
    importance_samples: int | None = Field(default=None, ge=1)


EVALUATION = Evaluation(
    name="sample-quality",
    summary="How near the samples are to real data, in an encoder's features (on toys: to the known density).",
    config=SampleQualityConfig,
    function="genbench.evaluations.sample_quality:evaluate",
    capabilities=("samples",),
    inputs=("features", "training-features", "probabilities", "density", "likelihood"),
    metrics={
        DataKind.IMAGES: ("frechet", "kid"),
        DataKind.POINTS: ("frechet", "sliced-wasserstein", "tv", "kl-forward", "kl-reverse"),
        DataKind.TABLE: ("frechet", "sliced-wasserstein"),
    },
    headline={
        DataKind.IMAGES: "frechet",
        DataKind.POINTS: "sliced-wasserstein",  # a Fréchet distance cannot tell one Gaussian from eight on a ring
        DataKind.TABLE: "frechet",
    },
    floor=(known_answers.FLOOR,),
    ceiling=known_answers.TOP,
    verdict="Best samples",
    tuning=Tuning(),
    sanity="genbench.evaluations.sample_quality:sanity",
    pictures={"samples": "Samples"},
    version=2,
)


def evaluate(evidence: Evidence, config: SampleQualityConfig) -> Outcome:
    """n samples against n reference examples in features, divergences from a known density, likelihoods."""
    from genbench.evaluations import comparison
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.context import equal_n
    from genbench.evaluations.outcome import Outcome
    from genbench.evaluations.pictures import sample_picture, shown

    asked = by_need(config.metrics or EVALUATION.metrics_on(evidence.dataset.kind))
    on_features = [name for need in comparison.ON_FEATURES for name in asked.get(need, ())]
    found = comparison.feature_measurements(evidence, config, on_features, purpose="sample-quality")
    if "density" in asked:
        found += comparison.density_measurements(evidence, config.density_samples, asked["density"])
    if "likelihood" in asked:
        draws = config.importance_samples
        found += comparison.likelihood_measurements(evidence, config.samples, asked["likelihood"], draws=draws)
    n = equal_n(evidence.dataset, config.samples)
    return Outcome(found, sample_picture(evidence.samples(shown(evidence.dataset, n)), evidence.dataset))


def sanity(results: Results, table: Table) -> Iterator[str]:
    """No model is nearer to the data than the data, nor than those it learned from; the floors are far behind."""
    metrics = [metric for metric, _ in table.columns]
    if "frechet" not in metrics:
        return
    yield from known_answers.better_than_data(table, "frechet", results.copies)
    yield from known_answers.better_than_replay(table, "frechet")
    # A toy's marginals have its mean and covariance, all that a Fréchet distance on its points sees.
    bounded = "tv" in metrics
    yield from known_answers.far_behind(table, "tv" if bounded else "frechet", bounded=bounded)
