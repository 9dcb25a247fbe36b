"""One pass over all pairs of two sets, or over each pair of one set once, in tiles of constant size.

A sweep multiplies tile by tile and shows each tile to its observers; what they keep is O(n).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from genbench.metrics.points import Points

_ROWS = 512  # rows of a tile: a quarter of the columns, so that little is wasted on the diagonal of a symmetric sweep


@dataclass(frozen=True, slots=True)
class Tile:
    """u = −½ distance² for rows `rows` × columns `columns`; `scratch` is a buffer of the same shape to write on.

    `mirrored`: a symmetric sweep shows this pair only here, so that it also stands for (column, row).
    `diagonal`: rows and columns are the same points; both triangles are there, and each point with itself.
    """

    u: Tensor
    scratch: Tensor
    rows: slice
    columns: slice
    mirrored: bool = False
    diagonal: bool = False


class Observer(Protocol):
    def see(self, tile: Tile) -> None:
        """Take what is needed of a tile; `tile.u` must be left as it is."""


def sweep(rows: Points, columns: Points, observers: Sequence[Observer], *, block: int = 2048) -> None:
    """Show the observers every (row, column) pair once."""
    height, width = _tile(block)
    _run(rows, columns, observers, (height, width), _all_tiles(len(rows), len(columns), height, width))


def symmetric_sweep(points: Points, observers: Sequence[Observer], *, block: int = 2048) -> None:
    """Show the observers every unordered pair of one set once (within small diagonal tiles, twice)."""
    height, width = _tile(block)
    _run(points, points, observers, (height, width), _lower_tiles(len(points), height, width))


Span = tuple[slice, slice]


def _tile(block: int) -> tuple[int, int]:
    height = min(_ROWS, block)
    return height, block // height * height


def _all_tiles(n: int, m: int, height: int, width: int) -> Iterator[Span]:
    for j in range(0, m, width):
        for i in range(0, n, height):
            yield slice(i, min(i + height, n)), slice(j, min(j + width, m))


def _lower_tiles(n: int, height: int, width: int) -> Iterator[Span]:
    for j in range(0, n, width):
        for i in range(j, n, height):
            stop = min(i + height, n)
            yield slice(i, stop), slice(j, min(j + width, stop))


@contextmanager
def full_precision() -> Iterator[None]:
    """Float32 products with all their digits (no TF32) inside, whatever was set outside."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@torch.no_grad()
def _run(
    rows: Points, columns: Points, observers: Sequence[Observer], tile: tuple[int, int], spans: Iterable[Span]
) -> None:
    with full_precision():
        for part in _tiles(rows, columns, tile, spans):
            for observer in observers:
                observer.see(part)


def _tiles(rows: Points, columns: Points, tile: tuple[int, int], spans: Iterable[Span]) -> Iterator[Tile]:
    height, width = min(tile[0], len(rows)), min(tile[1], len(columns))
    a, b = (rows.x.new_empty((size, rows.dim + 2), dtype=rows.dtype) for size in (height, width))
    u, scratch = (rows.x.new_empty(height * width, dtype=rows.dtype) for _ in range(2))
    loaded = slice(0, 0)
    for span, against in spans:
        stop = min(against.start + width, len(columns))
        if loaded != slice(against.start, stop):
            loaded = slice(against.start, stop)
            columns.write(loaded.start, stop, b, minus_half_at=1)
        left = rows.write(span.start, span.stop, a, minus_half_at=0)
        right = b[: against.stop - against.start]
        shape = (len(left), len(right))
        size = shape[0] * shape[1]
        product = torch.mm(left, right.T, out=u[:size].view(shape))
        spare = scratch[:size].view(shape)
        if rows is columns:
            yield from _split(product, spare, span, against)
        else:
            yield Tile(product, spare, span, against)


def _split(u: Tensor, scratch: Tensor, rows: slice, columns: slice) -> list[Tile]:
    """A tile of a symmetric sweep as its part below the diagonal and its square on the diagonal."""
    below = max(0, min(columns.stop, rows.start) - columns.start)
    tiles = []
    if below:
        left = slice(columns.start, columns.start + below)
        tiles.append(Tile(u[:, :below], scratch[:, :below], rows, left, mirrored=True))
    if columns.start + below < columns.stop:
        tiles.append(Tile(u[:, below:], scratch[:, below:], rows, rows, diagonal=True))
    return tiles
