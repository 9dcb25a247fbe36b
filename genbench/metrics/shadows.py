"""Which rows have a row of another set nearer than a distance: the float64 answer, with few pairs measured whole.

A set is seen by its shadow: its rows along a few orthonormal axes, and the length of what these leave out. Shadows are
no farther apart than the rows, so a row whose shadow has no other one near has no row near. With an axis for every 24
dimensions even the shadows of pure noise are 0.2 of the rows' distance apart: enough for a tenth of it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.metrics.points import Points, rows_at_once, squared_distances
from genbench.metrics.sweep import Observer, Tile, sweep

DIMENSIONS = 24
"""For so many there is an axis."""

LEAST_AXES = 16
"""With fewer, all dimensions take hardly longer."""

_ROWS = 1024  # that choose the axes: which ones they are changes no answer
_PAIRS = 1 << 18  # measured at once


class Shadow:
    """The shadow of (n, d) columns: the axes along which they vary most, and their centre; `points` are theirs."""

    def __init__(self, columns: Tensor, mean: Tensor) -> None:
        some = columns[:: -(-len(columns) // _ROWS)].double() - mean
        count = columns.shape[1] // DIMENSIONS
        self._mean, self._axes = mean, torch.linalg.svd(some, full_matrices=False).Vh[:count].T
        self.points = self.of(columns)

    def of(self, x: Tensor) -> Points:
        """(m, d) -> m points of k + 1 dimensions: the coordinates along k axes, and the length of the rest."""
        seen = torch.cat([self._seen(rows.double() - self._mean) for rows in torch.split(x, rows_at_once(x))])
        return Points(seen, torch.zeros_like(seen[0]), torch.float32)

    def _seen(self, rows: Tensor) -> Tensor:
        along = rows @ self._axes
        rest = rows.sub_(along @ self._axes.T).square().sum(1).sqrt()
        return torch.cat([along, rest[:, None]], 1)


class Within(Observer):
    """Observer of a sweep of the shadows of rows over those of columns: who has a column nearer than `distance`.

    `rows`, `columns`: (n, d) and (m, d), what the shadows are of. `found`: (n,) bool.
    """

    def __init__(self, rows: Tensor, columns: Tensor, shadows: tuple[Points, Points], distance: float) -> None:
        self._sides, self._distance = (rows, columns), distance
        slack = shadows[0].rounding() * (shadows[0].half + shadows[1].half.max())
        self._bar = (-0.5 * distance**2 - slack).to(shadows[0].dtype)
        self.found = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)

    def see(self, tile: Tile) -> None:
        """Measure the pairs whose shadows are near; first the nearest of each row, which may settle it."""
        bar = self._bar[tile.rows]
        rows = ((tile.u.amax(1) >= bar) & ~self.found[tile.rows]).nonzero()[:, 0]
        self._measure(tile, rows, tile.u[rows].argmax(1))
        rows = rows[~self.found[tile.rows][rows]]
        near = (tile.u[rows] >= bar[rows, None]).nonzero()
        for pairs in torch.split(near, _PAIRS):
            self._measure(tile, rows[pairs[:, 0]], pairs[:, 1])

    def _measure(self, tile: Tile, i: Tensor, j: Tensor) -> None:
        i = i + tile.rows.start
        exact = squared_distances(*self._sides, i, j + tile.columns.start)
        self.found[i[exact.sqrt() < self._distance]] = True


def pays(x: Tensor) -> bool:
    """Whether there are dimensions enough; a GPU multiplies all of them as fast."""
    return x.shape[1] >= DIMENSIONS * LEAST_AXES and not x.is_cuda


def within(rows: Tensor, columns: Tensor, shadow: Shadow, distance: float, *, block: int | None = None) -> Tensor:
    """(n,) bool: whether a row of (n, d) has a row nearer than `distance` among (m, d), whose shadow is given."""
    own = shadow.of(rows)
    seen = Within(rows, columns, (own, shadow.points), distance)
    sweep(own, shadow.points, [seen], block=block)
    return seen.found
