"""Input as it comes, for `genbench check metrics`: ties, orders of rows, offsets, half precision, zeros, rounding.

Each case says what must not matter: the value is that of the same data in float64, in another order, without offset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.core.values import Value
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet

EQUAL, REASON, HALF = "equal", "no value", "a half"

SEES_THE_ORIGIN = frozenset({"kid", "cmmd", "vendi", "vendi-ratio", "rke"})
"""Metrics of products or directions, which an offset changes rightly."""

OFFSET = 1e4


@dataclass(frozen=True, slots=True)
class Sides:
    """Features of reference, samples and training set."""

    real: Tensor
    made: Tensor
    train: Tensor

    def each(self, change: Callable[[Tensor], Tensor]) -> Sides:
        """All three after the same change."""
        return Sides(change(self.real), change(self.made), change(self.train))


@dataclass(frozen=True, slots=True)
class Finding:
    """A metric in a case: its value, what it should equal, how, and whether it does."""

    case: str
    metric: str
    value: float | None
    truth: float | None
    expected: str
    passed: bool


def input_checks(levels: Sides, names: Sequence[str], seed: int) -> Iterator[Finding]:
    """Every case on whole grey `levels` (n, 64) from 0 to 16."""
    whole, binary = (levels.each(lambda x: x / 16), levels.each(lambda x: (x > 7).float()))
    yield from _same("quantised", names, whole, _mixed(whole, seed))
    yield from _same("ties", names, binary, _mixed(binary, seed))
    yield from _same("half precision", names, whole.each(Tensor.double), whole.each(Tensor.half))
    far = whole.each(lambda x: (x + OFFSET).float())
    near = far.each(lambda x: x.double() - OFFSET)
    yield from _same("offset", [name for name in names if name not in SEES_THE_ORIGIN], near, far)
    yield from _zero_row(whole)
    flat = torch.full((100, 3), 0.1)
    told = _measured(Sides(flat, torch.nextafter(flat, torch.tensor(1.0)), flat), ["c2st"])["c2st"].value
    yield Finding("rounding", "c2st", told, 0.5, HALF, told == 0.5)


def _measured(sides: Sides, names: Sequence[str]) -> Mapping[str, Value]:
    train = PointSet(sides.train, name="training")
    generator = seeds.generator("selftest", "input")
    return feature_metrics(PointSet(sides.real), sides.made, train=train, metrics=names, generator=generator)


def _mixed(sides: Sides, seed: int) -> Sides:
    """The rows of each side in another order."""
    return sides.each(lambda x: x[torch.randperm(len(x), generator=seeds.generator("selftest", seed, "order"))])


def _same(case: str, names: Sequence[str], one: Sides, other: Sides) -> Iterator[Finding]:
    """The values of both, which must agree."""
    wanted, found = _measured(one, names), _measured(other, names)
    for key, value in wanted.items():
        a, b = value.value, found[key].value
        agree = a is b is None or (a is not None and b is not None and abs(a - b) <= 1e-6 * max(1.0, abs(a)))
        yield Finding(case, key, b, a, EQUAL, agree)


def _zero_row(sides: Sides) -> Iterator[Finding]:
    """A sample that is all 0 has no direction, and is named."""
    made = sides.made.clone()
    made[3] = 0
    for key, value in _measured(Sides(sides.real, made, sides.train), ["cmmd", "vendi", "rke"]).items():
        yield Finding(
            "zero row", key, value.value, None, REASON, value.value is None and "row 3" in (value.reason or "")
        )
