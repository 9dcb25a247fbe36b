"""A feature set with all that depends on it alone, computed when first asked for and kept; and a pair of sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.metrics import clipped, frechet, kernels, shadows, vendi
from genbench.metrics.drawing import by_content
from genbench.metrics.kernels import Kernel, KernelSums
from genbench.metrics.manifold import Balls, Held
from genbench.metrics.neighbours import Nearest, Neighbours, Ties, Weigh, resolve, ties
from genbench.metrics.points import Points, check_features, rows_at_once, working_dtype
from genbench.metrics.sweep import Observer, sweep, symmetric_sweep

T = TypeVar("T")

Keep = Callable[[Callable[[], Neighbours]], Neighbours]
"""Gives a set's neighbours: those that were kept, else what the function finds, which it keeps."""

MANY = 2**31
"""n of a set that is known by its moments, which then are exact but for a sample's own noise."""


class PointSet:
    """(n, d) features of real or generated data, with their own moments, neighbours, kernel sums and Vendi score.

    One symmetric sweep over the set's Gram blocks answers all that is asked of it at once; a later question that was
    answered before costs nothing. Raises `DataError` for features that are not finite.
    """

    def __init__(
        self,
        features: Tensor,
        k: int = 5,
        block: int | None = None,
        *,
        name: str = "reference",
        centre: Tensor | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._features: Tensor | None = check_features(features.detach(), name)
        self._centre, self._keep = centre, keep
        self.k, self.block, self.name = k, block, name
        self._sums: dict[Kernel, Tensor] = {}
        self._neighbours: Neighbours | None = None
        self._nearest_in: dict[int, tuple[PointSet, Tensor]] = {}
        self._made: dict[Any, Any] = {}

    @classmethod
    def from_moments(cls, mean: Tensor, covariance: Tensor, *, name: str = "reference") -> PointSet:
        """A set of which only mean (d,) and covariance (d, d) are known: what reads its rows raises `Unsupported`."""
        known = cls(mean[None], name=name)
        known._features = None
        known.__dict__["moments"] = frechet.Moments(MANY, mean.double(), given=covariance.double())
        return known

    @property
    def features(self) -> Tensor:
        """The rows, (n, d). Raises `Unsupported` where only their moments are known."""
        if self._features is None:
            raise Unsupported(f"of the {self.name} set only mu and sigma are known: it needs the rows")
        return self._features

    def __len__(self) -> int:
        return len(self.features)

    @property
    def size(self) -> int | None:
        """n, None where only the moments are known."""
        return None if self._features is None else len(self._features)

    @property
    def dim(self) -> int:
        """d, the length of one feature vector."""
        return self.moments.dim if self._features is None else self._features.shape[1]

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key: something that depends on this set alone."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    @cached_property
    def order(self) -> Tensor:
        """(n,): row numbers in an order that the rows' contents give, for what draws or folds."""
        return by_content(self.features)

    @property
    def ordered(self) -> Tensor:
        """The features in that order."""
        return self.features[self.order]

    @cached_property
    def moments(self) -> frechet.Moments:
        """n, mean and covariance in float64."""
        return frechet.moments(self.features)

    @cached_property
    def points(self) -> Points:
        """The features about `centre`, else about their own mean.

        Samples are seen from the reference's mean, so that float32 rounds a point the same way in each sweep it is in:
        in a kernel distance these roundings then cancel.
        """
        centre = self.moments.mean if self._centre is None else self._centre
        return self.about(centre, working_dtype(len(self), len(self), self.features))

    def about(self, centre: Tensor, dtype: torch.dtype) -> Points:
        """The features about another centre."""
        return Points(self.features, centre, dtype)

    @cached_property
    def rke(self) -> vendi.Vendi:
        """Effective number of frequent kinds of rows: the Vendi score of order 2."""
        return vendi.rke_score(self.features)

    @cached_property
    def vendi(self) -> vendi.Vendi:
        """Effective number of different rows, by cosine similarity."""
        return vendi.vendi_score(self.features)

    @cached_property
    def median_distance(self) -> float:
        """Median distance between two rows."""
        return kernels.median_distance(self.features)

    def prepare(self, asked: Iterable[Kernel], *, neighbours: bool = False) -> None:
        """Answer all of this in one sweep, less what is known already."""
        sums = {kernel: KernelSums(kernel, self.points, self.points) for kernel in asked if kernel not in self._sums}
        observers: list[Observer] = list(sums.values())
        nearest = None
        if neighbours and self._neighbours is None and len(self) > 1:
            if self._keep is None:
                nearest = self._nearest()
                observers.append(nearest)
            else:
                self._neighbours = self._keep(self._find_neighbours)
        if observers:
            symmetric_sweep(self.points, observers, block=self.block)
        self._sums.update({kernel: observer.rows for kernel, observer in sums.items()})
        if nearest is not None:
            self._neighbours = resolve(nearest, self.points, self.points, same=True)

    def _nearest(self) -> Nearest:
        return Nearest(len(self), len(self) - 1, self.k, self.points.half.to(self.points.dtype))

    def _find_neighbours(self) -> Neighbours:
        """The neighbours from a sweep of their own."""
        nearest = self._nearest()
        symmetric_sweep(self.points, [nearest], block=self.block)
        return resolve(nearest, self.points, self.points, same=True)

    def sums(self, kernel: Kernel) -> Tensor:
        """(n,): each row's sum of the kernel over the other rows."""
        self.prepare([kernel])
        return self._sums[kernel]

    @property
    def neighbours(self) -> Neighbours:
        """Nearest and k-th nearest other row of each row; needs n > k."""
        self.prepare([], neighbours=True)
        if self._neighbours is None:
            raise Unsupported(f"the {self.name} set has {len(self)} row: a neighbour needs two")
        return self._neighbours

    @property
    def radii2(self) -> Tensor:
        """(n,): squared distance to the k-th nearest other row. Raises `Unsupported` where there are too few."""
        if len(self) <= self.k:
            raise Unsupported(
                f"radii to the {self.k}th neighbour need more than {self.k} {self.name} rows: {len(self)}"
            )
        return self.neighbours.kth2

    @cached_property
    def tied(self) -> Tensor:
        """(n,): how many other rows are as near as each row's nearest."""
        return ties(self.neighbours, self.points, self.points, same=True).count

    @cached_property
    def self_balls(self) -> Tensor:
        """(n,): clipped balls of other rows that hold each row."""
        return clipped.self_balls(self.points, self.neighbours)

    @cached_property
    def shadow(self) -> shadows.Shadow:
        """The features in few dimensions, no pair of which is farther apart than in all."""
        return shadows.Shadow(self.features, self.moments.mean)

    @cached_property
    def has_zero_row(self) -> bool:
        """Whether some row is all 0 and so has no direction."""
        return any(bool((rows == 0).all(1).any()) for rows in torch.split(self.features, rows_at_once(self.features)))

    def nearest_in(self, other: PointSet) -> Tensor:
        """(n,): squared distance of each row to the nearest row of another set; kept as long as this set is."""
        known = self._nearest_in.get(id(other))
        if known is None:
            pair = Pair(self, other)
            known = self._nearest_in[id(other)] = (other, pair.nearest_rows.nearest2)
        return known[1]


@dataclass
class Pair:
    """Two sets compared: `rows` (samples, as a rule) against `columns` (real data)."""

    rows: PointSet
    columns: PointSet
    _sums: dict[Kernel, Tensor] = field(default_factory=dict)
    _held: Held | None = None
    _nearest: dict[str, Neighbours] = field(default_factory=dict)

    @cached_property
    def _points(self) -> tuple[Points, Points]:
        dtype = working_dtype(len(self.rows), len(self.columns), self.columns.features)
        own = self.columns.points
        right = own if own.dtype == dtype else self.columns.about(own.centre, dtype)
        left = self.rows.points
        same = left.dtype == dtype and torch.equal(left.centre, own.centre)
        return left if same else self.rows.about(own.centre, dtype), right

    def prepare(self, asked: Iterable[Kernel] = (), *, balls: bool = False, nearest: Iterable[str] = ()) -> None:
        """Answer all of this in one sweep: kernel sums, balls, nearest neighbours of `rows` or `columns`."""
        left, right = self._points
        sums = {kernel: KernelSums(kernel, left, right) for kernel in asked if kernel not in self._sums}
        observers: list[Observer] = list(sums.values())
        held = None
        if balls and self._held is None:
            held = Balls(left, right, self.rows.radii2, self.columns.radii2)
            observers.append(held)
        found = {}
        for side in nearest:
            if side not in self._nearest:
                a, b = (left, right) if side == "rows" else (right, left)
                found[side] = Nearest(len(a), len(b), 1, a.half.to(a.dtype), side=side)
        observers += found.values()
        if observers:
            sweep(left, right, observers, block=self.columns.block)
        self._sums.update({kernel: observer.rows for kernel, observer in sums.items()})
        self._held = held.held() if held is not None else self._held
        for side, near in found.items():
            a, b = (left, right) if side == "rows" else (right, left)
            self._nearest[side] = resolve(near, a, b, same=False)

    def sums(self, kernel: Kernel) -> kernels.Sums:
        """The kernel's row sums within each set and across."""
        self.prepare([kernel])
        return kernels.Sums(real=self.columns.sums(kernel), own=self.rows.sums(kernel), cross=self._sums[kernel])

    @property
    def held(self) -> Held:
        """Who lies in whose ball."""
        self.prepare(balls=True)
        assert self._held is not None
        return self._held

    @property
    def nearest_rows(self) -> Neighbours:
        """For each row its nearest column."""
        self.prepare(nearest=["rows"])
        return self._nearest["rows"]

    @property
    def nearest_columns(self) -> Neighbours:
        """For each column its nearest row."""
        self.prepare(nearest=["columns"])
        return self._nearest["columns"]

    def within(self, distance: float) -> Tensor:
        """For each row whether some column is nearer than this."""
        rows, columns = self.rows.features, self.columns
        if "rows" in self._nearest or not shadows.pays(columns.features):
            return self.nearest_rows.nearest2.sqrt() < distance
        return shadows.within(rows, columns.features, columns.shadow, distance, block=columns.block)

    def ties_of_rows(self, weigh: Weigh | None = None) -> Ties:
        """For each row the columns that are as near as its nearest."""
        left, right = self._points
        return ties(self.nearest_rows, left, right, same=False, weigh=weigh)

    def ties_of_columns(self) -> Ties:
        """For each column the rows that are as near as its nearest."""
        left, right = self._points
        return ties(self.nearest_columns, right, left, same=False)
