"""The metrics of augmentation, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN = Direction.HIGHER, Direction.LOWER
_metric = partial(Metric, group="augmentation")

METRICS: list[Metric] = [
    _metric(
        name="cas", title="classification accuracy score", direction=UP, low=0.0, needs="classifiers",
        data=("labels",), least_n=1, targets=("", "ratio"), measure="genbench.metrics.augmentation:cas",
        paper="Ravuri & Vinyals 2019, arXiv 1905.10887", version=2,
        summary="Accuracy on the reference of a classifier trained on generated labelled data alone.",
    ),
    _metric(
        name="accuracy", direction=UP, low=0.0, high=1.0, needs="classifiers", data=("labels",), least_n=1,
        targets=("alone", "generated", "classical", "real", "rare", "generated-rare"),
        measure="genbench.metrics.augmentation:accuracies", version=2,
        summary="Accuracy on the reference of a classifier trained on few real and more data.",
    ),
    _metric(
        name="train-test-accuracy-gap", direction=DOWN, best=0.0, low=-1.0, high=1.0, needs="classifiers",
        data=("labels",), least_n=1, targets=("alone", "generated", "classical", "real"),
        measure="genbench.metrics.augmentation:gaps", version=2,
        summary="Accuracy on the real training examples less the accuracy on the reference.",
    ),
    _metric(
        name="augmentation-gain", direction=UP, low=-1.0, high=1.0, needs="classifiers", data=("labels",), least_n=1,
        targets=("generated", "classical", "real", "rare"), measure="genbench.metrics.augmentation:gains",
        summary="Accuracy with more data less that of the real data alone, the same seeds.",
    ),
]
