"""What labelling the most unusual examples of a pool was worth: accuracy of a classifier before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from genbench.core.values import Value
from genbench.metrics.intervals import Z95
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.values import mean_value, value


@dataclass(frozen=True, slots=True)
class Read:
    """Which test examples a classifier reads rightly, 0 or 1 (a share where there are several): `rare` (n,), `ordinary`
    (m,), float64."""

    rare: Tensor
    ordinary: Tensor


@dataclass(frozen=True, kw_only=True)
class MiningInputs:
    """`read`: the same test examples by classifiers that learned from a small labelled set (`base`), or from that and
    equally many more of the pool, taken at random (`random`), by the highest scores (`mined`), among the rare ones
    alone (`oracle`). `taken`: whether each example that the scores chose is rare, bool (k,). `prevalence`: the share of
    rare ones in the pool.
    """

    read: Mapping[str, Read]
    taken: Tensor
    prevalence: float

    gives: ClassVar[frozenset[str]] = frozenset({"mining"})

    @property
    def sizes(self) -> Sizes:
        """Test examples, rare ones and others."""
        first = next(iter(self.read.values()))
        return Sizes(len(first.rare), len(first.ordinary), ("rare test examples", "ordinary test examples"))


def mining_metrics(inputs: MiningInputs, metrics: Sequence[str]) -> dict[str, Value]:
    """Each metric of `metrics`, by target."""
    return measured(inputs, metrics)


def mining_precision(inputs: MiningInputs) -> Value:
    """`mining-precision`: the share of rare ones among those that were labelled, with its `lift` over chance."""
    found = _share(inputs.taken)
    assert found.value is not None
    return replace(found, details={"lift": found.value / inputs.prevalence})


def mining_accuracy(inputs: MiningInputs) -> dict[str, Value]:
    """`mining-accuracy` by `rare:WAY` and `ordinary:WAY`; Wilson's interval over the test examples."""
    rare = {f"rare:{way}": _share(read.rare) for way, read in inputs.read.items()}
    return rare | {f"ordinary:{way}": _share(read.ordinary) for way, read in inputs.read.items()}


def mining_gain(inputs: MiningInputs) -> dict[str, Value]:
    """`mining-gain`: accuracy with the most unusual less accuracy with random ones, on `rare` and `ordinary` examples.

    Its interval is over test examples, paired: both classifiers read the same ones.
    """
    mined, random = inputs.read["mined"], inputs.read["random"]
    return {"rare": _gain(mined.rare, random.rare), "ordinary": _gain(mined.ordinary, random.ordinary)}


def _share(right: Tensor) -> Value:
    """The share of true values."""
    return replace(mean_value(right.double()), n=len(right))


def _gain(one: Tensor, other: Tensor) -> Value:
    """The difference of two shares of the same examples with the interval of Agresti & Min 2005 (half an example added
    to each of the four cells), which is not empty where both are always right."""
    terms = one.double() - other.double()
    n, total = len(terms), float(terms.sum())
    half = Z95 * math.sqrt(float(terms.square().sum()) + 1 - total**2 / (n + 2)) / (n + 2)
    return replace(value(total / n, (total / (n + 2) - half, total / (n + 2) + half)), n=n)
