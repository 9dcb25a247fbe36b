"""All feature metrics of one row from one pass: `feature_metrics(reference, generated, metrics=[...], generator=g)`.

What the pass looks for follows from the words of `Metric.sweep` (`SWEEP`) of the metrics that were asked for. A measure
finds it in its `FeatureInputs`, where it is computed when first read if no word announced it: the words save passes,
and do not change a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from genbench import registry
from genbench.core.values import Value
from genbench.metrics.classes import Readings
from genbench.metrics.features import FeatureInputs, feature_inputs
from genbench.metrics.kernels import Cubic, Kernel, UnitGaussian
from genbench.metrics.measure import measured
from genbench.metrics.pointset import PointSet
from genbench.metrics.quality import gaussians

Reference = PointSet
"""The real side of a table (or its training set): make it once and give it to each row, so that nothing real is
computed twice."""

SWEEP = {
    "cubic-kernel": "sums of KID's kernel within each set and across: `pair.sums(Cubic(real.dim))`",
    "gaussian-kernels": "the same of three Gaussian kernels: `pair.sums(gaussians(inputs))`",
    "unit-gaussian-kernel": "the same of a Gaussian kernel on rows of unit length: `pair.sums(UnitGaussian())`",
    "balls": "who lies in whose k-nearest-neighbour ball: `pair.held`, with the radii of both sides",
    "neighbours": "nearest and k-th nearest other point: `real.neighbours`, `generated.neighbours`",
    "training-neighbours": "the same within the training set: `train.neighbours`",
    "nearest-reference": "for each sample the nearest reference point: `pair.nearest_rows`",
    "nearest-sample": "for each reference point the nearest sample: `pair.nearest_columns`",
    "nearest-training": "for each sample the nearest training point: `train_pair.nearest_rows`",
    "nearest-sample-to-training": "for each training point the nearest sample: `train_pair.nearest_columns`",
}
"""The words of `Metric.sweep`, and where a measure finds what they announce."""


def feature_metrics(
    reference: PointSet,
    generated: Tensor | PointSet,
    *,
    train: PointSet | Tensor | None = None,
    metrics: Sequence[str],
    generator: torch.Generator,
    readings: Readings | None = None,
) -> dict[str, Value]:
    """Each metric of `metrics` as `metric` or `metric:target`, with n, m, interval, kind and status.

    `reference` holds the (n, d) features of the real side and what follows from them; `generated` is (m, d), or
    a set of which only the moments are known; `train`
    the training features where memorisation is asked for; `readings` what a classifier read. Raises `DataError` for
    features that are not finite and `UnknownName` for a metric that nobody has; what cannot be measured is a value
    with a status and a reason.
    """
    inputs = feature_inputs(reference, generated, train=train, generator=generator, readings=readings)
    prepare(inputs, (word for name in metrics for word in registry.metrics.get(name).card.sweep))
    return measured(inputs, metrics)


def prepare(inputs: FeatureInputs, words: Iterable[str]) -> None:
    """One sweep within each set and one across, for everything that these words announce and that can be had."""
    asked, real, generated = frozenset(words), inputs.real, inputs.generated
    if min(real.size or 0, generated.size or 0) < 2:
        return
    kernels = _kernels(inputs, asked)
    for side in (real, generated):
        of_training = side is inputs.train and "training-neighbours" in asked
        side.prepare(kernels, neighbours=of_training or bool(asked & {"balls", "neighbours"}))
    balls = "balls" in asked and min(len(real), len(generated)) > real.k
    across = _sides(asked, "nearest-reference", "nearest-sample")
    to_training = _sides(asked, "nearest-training", "nearest-sample-to-training")
    is_same = inputs.train_pair is inputs.pair
    inputs.pair.prepare(kernels, balls=balls, nearest=across | (to_training if is_same else set()))
    if inputs.train_pair is not None and not is_same:
        inputs.train_pair.prepare(nearest=to_training)


def _sides(asked: frozenset[str], rows: str, columns: str) -> set[str]:
    """The sides of a pair whose nearest neighbours these two words announce."""
    return {side for side, word in (("rows", rows), ("columns", columns)) if word in asked}


def _kernels(inputs: FeatureInputs, asked: frozenset[str]) -> list[Kernel]:
    wanted: list[Kernel] = []
    if "cubic-kernel" in asked:
        wanted.append(Cubic(inputs.real.dim))
    if "unit-gaussian-kernel" in asked and not (inputs.real.has_zero_row or inputs.generated.has_zero_row):
        wanted.append(UnitGaussian())
    if "gaussian-kernels" in asked and inputs.real.median_distance > 0:
        wanted.append(gaussians(inputs))
    return wanted
