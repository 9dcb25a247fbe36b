"""Balance: whether the samples keep the shares of the data's attributes, rare ones above all, and what resampling by
the density of codes does for rare classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from genbench.evaluations.known_answers import COPY
from genbench.protocols.evaluation import Evaluation, EvaluationConfig, Tuning
from genbench.protocols.results import Results, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.core.values import Measurement, Value
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Image, Outcome
    from genbench.metrics.augmentation import ClassifierInputs

MOST_BARS = 24
"""Values of an attribute that a picture can show."""


class BalanceConfig(EvaluationConfig):
    """`samples`: whose attributes are read. `attributes`: `class`, names of factors, several crossed by `*` (the
    dataset's own, crossed last, unless said). `alpha`: of the resampling weights Π 1/(Q̂_j(z_j) + α); `steps` and
    `classifiers`: of the small classifier that is trained with and without them."""

    samples: int = Field(default=5_000, ge=1)
    attributes: tuple[str, ...] | None = Field(default=None, min_length=1)
    alpha: float = Field(default=1.0, gt=0)
    steps: int = Field(default=1_000, ge=1)
    classifiers: int = Field(default=5, ge=1)


EVALUATION = Evaluation(
    name="balance",
    summary="Whether the samples keep the shares of the data's attributes, the rare ones above all.",
    config=BalanceConfig,
    function="genbench.evaluations.balance:evaluate",
    capabilities=("samples", "encodes"),
    data=("attributes",),
    inputs=("labels", "resampled"),
    metrics=("attribute-tv", "attribute-kl", "minority-recall", "resampling-accuracy", "resampling-gain"),
    headline="attribute-tv",
    floor=("control-mean-image",),
    ceiling=(COPY,),
    tuning=Tuning(by_default=False),
    verdict="Keeps the data's shares best",
    sanity="genbench.evaluations.balance:sanity",
    pictures={"shares": "Attribute shares"},
)


def evaluate(evidence: Evidence, config: BalanceConfig) -> Outcome:
    """Shares of attributes as a classifier reads them in samples, corrected by its confusion; a classifier trained
    with and without resampling by the model's codes."""
    from genbench.evaluations.choice import by_need
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.metrics.augmentation import classifier_metrics

    asked = by_need(config.metrics or EVALUATION.metrics_on(evidence.dataset.kind))
    found, images = _shares(evidence, config, asked.get("labels", []))
    if "resampled" in asked:
        values = classifier_metrics(_resampled(evidence, config), metrics=asked["resampled"])
        found += measurements(values, split="reference")
    return Outcome(found, images)


def _shares(evidence: Evidence, config: BalanceConfig, metrics: Sequence[str]) -> tuple[list[Measurement], list[Image]]:
    """Each metric for each attribute; the first attribute's targets stand alone, the others' behind their names."""
    from genbench.core.errors import Unsupported
    from genbench.core.values import Value
    from genbench.evaluations.attribute_reader import CROSSED, attributes_of, reader
    from genbench.evaluations.outcome import measurements
    from genbench.evaluations.shares_picture import shares_picture
    from genbench.metrics.balance import balance_metrics

    if not metrics:
        return [], []
    found: dict[str, Value] = {}
    images: list[Image] = []
    for i, attribute in enumerate(config.attributes or attributes_of(evidence.dataset)):
        try:
            evidence.need("samples")
            read = reader(evidence.context, evidence.dataset, attribute)
            seen = read.attributes(evidence.samples(config.samples))
            values = balance_metrics(seen, metrics=metrics, generator=evidence.generator("balance", attribute))
            if len(read.values) <= MOST_BARS:
                images += shares_picture(
                    read, seen, name=f"shares-{attribute.replace(CROSSED, '-')}" if i else "shares"
                )
        except Unsupported as reason:
            values = {name: Value.unsupported(reason) for name in metrics}
        found |= values if i == 0 else {_of(attribute, name): value for name, value in values.items()}
    return measurements(found, split="train"), images


def _of(attribute: str, name: str) -> str:
    """`metric:target` of a further attribute."""
    metric, _, target = name.partition(":")
    return f"{metric}:{attribute} {target}".rstrip()


def _resampled(evidence: Evidence, config: BalanceConfig) -> ClassifierInputs:
    """The plain classifier, and that whose examples are drawn by the inverse density of their codes."""
    from genbench.core.errors import Unsupported
    from genbench.evaluations.arms import Lab
    from genbench.evaluations.small_classifier import Examples
    from genbench.metrics.augmentation import PLAIN, RESAMPLED, ClassifierInputs
    from genbench.metrics.balance import effective_share, resampling_weights

    data = evidence.dataset
    lab = Lab.of(evidence, steps=config.steps, classifiers=config.classifiers)
    arms, absent = {PLAIN: lab.alone()}, {}
    assert data.train.y is not None and data.reference.y is not None
    try:
        weights = resampling_weights(evidence.codes("train").cpu(), config.alpha)
        trained = lab.trained(Examples(x=data.train.x, y=data.train.y, weights=weights))
        arms[RESAMPLED] = lab.arm(trained, alpha=config.alpha, effective_share=effective_share(weights))
    except Unsupported as reason:
        absent[RESAMPLED] = str(reason)
    return ClassifierInputs(
        arms=arms, absent=absent, labels=data.reference.y, rare=data.rare, gives=frozenset({"resampled"})
    )


def sanity(results: Results, table: Table) -> Iterator[str]:
    """Played-back training data have the data's shares."""
    del results
    cell = table.cell(table.controls.get(COPY), "attribute-tv", "data")
    if cell is not None and cell.mean is not None and cell.mean > max(0.05, 5 * (cell.error or 0.0)):
        yield f"{table.controls[COPY]} has the data's own shares, but is {cell.mean:.3f} away from them."
