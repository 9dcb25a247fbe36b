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

MODE_SAMPLES = 2_500
"""How many samples look for modes, as in PacGAN and the papers before it."""

ON_FEATURES = ("precision", "recall", "density", "coverage", "vendi", "duplicate-rate")


class DiversityConfig(FeatureConfig):
    """`k`: the neighbourhood; 5 for all that share a radius."""

    k: int = Field(default=5, ge=1)


EVALUATION = Evaluation(
    name="diversity",
    summary="Whether the samples cover the real data, and how many modes they reach.",
    config=DiversityConfig,
    function="genbench.evaluations.diversity:evaluate",
    capabilities=("samples",),
    inputs=("features", "training-features", "probabilities", "condition", "density"),
    metrics={
        DataKind.IMAGES: ON_FEATURES,
        DataKind.POINTS: (*ON_FEATURES, "modes", "mode-kl"),
        DataKind.TABLE: ON_FEATURES,
    },
    headline="coverage",
    floor=(FLOOR,),
    ceiling=TOP,
    verdict="Covers most of the data",
    tuning=Tuning(by_default=False),
    sanity="genbench.evaluations.diversity:sanity",
)


def evaluate(evidence: Evidence, config: DiversityConfig) -> Outcome:
    """Manifold metrics of n samples against n reference examples; modes among 2,500 samples where they are known."""
    from genbench.evaluations import comparison
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.metrics.laws import ModelLaw
    from genbench.metrics.toys import density_metrics

    data = evidence.dataset
    asked = by_need(config.metrics or EVALUATION.metrics_on(data.kind))
    on_features = [name for need in comparison.ON_FEATURES for name in asked.get(need, ())]
    found = comparison.feature_measurements(evidence, config, on_features, purpose="diversity")
    if "density" in asked:
        assert data.density is not None
        law, generator = ModelLaw(evidence.samples(MODE_SAMPLES)), evidence.generator("modes")
        on_modes = density_metrics(data.density, law, metrics=asked["density"], generator=generator)
        found += measurements(on_modes, split="density")
    return Outcome(found)


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
        expected = expected_coverage(cell.n, cell.m or cell.n)
        if abs(top - expected) > max(0.05, 3 / math.sqrt(cell.n)):
            yield f"{label} should have a coverage near {expected:.3f}, but is at {top:.3f}."
    for control in FAR:
        value = mean(table, control, "coverage")
        if value is not None and value > 0.9 * top:
            far = f"{value:.3f} against {top:.3f}"
            yield f"{table.controls[control]} should cover far less than {label}, but is at {far}."


def expected_coverage(n: int, m: int, k: int = 5) -> float:
    """The mean coverage of m samples of the truth over n reference points: 1 − Π_{i=1..k} (n − i) / (n + m − i)."""
    return 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))
