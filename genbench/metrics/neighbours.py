"""Nearest neighbours to the float64 answer: float32 keeps candidates, float64 differences decide close calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.metrics import fused
from genbench.metrics.points import Points, squared_distances
from genbench.metrics.sweep import Observer, Tile, sweep

_SPARE = 3  # candidates kept beyond the k that are asked for, to see whether the k-th was a close call
_NOBODY = -torch.inf
_PAIRS = 1 << 18  # decided at once: among equal rows every pair is a tie

TIED = 1e-12
"""Squared distances that differ by less, relatively, are the same but for rounding."""

Weigh = Callable[[Tensor, Tensor], Tensor]
"""(pairs,) numbers of pairs (i, j), given as row numbers of points and of others."""


class Nearest(Observer):
    """Observer: for each point of a side, the k + 3 others with the largest u, and where they are.

    `side` is `rows` or `columns` of a sweep; in a symmetric sweep `rows` gathers both halves. A point is not its own
    neighbour there.
    """

    def __init__(self, points: int, others: int, k: int, like: Tensor, *, side: str = "rows") -> None:
        self.k, self.side = min(k, others), side
        keep = min(k + _SPARE, others)
        self.u = like.new_full((points, keep), _NOBODY)
        self.index = torch.zeros((points, keep), dtype=torch.int64, device=like.device)
        self._collects = fused.runs_on(like, points * others)
        self._collected: Collected | None = None

    def see(self, tile: Tile) -> None:
        """Merge a tile's best into the candidates, or collect what may be one."""
        if self._collects and self._collected is None:
            self._collected = Collected(self)
        if self._collected is None or not self._collected.take(tile):
            self.merge(tile)

    def settle(self) -> bool:
        """Nothing to do, but where near pairs were collected."""
        return self._collected is None or self._collected.settle()

    def finish(self) -> None:
        """Merge what was collected: the candidates are complete."""
        if self._collected is not None:
            self._collected.merge()
            self._collected = None

    def merge(self, tile: Tile) -> None:
        """Merge all of a tile."""
        if tile.diagonal:
            self._merge(tile.u.clone().fill_diagonal_(_NOBODY), tile.rows, tile.columns.start)
        elif self.side == "columns":
            self._merge(tile.u.T, tile.columns, tile.rows.start)
        else:
            self._merge(tile.u, tile.rows, tile.columns.start)
            if tile.mirrored:
                self._merge(tile.u.T, tile.columns, tile.rows.start)

    def _merge(self, u: Tensor, points: slice, first: int) -> None:
        keep = self.u.shape[1]
        best, where = top(u, min(keep, u.shape[1]))
        both = torch.cat([self.u[points], best], 1)
        index = torch.cat([self.index[points], where + first], 1)
        self.u[points], order = both.topk(keep, 1)
        self.index[points] = index.gather(1, order)


class Collected:
    """Near pairs of a sweep on a GPU: those that reach a point's candidates so far, merged now and then.

    A point's first tile is merged whole and sets its bar.
    """

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest
        self._pairs = fused.NearPairs(nearest.u)
        self._bar = nearest.u[:, -1].clone()
        self._begun = 0  # points before this one have had their first tile

    def take(self, tile: Tile) -> bool:
        """Collect a tile's near pairs; False where it has to be merged whole."""
        by_columns = self._nearest.side == "columns"
        mine = tile.columns if by_columns else tile.rows
        if self._pairs.is_short:
            return False
        if mine.stop > self._begun:
            self._nearest.merge(tile)
            self._begun, self._bar[mine] = mine.stop, self._nearest.u[mine, -1]
        else:
            both = tile.mirrored or tile.diagonal
            self._pairs.collect(tile, None if by_columns else self._bar, self._bar if by_columns or both else None)
        return True

    def settle(self) -> bool:
        """Whether there was room for the pairs; merges them where it gets short."""
        fits = self._pairs.settle()
        if self._pairs.is_filling or not fits:
            self.merge()
        return fits

    def merge(self) -> None:
        """Merge what was collected into the candidates: by point, then by u, then by number."""
        found, nearest = self._pairs.take(), self._nearest
        one, other, u = found.i, found.j, found.u
        if nearest.side == "columns":
            one, other = other, one
        elif self._pairs.mirrors:
            one, other, u = torch.cat([one, other]), torch.cat([other, one]), u.repeat(2)
        n, keep = nearest.u.shape
        one = torch.cat([torch.arange(n, device=u.device).repeat_interleave(keep), one])
        other = torch.cat([nearest.index.flatten(), other])
        u = torch.cat([nearest.u.flatten(), u])
        order = other.argsort()
        order = order[u[order].argsort(descending=True, stable=True)]
        order = order[one[order].argsort(stable=True)]
        first = torch.searchsorted(one[order], torch.arange(n, device=u.device))
        best = order[first[:, None] + torch.arange(keep, device=u.device)]
        nearest.u, nearest.index = u[best], other[best]
        self._bar = nearest.u[:, -1].clone()


def top(u: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row and their columns: those lie in the k groups with the largest maxima."""
    size = 16 if u.shape[1] >= 1024 else 8
    groups = u.shape[1] // size
    if groups <= 4 * k:
        best = u.topk(k, 1)
        return best.values, best.indices
    whole = groups * size
    chosen = _group_maxima(u[:, :whole], size).topk(k, 1).indices
    columns = (chosen.unsqueeze(2) + groups * torch.arange(size, device=u.device)).flatten(1)
    if whole < u.shape[1]:
        rest = torch.arange(whole, u.shape[1], device=u.device).expand(len(u), -1)
        columns = torch.cat([columns, rest], 1)
    best = u.gather(1, columns).topk(k, 1)
    return best.values, columns.gather(1, best.indices)


def _group_maxima(u: Tensor, size: int) -> Tensor:
    """(n, groups): the largest of the columns g, g + groups, ... of each row; column by column where u lies so."""
    if u.stride(0) == 1 < u.stride(1):
        return torch.unflatten(u.T, 0, (size, -1)).amax(0).T.contiguous()
    return torch.unflatten(u, 1, (size, -1)).amax(1)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Squared distances (float64) to the nearest and to the k-th nearest point, and which one is the nearest.

    `candidates`, `candidate_index` (n, k + a few): u of the nearest ones as the sweep saw it, and who they are.
    """

    nearest2: Tensor
    index: Tensor
    kth2: Tensor
    candidates: Tensor
    candidate_index: Tensor


def resolve(found: Nearest, points: Points, others: Points, *, same: bool) -> Neighbours:
    """The exact first and k-th neighbour distances from the candidates of a sweep.

    A candidate is settled where float32 can't have it wrong; the others are measured in float64, and a point whose
    candidates don't reach beyond the close calls is looked at again in a float64 sweep of its own.
    """
    nearest2, index, open_first = _order(found, points, others, 1)
    kth2, _, open_kth = (nearest2, index, open_first) if found.k == 1 else _order(found, points, others, found.k)
    again = (open_first | open_kth).nonzero().squeeze(1)
    if len(again) and points.dtype == torch.float32:
        finer = _again(again, points, others, found.k, same=same)
        nearest2[again], index[again], kth2[again] = finer.nearest2, finer.index, finer.kth2
    return Neighbours(nearest2, index, kth2, found.u, found.index)


def _again(rows: Tensor, points: Points, others: Points, k: int, *, same: bool) -> Neighbours:
    """The same for some points, with float64 products."""
    few = Points(points.x[rows], others.centre, torch.float64)
    all_others = Points(others.x, others.centre, torch.float64)
    found = Nearest(len(few), len(all_others), k + same, few.half)
    sweep(few, all_others, [found])
    if same:
        _drop_itself(found, rows)
        found.k = k
    return resolve(found, few, all_others, same=same)


def _drop_itself(found: Nearest, rows: Tensor) -> None:
    itself = found.index == rows[:, None]
    found.u.masked_fill_(itself, _NOBODY)
    found.u, order = found.u.sort(1, descending=True)
    found.index = found.index.gather(1, order)


def _order(found: Nearest, points: Points, others: Points, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Squared distance and index of the k-th neighbour, and whether more candidates would be needed to be sure."""
    u = found.u.double()
    slack = points.rounding() * (points.half[:, None] + others.half[found.index])
    slack = torch.where(torch.isfinite(u), slack, 0.0)
    closest, farthest = u + slack, u - slack
    floor = farthest.topk(k, 1).values[:, -1:]  # the k-th neighbour is at least this near
    ceiling = closest.topk(k, 1).values[:, -1:]  # and at most this
    maybe = (closest >= floor) & (farthest <= ceiling) & torch.isfinite(u)
    surely = ((farthest > ceiling) & torch.isfinite(u)).sum(1)
    row, slot = maybe.nonzero().unbind(1)
    exact = torch.full_like(u, torch.inf)
    exact[row, slot] = squared_distances(points.x, others.x, row, found.index[row, slot])
    ordered, order = exact.sort(1)
    at = (k - 1 - surely).clamp(min=0)[:, None]
    value = ordered.gather(1, at).squeeze(1)
    index = found.index.gather(1, order.gather(1, at)).squeeze(1)
    unseen = u[:, -1] + points.rounding() * (points.half + others.half.max())  # no point left out is nearer than this
    unsure = (unseen >= floor.squeeze(1)) & (value > 0) & torch.isfinite(unseen) & (u.shape[1] < len(others))
    return value, index, unsure


@dataclass(frozen=True, slots=True)
class Ties:
    """The others that are as near to a point as its nearest: how many (n,), and the sum of a weight over them (n,)."""

    count: Tensor
    weight: Tensor

    @property
    def mean(self) -> Tensor:
        """(n,): the mean weight, so that each of the tied has its share of one vote."""
        return self.weight / self.count


def ties(near: Neighbours, points: Points, others: Points, *, same: bool, weigh: Weigh | None = None) -> Ties:
    """Who shares the place of the nearest. Candidates answer where they reach beyond it; else the row is swept again.

    So a vote of the nearest depends neither on the order of rows nor on how many candidates were kept.
    """
    weigh = weigh or (lambda i, j: torch.ones(len(i), dtype=torch.float64, device=i.device))
    seen = _Tied(points, others, near.nearest2 * (1 + TIED), weigh)
    reach = 2 * points.rounding()
    value = -2 * near.candidates.double()
    known = torch.isfinite(value)
    least = value - reach * (points.half[:, None] + others.half[near.candidate_index])
    unseen = value[:, -1] - reach * (points.half + others.half.max())
    left_out = value.shape[1] < len(others) - same
    again = (unseen <= seen.limit2) & known[:, -1] if left_out else torch.zeros_like(known[:, -1])
    row, slot = ((least <= seen.limit2[:, None]) & known & ~again[:, None]).nonzero().unbind(1)
    seen.take(row, near.candidate_index[row, slot])
    rows = again.nonzero().squeeze(1)
    if len(rows):
        few = Points(points.x[rows], points.centre, points.dtype)
        sweep(few, others, [_TiedInSweep(seen, few, rows, same=same)])
    return Ties(seen.count, seen.weight)


class _Tied:
    """Counts the pairs within each row's limit, measured in float64."""

    def __init__(self, points: Points, others: Points, limit2: Tensor, weigh: Weigh) -> None:
        self.sides, self.limit2, self.weigh = (points, others), limit2, weigh
        self.count, self.weight = torch.zeros_like(limit2), torch.zeros_like(limit2)

    def take(self, i: Tensor, j: Tensor) -> None:
        """Count those of the pairs that are tied."""
        tied = squared_distances(self.sides[0].x, self.sides[1].x, i, j) <= self.limit2[i]
        i, j = i[tied], j[tied]
        self.count.scatter_add_(0, i, torch.ones(len(i), dtype=torch.float64, device=i.device))
        self.weight.scatter_add_(0, i, self.weigh(i, j).double())


class _TiedInSweep(Observer):
    """Observer of a sweep of some rows over all others: shows `_Tied` whatever float32 can't rule out."""

    def __init__(self, seen: _Tied, few: Points, rows: Tensor, *, same: bool) -> None:
        self._seen, self._rows, self._same = seen, rows, same
        others = seen.sides[1]
        slack = few.rounding() * (few.half + others.half.max())
        self._bar = (-0.5 * seen.limit2[rows] - slack).to(few.dtype)

    def see(self, tile: Tile) -> None:
        """Find the pairs that may be tied, and decide each."""
        near = tile.u >= self._bar[tile.rows, None]
        for pairs in torch.split(near.nonzero(), _PAIRS):
            i, j = self._rows[pairs[:, 0] + tile.rows.start], pairs[:, 1] + tile.columns.start
            other = i != j if self._same else torch.ones_like(i, dtype=torch.bool)
            self._seen.take(i[other], j[other])
