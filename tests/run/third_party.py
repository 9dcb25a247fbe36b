"""A third party's plugin, one file: an evaluation with all that one may declare, its controls, a metric of each need.

The tests load a copy of it and change the lines that say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from genbench import (
    DataSpec,
    Direction,
    Evaluation,
    EvaluationConfig,
    GenerativeModel,
    Image,
    Metric,
    Outcome,
    Tuning,
    register_evaluation,
    register_metric,
    register_model,
)
from genbench.evaluations.outcome import measurements
from genbench.evaluations.pictures import density_map, frame
from genbench.metrics.inputs import (
    CodeInputs,
    DensityInputs,
    FeatureInputs,
    ImageInputs,
    LikelihoodInputs,
    ScoreInputs,
)
from genbench.metrics.latents import Codes, latent_metrics
from genbench.protocols.results import Results, Table

UP, DOWN = Direction.HIGHER, Direction.LOWER


class _Control(GenerativeModel):
    """Codes of an example, and no way back."""

    latent = 2

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.means: Tensor
        self.register_buffer("means", torch.zeros(data.classes, *data.shape))

    def fit(self, data: Any, budget: Any, generator: torch.Generator) -> None:
        train = data.train
        self.means = torch.stack([train.x[train.y == label].mean(0) for label in range(data.spec.classes)])

    def decode(self, z: Tensor) -> Tensor:
        return self.means.mean(0).expand(len(z), *self.means.shape[1:])


@register_model("my-blind", family="control", summary="Codes that know nothing of the example: the floor.")
class Blind(_Control):
    def encode(self, x: Tensor) -> Tensor:
        return torch.randn(len(x), 2, generator=torch.Generator().manual_seed(0))


@register_model("my-means", family="control", summary="How far an example is from each class's mean: the ceiling.")
class Means(_Control):
    def encode(self, x: Tensor) -> Tensor:
        return torch.cdist(x.flatten(1), self.means.flatten(1))


def _metric(name: str, direction: Direction, needs: str, **options: Any) -> Metric:
    return Metric(name=name, summary=f"A third party's, of {needs}.", direction=direction, needs=needs, **options)


@register_metric(_metric("my-shift", DOWN, "features", title="My shift", group="sample-quality", best=0.0, low=0.0))
def shift(inputs: FeatureInputs) -> Tensor:
    return (inputs.real.features.mean(0) - inputs.generated.features.mean(0)).norm()


@register_metric(_metric("my-nearness", UP, "training-features", sweep=("nearest-training",)))
def nearness(inputs: FeatureInputs) -> Tensor:
    return inputs.training()[1].nearest_rows.nearest2.sqrt().mean()


@register_metric(_metric("my-confidence", UP, "probabilities", data=("labels",)))
def confidence(inputs: FeatureInputs) -> Tensor:
    return inputs.classes().probabilities.amax(1).mean()


@register_metric(_metric("my-obedience", UP, "condition", data=("labels",)))
def obedience(inputs: FeatureInputs) -> Tensor:
    return (inputs.classes().generated == inputs.classes().asked).double().mean()


@register_metric(_metric("my-error", DOWN, "images"))
def error(inputs: ImageInputs) -> dict[str, Tensor]:
    errors = (inputs.x - inputs.reconstruction).abs()
    return {"": errors.mean(), "worst": errors.amax()}


@register_metric(_metric("my-likeness", DOWN, "image-features"))
def likeness(inputs: ImageInputs) -> Tensor:
    return (inputs.encoded().real - inputs.encoded().reconstructed).abs().mean()


@register_metric(_metric("my-mode", UP, "modes", data=("modes",)))
def mode(inputs: Any) -> Tensor:
    return inputs.modes.mode.double().mean()


@register_metric(_metric("my-reading", UP, "labels", data=("attributes",)))
def reading(inputs: Any) -> Tensor:
    return inputs.attributes.read.double().mean()


@register_metric(_metric("my-help", UP, "classifiers", data=("labels",)))
def help_(inputs: Any) -> int:
    return len(inputs.arms)


@register_metric(_metric("my-weights", UP, "resampled", data=("labels",)))
def weights(inputs: Any) -> int:
    return len(inputs.arms)


@register_metric(_metric("my-truth", UP, "density", data=("density",)))
def truth(inputs: DensityInputs) -> Tensor:
    return inputs.density.log_prob(inputs.model.samples).mean()


@register_metric(_metric("my-likelihood", UP, "likelihood"))
def likelihood(inputs: LikelihoodInputs) -> Tensor:
    return inputs.log_prob.median()


@register_metric(_metric("my-gap", UP, "scores"))
def gap(inputs: ScoreInputs) -> Tensor:
    return inputs.unusual.mean() - inputs.ordinary.mean()


@register_metric(_metric("my-size", DOWN, "cost"))
def size(inputs: Any) -> float:
    return float(sum(tensor.numel() for tensor in inputs.evidence.model.state_dict().values()))


@register_metric(_metric("my-spread", UP, "codes"))
def spread(inputs: CodeInputs) -> Tensor:
    return inputs.codes.test.std()


@register_metric(_metric("my-classes", UP, "labelled-codes", data=("labels",), low=0.0, high=1.0, title="My classes"))
def classes(inputs: CodeInputs) -> float:
    return _between(inputs.codes.test, inputs.labels)


@register_metric(_metric("my-factors", UP, "factor-codes", data=("factors",)))
def factors(inputs: CodeInputs) -> dict[str, float]:
    return {str(i): _between(inputs.codes.test, column) for i, column in enumerate(inputs.factors.T)}


def _between(z: Tensor, group: Tensor) -> float:
    """The share of the codes' variance that lies between groups."""
    total = (z - z.mean(0)).square().sum()
    rest = sum((z[group == g] - z[group == g].mean(0)).square().sum() for g in torch.unique(group))
    return float(1 - rest / total)


class CodesConfig(EvaluationConfig):
    """`codes`: at most so many of the reference."""

    codes: int = Field(default=300, ge=20)


def check(results: Results, table: Table) -> Iterator[str]:
    low, high = (table.cell(table.controls.get(name), "my-classes") for name in ("my-blind", "my-means"))
    if low and high and low.mean is not None and high.mean is not None and low.mean > high.mean:
        yield f"{table.controls['my-blind']} should be below {table.controls['my-means']}."


RECORD = Evaluation(
    name="my-codes",
    summary="What codes tell of their examples.",
    config=CodesConfig,
    capabilities=("encodes",),
    data=("labels",),
    inputs=("codes", "labelled-codes", "factor-codes"),
    metrics=("my-classes", "my-spread"),
    headline="my-classes",
    floor=("my-blind",),
    ceiling=("my-means",),
    tuning=Tuning(fixed=("latent",)),
    sanity=check,
    pictures={"plane": "Two numbers of each code"},
)


@register_evaluation(RECORD)
def evaluate(evidence: Any, config: CodesConfig) -> Outcome:
    reference, codes = evidence.dataset.reference, evidence.codes("reference")[: config.codes]
    n = len(codes)
    known = Codes(
        test=codes,
        test_y=reference.y[:n],
        factors=None if reference.factors is None else reference.factors[:n],
        data=reference.x[:n],
    )
    metrics = config.metrics or RECORD.metrics_on(evidence.dataset.kind)
    values = latent_metrics(known, metrics=metrics, generator=evidence.generator("my-codes"))
    plane = codes[:, :2]
    picture = Image("plane", density_map(plane, *frame(plane)), f"{n} codes")
    return Outcome(measurements(values, split="reference"), [picture])
