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

_ROWS = 512  # rows of a tile on the diagonal of a symmetric sweep, where a part above it is multiplied for nothing


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
    _run(rows, columns, observers, block, _all_tiles(len(rows), len(columns), block))


def symmetric_sweep(points: Points, observers: Sequence[Observer], *, block: int = 2048) -> None:
    """Show the observers every unordered pair of one set once (within small diagonal tiles, twice)."""
    height = min(_ROWS, block)
    block = block // height * height
    _run(points, points, observers, block, _lower_tiles(len(points), height, block))


Span = tuple[slice, slice]


def _all_tiles(n: int, m: int, block: int) -> Iterator[Span]:
    for j in range(0, m, block):
        for i in range(0, n, block):
            yield slice(i, min(i + block, n)), slice(j, min(j + block, m))


def _lower_tiles(n: int, height: int, block: int) -> Iterator[Span]:
    for j in range(0, n, block):
        for i in range(j, min(j + block, n), height):
            stop = min(i + height, n)
            yield slice(i, stop), slice(j, stop)
        for i in range(j + block, n, block):
            yield slice(i, min(i + block, n)), slice(j, j + block)


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
def _run(rows: Points, columns: Points, observers: Sequence[Observer], block: int, spans: Iterable[Span]) -> None:
    with full_precision():
        for part in _tiles(rows, columns, block, spans):
            for observer in observers:
                observer.see(part)


def _tiles(rows: Points, columns: Points, block: int, spans: Iterable[Span]) -> Iterator[Tile]:
    height, width = min(block, len(rows)), min(block, len(columns))
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
