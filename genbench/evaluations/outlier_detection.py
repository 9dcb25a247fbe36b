"""Outlier detection: whether unusual data score higher than ordinary data, for each score that a model can give.

Scores are fixed before any outlier is seen: higher = more unusual, never flipped, each a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.core.records import DataFacts
from genbench.evaluations.known_answers import NOISE
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class OutlierDetectionConfig(EvaluationConfig):
    """`outliers`: names of the dataset's outlier sets (all that it has unless said)."""

    samples: int = Field(default=10_000, ge=2)
    outliers: tuple[str, ...] | None = None

    def content(self, facts: DataFacts) -> dict[str, str]:
        """The fingerprints of the outlier sets that are looked at."""
        return {name: facts.outliers.get(name, "") for name in self.outliers or facts.outliers}


EVALUATION = Evaluation(
    name="outlier-detection",
    summary="Whether unusual data score higher than ordinary data, for each score that the model can give.",
    config=OutlierDetectionConfig,
    function="genbench.evaluations.outlier_detection:evaluate",
    capabilities=("outliers", "reconstructs", "density", "encodes"),
    data=("outliers",),
    inputs=("scores",),
    metrics=("auroc", "aupr-out", "aupr-in", "fpr95", "recall-at-5"),
    headline="auroc",
    floor=("chance",),
    ceiling=("exact",),
    over_targets="near",
    verdict="Finds outliers best",
    tuning=Tuning(),
    sanity="genbench.evaluations.outlier_detection:sanity",
    version=2,
)


def evaluate(evidence: Evidence, config: OutlierDetectionConfig) -> Outcome:
    """Each score on the reference against each outlier set; `target` names the set.

    As many of a set as there are ordinary examples are taken, in an order that depends on the set alone: its file may
    be sorted by class or writer. A set that the protocol wants whole (all other classes) is so, up to `samples`.
    """
    from genbench.core.errors import Unsupported
    from genbench.core.values import Measurement
    from genbench.evaluations.context import outlier_part, reference_part
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.evaluations.outlier_scores import finite, scores
    from genbench.metrics.outliers import outlier_metrics

    data = evidence.dataset
    names = config.outliers or tuple(data.outliers)
    for name in names:
        if name not in data.outliers:
            raise Unsupported(f"{data.name} has no outlier set {name!r}; it has {', '.join(data.outliers)}.")
    metrics = list(config.metrics or EVALUATION.metrics_on(data.kind))
    ordinary = reference_part(data, config.samples).x
    outliers = {
        name: outlier_part(data, name, config.samples if name in data.whole else len(ordinary)).x for name in names
    }
    found: list[Measurement] = []
    for score_name, score in scores(evidence):
        usual = finite(evidence.through(score, ordinary), score_name)
        for name, x in outliers.items():
            unusual = finite(evidence.through(score, x), score_name)
            generator = evidence.generator("outliers", score_name, name)
            values = outlier_metrics(usual, unusual, metrics=metrics, generator=generator)
            found += [
                Measurement(metric=m.metric, target=name, score=score_name, split="reference", value=m.value)
                for m in measurements(values)
            ]
    if not found:
        raise Unsupported(f"{type(evidence.model).__name__} gives no outlier score.")
    return Outcome(found)


def sanity(results: Results, table: Table) -> Iterator[str]:
    """A random score tells nothing."""
    label = table.controls.get(NOISE)
    for metric, target in table.columns:
        cell = table.cell(label, metric, target)
        if metric != "auroc" or cell is None or cell.mean is None:
            continue
        if abs(cell.mean - 0.5) > 4 * (cell.error or 0.05):
            where = f" on {target}" if target else ""
            yield f"{label}'s random score should have an AUROC of 0.5{where}, but is at {cell.mean:.3f}."
