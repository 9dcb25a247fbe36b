"""Diversity: whether the samples cover the real data, and how many of a toy's modes they reach."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.core.records import DataKind
from genbench.evaluations.known_answers import CEILING, FAR, FLOOR, MEAN_IMAGE, TOP, mean
from genbench.protocols.evaluation import Evaluation, FeatureConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome

K = 5
"""Of every radius, unless a suite says another."""

ON_FEATURES = ("precision", "recall", "density", "coverage", "vendi", "duplicate-rate")
ON_MODES = ("modes", "mode-kl")


class DiversityConfig(FeatureConfig):
    """`k`: the neighbourhood; 5 for all that share a radius. `mode_samples`: how many look for modes; as in PacGAN and
    the papers before it 2,500 where the law is known, 26,000 where a classifier reads the modes."""

    k: int = Field(default=K, ge=1)
    mode_samples: int | None = Field(default=None, ge=1)


EVALUATION = Evaluation(
    name="diversity",
    summary="Whether the samples cover the real data, and how many modes they reach.",
    config=DiversityConfig,
    function="genbench.evaluations.diversity:evaluate",
    capabilities=("samples",),
    inputs=("features", "training-features", "probabilities", "condition", "density", "modes"),
    metrics={
        DataKind.IMAGES: (*ON_FEATURES, *ON_MODES),
        DataKind.POINTS: (*ON_FEATURES, *ON_MODES),
        DataKind.TABLE: ON_FEATURES,
    },
    headline="coverage",
    floor=(FLOOR,),
    ceiling=TOP,
    verdict="Covers most of the data",
    tuning=Tuning(by_default=False),
    sanity="genbench.evaluations.diversity:sanity",
    by_class=("condition-accuracy-by-class",),
    pictures={"classes": "Samples by class"},
)


def evaluate(evidence: Evidence, config: DiversityConfig) -> Outcome:
    """Manifold metrics of n samples against n reference examples; modes among more of them where they are known."""
    from genbench.evaluations import comparison
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.mode_reading import mode_measurements
    from genbench.evaluations.outcome import Outcome, with_class_names
    from genbench.evaluations.pictures import classes_picture

    asked = by_need(config.metrics or EVALUATION.metrics_on(evidence.dataset.kind))
    on_features = [name for need in comparison.ON_FEATURES for name in asked.get(need, ())]
    found = comparison.feature_measurements(evidence, config, on_features, purpose="diversity")
    on_law = [name for need in ("density", "modes") for name in asked.get(need, ())]
    found += mode_measurements(evidence, config.mode_samples, on_law) if on_law else []
    found = with_class_names(found, EVALUATION.by_class, evidence.dataset.classes)
    return Outcome(found, classes_picture(evidence))


def sanity(results: Results, table: Table) -> Iterator[str]:
    """Real data cover what they must, floors do not, and one image repeated is one image."""
    density, top = (mean(table, CEILING, metric) for metric in ("density", "coverage"))
    if density is not None and abs(density - 1) > 0.2:
        yield f"{table.controls[CEILING]} should have a density near 1, but is at {density:.3g}."
    if top is not None:
        yield from _coverage(table, top)
    vendi, duplicates = (mean(table, MEAN_IMAGE, metric) for metric in ("vendi", "duplicate-rate"))
    if vendi is not None and abs(vendi - 1) > 0.01:
        yield f"{table.controls[MEAN_IMAGE]} should have a Vendi score of 1, but is at {vendi:.3g}."
    if duplicates is not None and duplicates < 0.999:
        yield f"{table.controls[MEAN_IMAGE]} should be all duplicates, but its rate is {duplicates:.3g}."


def _coverage(table: Table, top: float) -> Iterator[str]:
    label = table.controls[CEILING]
    cell = table.cell(label, "coverage")
    if cell is not None and cell.n is not None:
        expected = expected_coverage(cell.n, cell.m or cell.n, int(cell.details.get("k", K)))
        if abs(top - expected) > max(0.05, 3 / math.sqrt(cell.n)):
            yield f"{label} should have a coverage near {expected:.3f}, but is at {top:.3f}."
    for control in FAR:
        value = mean(table, control, "coverage")
        if value is not None and value > 0.9 * top:
            far = f"{value:.3f} against {top:.3f}"
            yield f"{table.controls[control]} should cover far less than {label}, but is at {far}."


def expected_coverage(n: int, m: int, k: int = K) -> float:
    """The mean coverage of m samples of the truth over n reference points: 1 − Π_{i=1..k} (n − i) / (n + m − i)."""
    return 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))
