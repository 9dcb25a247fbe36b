"""Speed and cost: training and sampling time, memory, parameters; one process, nothing else running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from genbench.protocols.evaluation import Evaluation, EvaluationConfig

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class SpeedConfig(EvaluationConfig):
    """`images`: training images timed; `batch`: the largest sampling batch tried; `seconds`: time a timer may take.

    `target`: the Fréchet distance that `time-to-quality` waits for, on `encoder` with `samples` samples.
    """

    images: int = Field(default=12_800, ge=1)
    batch: int = Field(default=1024, ge=1)
    seconds: float = Field(default=0.2, gt=0)
    target: float | None = Field(default=None, gt=0)
    encoder: str = "auto"
    samples: int = Field(default=2_000, ge=2)


EVALUATION = Evaluation(
    name="speed",
    summary="What training and sampling cost: time, memory, parameters.",
    config=SpeedConfig,
    function="genbench.evaluations.speed:evaluate",
    inputs=("cost",),
    metrics=(
        "train-throughput",
        "sample-latency",
        "sample-throughput",
        "encode-throughput",
        "parameters",
        "peak-memory",
    ),
    headline="sample-throughput",
    verdict="Fastest to sample",
    once_a_row=True,
    timed=True,
)


def evaluate(evidence: Evidence, config: SpeedConfig) -> Outcome:
    """Everything that the model can do, timed; what it cannot do has a reason."""
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.evaluations.timing import CostInputs
    from genbench.metrics.measure import measured

    metrics = config.metrics or EVALUATION.metrics_on(evidence.dataset.kind)
    return Outcome(measurements(measured(CostInputs(evidence, config), metrics)))
