"""Speed and cost: training and sampling time, memory, parameters; one process, nothing else running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, PositiveFloat

from genbench.protocols.evaluation import Evaluation, EvaluationConfig

if TYPE_CHECKING:
    from genbench.evaluations.evidence import Evidence
    from genbench.evaluations.outcome import Outcome


class SpeedConfig(EvaluationConfig):
    """`images`: training images timed; `batch`: the largest sampling batch tried; `seconds`: time a timer may take.

    `target`: the Fréchet distance that `time-to-quality` waits for, on `encoder` with `samples` samples: one for all
    datasets, or a table `{ digits = 10.0, ring8 = 0.1 }`.
    """

    images: int = Field(default=12_800, ge=1)
    batch: int = Field(default=1024, ge=1)
    seconds: float = Field(default=0.2, gt=0)
    target: PositiveFloat | dict[str, PositiveFloat] | None = None
    encoder: str = "auto"
    samples: int = Field(default=2_000, ge=2)

    def target_on(self, dataset: str) -> float | None:
        """The Fréchet distance to wait for on a dataset, None where the suite fixes none."""
        return self.target.get(dataset) if isinstance(self.target, dict) else self.target


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
        "flops",
        "network-evaluations",
        "updates",
        "energy",
    ),
    headline="sample-throughput",
    verdict="Fastest to sample",
    once_a_row=True,
    timed=True,
    version=2,
)


UNDISTURBED = frozenset({"peak-memory"})
"""Measured before anything else has made the process larger than it must be."""


def evaluate(evidence: Evidence, config: SpeedConfig) -> Outcome:
    """Everything that the model can do, timed; what it cannot do has a reason."""
    from genbench.evaluations.outcome import Outcome, measurements
    from genbench.evaluations.timing import CostInputs
    from genbench.metrics.measure import measured

    metrics = config.metrics or EVALUATION.metrics_on(evidence.dataset.kind)
    inputs = CostInputs(evidence, config)
    first = measured(inputs, [name for name in metrics if name in UNDISTURBED])
    values = first | measured(inputs, [name for name in metrics if name not in UNDISTURBED])
    order = {name: i for i, name in enumerate(metrics)}
    return Outcome(measurements(dict(sorted(values.items(), key=lambda item: order[item[0].partition(":")[0]]))))
