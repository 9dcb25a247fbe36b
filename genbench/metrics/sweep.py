"""One pass over all pairs of two sets, or over each pair of one set once, in tiles of constant size.

A sweep multiplies tile by tile and shows each tile to its observers; what they keep is O(n).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core import torch_settings
from genbench.metrics.points import Points

_CPU_SIDE, _GPU_SIDE = 2048, 4096
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


class Observer(ABC):
    """Who is shown the tiles of a sweep."""

    @abstractmethod
    def see(self, tile: Tile) -> None:
        """Take what is needed of a tile; `tile.u` must be left as it is."""

    def settle(self) -> bool:
        """After each column of tiles: False if there was no room for what they held, and they must be shown again."""
        return True

    def finish(self) -> None:  # noqa: B027 (most have nothing to do)
        """After the last tile: bring together what was put off."""


def sweep(rows: Points, columns: Points, observers: Sequence[Observer], *, block: int | None = None) -> None:
    """Show the observers every (row, column) pair once."""
    block = block or tile_side(rows)
    _run(rows, columns, observers, block, _all_tiles(len(rows), len(columns), block))


def symmetric_sweep(points: Points, observers: Sequence[Observer], *, block: int | None = None) -> None:
    """Show the observers every unordered pair of one set once (within small diagonal tiles, twice)."""
    block = block or tile_side(points)
    height = min(_ROWS, block)
    block = block // height * height
    _run(points, points, observers, block, _lower_tiles(len(points), height, block))


def tile_side(points: Points) -> int:
    """Rows and columns of a tile: what a CPU's cache likes, or what fills a GPU."""
    return _GPU_SIDE if points.x.is_cuda else _CPU_SIDE


Span = tuple[slice, slice]


def _all_tiles(n: int, m: int, block: int) -> Iterator[list[Span]]:
    """Columns of tiles."""
    for j in range(0, m, block):
        across = slice(j, min(j + block, m))
        yield [(slice(i, min(i + block, n)), across) for i in range(0, n, block)]


def _lower_tiles(n: int, height: int, block: int) -> Iterator[list[Span]]:
    """Columns of tiles, each with strips of `height` down the diagonal and whole tiles below."""
    for j in range(0, n, block):
        stops = [min(i + height, n) for i in range(j, min(j + block, n), height)]
        strips = [(slice(i, stop), slice(j, stop)) for i, stop in zip(range(j, n, height), stops, strict=False)]
        below = [(slice(i, min(i + block, n)), slice(j, j + block)) for i in range(j + block, n, block)]
        yield strips + below


@contextmanager
def full_precision() -> Iterator[None]:
    """Float32 products with all their digits (no TF32) inside, whatever was set outside."""
    before = torch_settings.precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch_settings.set_precision(before)


@torch.no_grad()
def _run(rows: Points, columns: Points, observers: Sequence[Observer], block: int, steps: Iterable[list[Span]]) -> None:
    with full_precision():
        tiles = _Tiles(rows, columns, block)
        for spans in steps:
            waiting = list(observers)
            while waiting:
                for tile in tiles.of(spans):
                    for observer in waiting:
                        observer.see(tile)
                waiting = [observer for observer in waiting if not observer.settle()]
    for observer in observers:
        observer.finish()


class _Tiles:
    """Buffers of one size for all tiles of a sweep, and the products written to them."""

    def __init__(self, rows: Points, columns: Points, block: int) -> None:
        self._sides = rows, columns
        height, width = min(block, len(rows)), min(block, len(columns))
        self._a, self._b = (rows.buffer(size) for size in (height, width))
        self._u, self._scratch = (rows.x.new_empty(height * width, dtype=rows.dtype) for _ in range(2))
        self._loaded = slice(0, 0)

    def of(self, spans: Iterable[Span]) -> Iterator[Tile]:
        """The tiles of these spans, in order; each is overwritten by the next."""
        for span, against in spans:
            yield from self._tiles(span, against)

    def _tiles(self, span: slice, against: slice) -> list[Tile]:
        rows, columns = self._sides
        loaded = slice(against.start, min(against.start + len(self._b), len(columns)))
        if self._loaded != loaded:
            self._loaded = loaded
            columns.write(loaded.start, loaded.stop, self._b, minus_half_at=1)
        left = rows.write(span.start, span.stop, self._a, minus_half_at=0)
        right = self._b[: against.stop - against.start]
        shape = (len(left), len(right))
        size = shape[0] * shape[1]
        product = torch.mm(left, right.T, out=self._u[:size].view(shape))
        spare = self._scratch[:size].view(shape)
        return _split(product, spare, span, against) if rows is columns else [Tile(product, spare, span, against)]


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
