"""The declaration of a metric: what it is called, which way is better, what it needs, and the measure itself.

Torch-free: `genbench list`, the check of a suite and the report read these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from genbench.core.records import check_data_words
from genbench.core.values import Direction

NEEDS = {
    "features": "features of real and generated examples",
    "training-features": "features of real, generated and training examples",
    "probabilities": "class probabilities of real and generated examples",
    "condition": "the classes that a classifier reads in samples of classes asked for",
    "images": "examples and their reconstructions",
    "image-features": "features of examples and of their reconstructions",
    "labelled-codes": "codes with labels",
    "factor-codes": "codes with ground-truth factors",
    "codes": "codes with the examples they stand for",
    "density": "a known density",
    "modes": "the mode of each sample",
    "likelihood": "log-likelihoods of reference examples",
    "scores": "outlier scores of ordinary and unusual examples",
    "mining": "what classifiers read after the most unusual examples of a pool were labelled",
    "labels": "what a classifier reads of attributes",
    "classifiers": "classifiers trained on real and on generated data",
    "resampled": "classifiers trained with and without resampling",
    "cost": "a fitted model to be timed",
}
"""What a metric may need, and what that is in words. An evaluation says which of these it makes (`Evaluation.inputs`);
the records that are handed over are in `genbench.metrics.inputs`."""

OF_THE_TRUTH = frozenset({"density", "modes"})
"""Needs of metrics that compare with a law that is known: a tuner may not see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is known of a metric before it is computed, and how it is computed.

    `needs`: one of `NEEDS`. `measure`: a function of the inputs record of that need, or `"module:function"`; it gives a
    number, a `Value`, or one of these for each target, and raises `Unsupported` where there is none
    (`@register_metric` fills it in). `data`: words of `core.records.DATA_WORDS` for what the dataset must have.
    `low`, `high`: the range; `best`: the ideal value (required for `Direction.NEAREST`); `chance`: what a blind score
    gives, where worse than that deserves a flag. `scale`: values are printed divided by it. `titles`: other display
    names by encoder. `least_n`: points on each side. `sweep`: what a feature metric reads of the pairwise pass (words
    of `genbench.metrics.panel`). `group`: the evaluation under which lists show it. `version` grows whenever values
    change.
    """

    name: str
    summary: str
    direction: Direction
    needs: str = "features"
    title: str = ""
    group: str = ""
    measure: str | Callable[..., Any] | None = None
    data: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    best: float | None = None
    chance: float | None = None
    unit: str = ""
    scale: float = 1.0
    titles: Mapping[str, str] = field(default_factory=dict)
    least_n: int = 2
    paper: str = ""
    targets: tuple[str, ...] = ()
    sweep: tuple[str, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "direction", Direction(self.direction))
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("-", " "))
        if self.direction is Direction.NEAREST and self.best is None:
            raise ValueError(f"metric {self.name!r} is best nearest to a value: declare `best`")
        if self.needs not in NEEDS:
            raise ValueError(f"metric {self.name!r} needs {self.needs!r}: it is one of {', '.join(NEEDS)}")
        check_data_words(f"metric {self.name!r}", self.data)

    @property
    def other_names(self) -> Mapping[str, str]:
        """What others call it, in small letters, and how to ask for that: `fid` is `frechet` on `inception-v3`."""
        return {title.casefold(): f"{self.name!r} on the encoder {on!r}" for on, title in self.titles.items()}


MetricSpec = Metric
"""The older name of `Metric`."""
