"""Balls around points: precision, recall (Kynkäänniemi et al. 2019), density, coverage (Naeem et al. 2020).

A point's ball reaches to its k-th nearest other point of its own set; comparisons are strict, as in the reference
implementation `prdc`, against which these are checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.metrics import fused
from genbench.metrics.points import Points, squared_distances
from genbench.metrics.sweep import Observer, Tile

_PAIRS = 1 << 18  # decided at once: where every pair is close, a whole tile would take much memory


@dataclass(frozen=True, slots=True)
class Held:
    """Who lies in whose ball. `real_balls` (m,): balls of the reference that hold each sample; `clipped_balls` (m,):
    the same (≤) with radii cut at their median; `samples` (n,): samples in each reference point's ball; `found` (n,):
    whether a reference point lies in some sample's ball."""

    real_balls: Tensor
    clipped_balls: Tensor
    samples: Tensor
    found: Tensor


class Balls(Observer):
    """Observer of a sweep of samples (rows) over the reference (columns): counts who lies in whose ball.

    `radii2`: squared radii (float64) of each side. Pairs that float32 cannot decide are measured in float64.
    """

    def __init__(self, samples: Points, reference: Points, sample_radii2: Tensor, real_radii2: Tensor) -> None:
        self._sides = samples, reference
        self._radii2 = sample_radii2, real_radii2
        self._clipped2 = real_radii2.clamp(max=float(median(real_radii2)))
        reach = reference.rounding()
        dtype = samples.dtype
        self._row_bar = (-0.5 * sample_radii2 - reach * (samples.half + reference.half.max())).to(dtype)
        self._column_bar = (-0.5 * real_radii2 - reach * (reference.half + samples.half.max())).to(dtype)
        none = torch.zeros(1, dtype=torch.int64, device=samples.x.device)
        self._real_balls, self._clipped = none.repeat(len(samples)), none.repeat(len(samples))
        self._samples, self._found = none.repeat(len(reference)), none.repeat(len(reference))
        self._collected = (
            fused.NearPairs(self._row_bar) if fused.runs_on(self._row_bar, len(samples) * len(reference)) else None
        )

    def see(self, tile: Tile) -> None:
        """Find the few pairs that may lie within a radius, and decide each, or collect them."""
        if self._collected is not None and not self._collected.is_short:
            self._collected.collect(tile, self._row_bar, self._column_bar)
            return
        near = (tile.u >= self._column_bar[tile.columns]).logical_or_(tile.u >= self._row_bar[tile.rows, None])
        for pairs in torch.split(near.nonzero(), _PAIRS):
            i, j = pairs.unbind(1)
            self._decide(i + tile.rows.start, j + tile.columns.start, tile.u[i, j])

    def settle(self) -> bool:
        """Whether there was room for what was collected; decides it where it gets short."""
        if self._collected is None:
            return True
        fits = self._collected.settle()
        if self._collected.is_filling:
            self.finish()
        return fits

    def finish(self) -> None:
        """Decide what was collected."""
        if self._collected is not None:
            found = self._collected.take()
            for i, j, u in zip(*(torch.split(part, _PAIRS) for part in (found.i, found.j, found.u)), strict=True):
                self._decide(i, j, u)

    def _decide(self, i: Tensor, j: Tensor, u: Tensor) -> None:
        exact = self._measure(i, j, u.double())
        in_real = exact < self._radii2[1][j]
        self._add(self._real_balls, i[in_real])
        self._add(self._samples, j[in_real])
        self._add(self._clipped, i[exact <= self._clipped2[j]])
        self._found[j[exact < self._radii2[0][i]]] = 1

    def _measure(self, i: Tensor, j: Tensor, u: Tensor) -> Tensor:
        """Squared distances of the pairs: from u where that is good enough to decide, else by differences."""
        rows, columns = self._sides
        value = -2 * u
        slack = 2 * columns.rounding() * (rows.half[i] + columns.half[j])
        close = torch.zeros_like(value, dtype=torch.bool)
        for limit in (self._radii2[1][j], self._radii2[0][i], self._clipped2[j]):
            close |= (value - limit).abs() <= slack
        value[close] = squared_distances(rows.x, columns.x, i[close], j[close])
        return value

    @staticmethod
    def _add(counts: Tensor, at: Tensor) -> None:
        counts.scatter_add_(0, at, torch.ones_like(at))

    def held(self) -> Held:
        """The counts so far."""
        return Held(self._real_balls, self._clipped, self._samples, self._found.bool())


def median(x: Tensor) -> Tensor:
    """The median, the mean of the middle two for even n (torch's own takes the lower)."""
    ordered = x.sort().values
    return 0.5 * (ordered[(len(x) - 1) // 2] + ordered[len(x) // 2])


def precision(held: Held) -> Tensor:
    """Per sample: 1 where it lies in some ball of the reference. Its mean is the metric, ↑ [0, 1]."""
    return (held.real_balls > 0).double()


def recall(held: Held) -> Tensor:
    """Per reference point: 1 where it lies in some sample's ball. ↑ [0, 1]."""
    return held.found.double()


def density(held: Held, k: int) -> Tensor:
    """Per sample: balls of the reference that hold it, over k. ↑ [0, ∞), 1 for the truth."""
    return held.real_balls.double() / k


def coverage(held: Held) -> Tensor:
    """Per reference point: 1 where its ball holds a sample. ↑ [0, 1]."""
    return (held.samples > 0).double()


def realism(x: Tensor, radii2: Tensor, g: Tensor) -> Tensor:
    """Per sample: the largest r_k(x)/‖g − x‖ over the half of the reference with the smaller radii; ≥ 0.

    Sorts pictures; not a table's metric. Kynkäänniemi et al. 2019, section 5.
    """
    half = radii2.argsort(stable=True)[: (len(x) + 1) // 2]
    kept, radii = x[half].double(), radii2[half].sqrt()
    return torch.cat([(radii / torch.cdist(rows.double(), kept, compute_mode="donot_use_mm_for_euclid_dist")).amax(1)
                      for rows in torch.split(g, 256)])  # fmt: skip
