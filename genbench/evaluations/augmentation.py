"""Augmentation: whether generated data make a classifier better that has few real ones, beside what else would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.evaluations.known_answers import CEILING, COPY, FAR
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from genbench.evaluations.arms import Lab, Labelled
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Image, Outcome
    from genbench.metrics.augmentation import ClassifierInputs

EACH, ROWS = 12, 10
"""Examples shown of each class, and classes."""


class AugmentationConfig(EvaluationConfig):
    """`times`: generated (or more real) examples for each real one; `steps`: of the small classifier's optimiser, the
    same for every arm; `classifiers`: trained side by side from seeds of their own, whose answers are averaged."""

    times: int = Field(default=4, ge=1)
    steps: int = Field(default=1_000, ge=1)
    classifiers: int = Field(default=5, ge=1)


EVALUATION = Evaluation(
    name="augmentation",
    summary="Whether a classifier that has few real examples gets better by generated ones.",
    config=AugmentationConfig,
    function="genbench.evaluations.augmentation:evaluate",
    capabilities=("samples",),
    data=("labels",),
    inputs=("classifiers",),
    metrics=("augmentation-gain", "cas", "accuracy", "train-test-accuracy-gap"),
    headline="augmentation-gain",
    ceiling=(CEILING,),
    tuning=Tuning(by_default=False),
    verdict="Best examples to train on",
    sanity="genbench.evaluations.augmentation:sanity",
    pictures={"labelled": "Generated examples by their label"},
)


def evaluate(evidence: Evidence, config: AugmentationConfig) -> Outcome:
    """The same small classifier trained on real data alone, with generated, with classically augmented and with more
    real ones, and on generated ones alone; each tried on the reference."""
    from genbench.evaluations.arms import Lab, labelled_samples
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.metrics.augmentation import classifier_metrics

    evidence.need("samples")
    lab = Lab.of(evidence, steps=config.steps, classifiers=config.classifiers)
    made = labelled_samples(evidence, lab, config.times)
    metrics = list(config.metrics or EVALUATION.metrics_on(evidence.dataset.kind))
    values = classifier_metrics(_inputs(evidence, lab, made, config), metrics=metrics)
    return Outcome(measurements(values, split="reference"), _picture(evidence, made))


def _inputs(evidence: Evidence, lab: Lab, made: Labelled, config: AugmentationConfig) -> ClassifierInputs:
    """Every arm that the data allow, and the reason why another is not there."""
    from genbench.core.errors import Unsupported
    from genbench.evaluations.arms import generated_arms, rare_arm
    from genbench.metrics.augmentation import ALONE, CLASSICAL, GENERATED_RARE, REAL, ClassifierInputs

    data = evidence.dataset
    arms, absent = {ALONE: lab.alone(), **generated_arms(lab, made)}, {}
    for name, make in ((CLASSICAL, lab.classical), (REAL, lambda: lab.more_real(config.times))):
        try:
            arms[name] = make()
        except Unsupported as reason:
            absent[name] = str(reason)
    if data.rare:
        arms[GENERATED_RARE] = rare_arm(evidence, lab)
    assert data.reference.y is not None
    return ClassifierInputs(arms=arms, absent=absent, labels=data.reference.y, rare=data.rare)


def _picture(evidence: Evidence, made: Labelled) -> list[Image]:
    """Generated images, a row for each class that they are labelled with."""
    from genbench.evaluations.arms import by_class
    from genbench.evaluations.outcome import Image
    from genbench.evaluations.pictures import grid

    data = evidence.dataset
    if not data.spec.is_image:
        return []
    shown = by_class(made, data.spec.classes, each=EACH, rows=ROWS)
    said = "asked for" if made.by == "condition" else "read by the classifier of the real training part"
    caption = f"a row for each class, as {said}; grey where there are too few"
    return [Image("labelled", grid(shown.x, data.spec, columns=EACH), caption)]


def sanity(results: Results, table: Table) -> Iterator[str]:
    """Copies and noise gain nothing, and no generated data gain more than as many real ones."""
    del results
    for control in (COPY, *FAR):
        label = table.controls.get(control)
        cell = table.cell(label, "augmentation-gain", "generated")
        if cell is not None and cell.mean is not None and cell.mean > 4 * (cell.error or 0.01):
            yield f"{label} teaches nothing new, but gains {cell.mean:.3f}."
    for label in (*table.models, *table.controls.values()):
        generated, real = (table.cell(label, "augmentation-gain", target) for target in ("generated", "real"))
        if generated is None or real is None:
            continue
        if table.better(generated, real, "augmentation-gain", among=len(table.models)):
            yield f"{label} helps more than as many real examples, which no model can."
