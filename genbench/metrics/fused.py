"""What a sweep on a CUDA device takes from a tile in one read of it, as Triton kernels: the values of plain torch code.

Sums are taken in an order that does not change from run to run: no value depends on which program was first. The list
of near pairs comes in any order; whoever reads it counts, or sorts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from genbench.metrics.points import Points
    from genbench.metrics.sweep import Tile

try:
    import triton
    import triton.language as tl
except ImportError:  # torch without CUDA comes without it
    triton = None

_STRIP, _WIDTH, _CHUNK = 32, 64, 512  # rows and columns that a program reads at a time, columns that it reads in all
_WARPS = 4
_ROW = 2048  # columns of one row that a program looks at
_WORTH = 1 << 24
_ROOM, _MANY = 1 << 22, 1 << 19  # pairs that are kept, and that are worth being taken
CUBIC, GAUSSIANS, UNIT_GAUSSIAN = 0, 1, 2
"""Kernels of one number u and at most two a point."""


def runs_on(x: Tensor, pairs: int = _WORTH) -> bool:
    """Whether these kernels read the tiles of so many pairs where x is: fewer are not worth compiling them."""
    here = x.is_cuda or os.environ.get("TRITON_INTERPRET") == "1"
    return triton is not None and here and pairs >= _WORTH and x.dtype in {torch.float32, torch.float64}


if triton is not None:

    @triton.jit
    def _add_sums(
        u, stride, height, width, left, right, terms: tl.constexpr, rows, n_rows, columns, n_columns,
        first_row, first_column, a, kind: tl.constexpr, skip_diagonal: tl.constexpr, by_columns: tl.constexpr,
        BM: tl.constexpr, BN: tl.constexpr, CHUNK: tl.constexpr,
    ):  # fmt: skip
        strip, chunk = tl.program_id(0), tl.program_id(1)
        i = strip * BM + tl.arange(0, BM)
        own = tl.zeros([BM], tl.float64)
        in_rows = i < height
        l0 = tl.zeros([BM], u.dtype.element_ty)
        l1 = l0
        if terms > 0:
            l0 = tl.load(left + (first_row + i).to(tl.int64) * terms, mask=in_rows, other=0.0)
        if terms > 1:
            l1 = tl.load(left + (first_row + i).to(tl.int64) * terms + 1, mask=in_rows, other=0.0)
        for start in range(chunk * CHUNK, chunk * CHUNK + CHUNK, BN):
            j = start + tl.arange(0, BN)
            in_columns = j < width
            inside = in_rows[:, None] & in_columns[None, :]
            value = tl.load(u + i[:, None].to(tl.int64) * stride + j[None, :], mask=inside, other=0.0)
            r0 = tl.zeros([BN], u.dtype.element_ty)
            r1 = r0
            if terms > 0:
                r0 = tl.load(right + (first_column + j).to(tl.int64) * terms, mask=in_columns, other=0.0)
            if terms > 1:
                r1 = tl.load(right + (first_column + j).to(tl.int64) * terms + 1, mask=in_columns, other=0.0)
            if kind == 0:
                s = l0[:, None] + value * a + r0[None, :]
                value = s * (3.0 + s * (3.0 + s))
            elif kind == 1:
                e = tl.exp(tl.minimum(value * a, 0.0))
                fourth = e * e * e * e
                sixteenth = fourth * fourth * fourth * fourth
                value = (e + fourth + sixteenth) * (1.0 / 3.0)
            else:
                cosine = (value + l0[:, None] + r0[None, :]) * l1[:, None] * r1[None, :]
                t = (cosine - 1.0) * a
                value = t * (1.0 + t * (1.0 / 2 + t * (1.0 / 6 + t * (1.0 / 24 + t * (1.0 / 120)))))
            if skip_diagonal:
                inside = inside & ((first_row + i)[:, None] != (first_column + j)[None, :])
            value = tl.where(inside, value, 0.0)
            own += tl.sum(value, 1).to(tl.float64)
            if by_columns:
                at = columns + strip.to(tl.int64) * n_columns + first_column + j
                total = tl.load(at, mask=in_columns, other=0.0) + tl.sum(value, 0).to(tl.float64)
                tl.store(at, total, mask=in_columns)
        at = rows + chunk.to(tl.int64) * n_rows + first_row + i
        tl.store(at, tl.load(at, mask=in_rows, other=0.0) + own, mask=in_rows)

    @triton.jit
    def _collect(
        u, stride, width, row_bar, column_bar, has_row_bar: tl.constexpr, has_column_bar: tl.constexpr,
        first_row, first_column, at_row, at_column, at_u, count, room, once: tl.constexpr, BN: tl.constexpr,
    ):  # fmt: skip
        i = tl.program_id(0)
        row_limit = tl.load(row_bar + first_row + i) if has_row_bar else float("inf")
        for start in range(0, width, BN):
            j = start + tl.arange(0, BN)
            inside = j < width
            value = tl.load(u + i.to(tl.int64) * stride + j, mask=inside, other=float("-inf"))
            near = inside & (value >= row_limit)
            if has_column_bar:
                near |= inside & (value >= tl.load(column_bar + first_column + j, mask=inside, other=float("inf")))
            if once:
                near &= first_row + i > first_column + j
            found = tl.sum(near.to(tl.int32), 0)
            if found > 0:
                slot = tl.atomic_add(count, found) + tl.cumsum(near.to(tl.int32), 0) - 1
                keep = near & (slot < room)
                tl.store(at_row + slot, tl.zeros([BN], tl.int32) + first_row + i, mask=keep)
                tl.store(at_column + slot, first_column + j, mask=keep)
                tl.store(at_u + slot, value, mask=keep)

    @triton.jit
    def _write(x, centre, half, out, stride, start, d, minus_half_at, BD: tl.constexpr):
        row, k = tl.program_id(0), tl.program_id(1) * BD + tl.arange(0, BD)
        inside = k < d
        at = x + (start + row).to(tl.int64) * d + k
        value = tl.load(at, mask=inside, other=0.0) - tl.load(centre + k, mask=inside, other=0.0)
        value = value.to(out.dtype.element_ty)
        minus_half = -tl.load(half + start + row).to(out.dtype.element_ty)
        value = tl.where(inside, value, tl.where(k == d + minus_half_at, minus_half, 1.0))
        tl.store(out + row.to(tl.int64) * stride + k, value, mask=k < d + 2)

    @triton.jit
    def _squared(x, y, i, j, out, d, BD: tl.constexpr):
        p = tl.program_id(0)
        a, b = tl.load(i + p) * d, tl.load(j + p) * d
        total = tl.zeros([BD], tl.float64)
        for start in range(0, d, BD):
            k = start + tl.arange(0, BD)
            inside = k < d
            left = tl.load(x + a + k, mask=inside, other=0.0).to(tl.float64)
            right = tl.load(y + b + k, mask=inside, other=0.0).to(tl.float64)
            total += (left - right) * (left - right)
        tl.store(out + p, tl.sum(total, 0))


def _grid(tile: Tile) -> tuple[int, int]:
    height, width = tile.u.shape
    return triton.cdiv(height, _STRIP), triton.cdiv(width, _CHUNK)


class TileSums:
    """Float64 sums of a kernel over the rows and the columns of each tile, in partial sums that one program owns."""

    def __init__(self, rows: Tensor, columns: Tensor, kind: int, a: float, block: int) -> None:
        """`rows` (n, t) and `columns` (m, t): the kernel's terms of each side; `a`: what u is multiplied with."""
        self._sides, self._kind, self._a = (rows.contiguous(), columns.contiguous()), kind, a
        strips, chunks = -(-block // _STRIP), -(-block // _CHUNK)
        self._rows = torch.zeros(chunks, len(rows), dtype=torch.float64, device=rows.device)
        self._columns = torch.zeros(strips, len(columns), dtype=torch.float64, device=rows.device)

    def add(self, tile: Tile) -> None:
        """Add a tile; on a diagonal one each pair but a point with itself once, by rows."""
        left, right = self._sides
        _add_sums[_grid(tile)](
            tile.u, tile.u.stride(0), *tile.u.shape, left, right, left.shape[1], self._rows, self._rows.shape[1],
            self._columns, self._columns.shape[1], tile.rows.start, tile.columns.start, self._a, self._kind,
            tile.diagonal, not tile.diagonal, _STRIP, _WIDTH, _CHUNK, num_warps=_WARPS,
        )  # fmt: skip

    def sums(self) -> tuple[Tensor, Tensor]:
        """(n,) over each row and (m,) over each column."""
        return self._rows.sum(0), self._columns.sum(0)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows i (p,), columns j (p,) and u (p,) of pairs, in no order."""

    i: Tensor
    j: Tensor
    u: Tensor


class NearPairs:
    """The pairs of tiles whose u reaches the bar of its row or of its column, kept on the device until taken.

    Nothing waits for the device but `settle`. `is_short`: there was no room for what the last tiles held, and whoever
    is shown them again must take them whole.
    """

    def __init__(self, like: Tensor) -> None:
        """`like`: a tensor of the tiles' type."""
        self._settled, self.mirrors, self.is_short = 0, False, False
        self._at = [torch.empty(_ROOM, dtype=torch.int32, device=like.device) for _ in range(2)]
        self._u = like.new_empty(_ROOM)
        self._count = torch.zeros(1, dtype=torch.int32, device=like.device)

    def collect(self, tile: Tile, row_bar: Tensor | None, column_bar: Tensor | None) -> None:
        """Add a tile's; a bar of the tile's type for each row (n,) and each column (m,), None for a side without.

        On a diagonal tile each pair is taken once: bars of both sides are needed there.
        """
        self.mirrors |= tile.mirrored or tile.diagonal
        _collect[(len(tile.u),)](
            tile.u, tile.u.stride(0), tile.u.shape[1], self._u if row_bar is None else row_bar,
            self._u if column_bar is None else column_bar, row_bar is not None, column_bar is not None,
            tile.rows.start, tile.columns.start, *self._at, self._u, self._count, _ROOM, tile.diagonal, _ROW,
        )  # fmt: skip

    def settle(self) -> bool:
        """Wait, and see whether all found since the last time had room; where not, what was found since is dropped.
        True after tiles that were taken whole."""
        if self.is_short:
            self.is_short = False
            return True
        count = int(self._count)
        self.is_short = count > _ROOM
        if self.is_short:
            self._count.fill_(self._settled)
        else:
            self._settled = count
        return not self.is_short

    @property
    def is_filling(self) -> bool:
        """Whether it is time to take what was settled."""
        return self._settled > _MANY

    def take(self) -> Pairs:
        """All that was settled, which is forgotten here."""
        i, j = (at[: self._settled].long() for at in self._at)
        pairs = Pairs(i, j, self._u[: self._settled].clone())
        self._settled = 0
        self._count.zero_()
        return pairs


def write(points: Points, start: int, stop: int, out: Tensor, *, minus_half_at: int) -> None:
    """What `Points.write` writes, in one read of x."""
    d = points.dim
    grid = (stop - start, triton.cdiv(d + 2, 1024))
    _write[grid](points.x, points.centre, points.half, out, out.stride(0), start, d, minus_half_at, 1024)


def squared_distances(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """|x_i − y_j|² of the listed pairs, by differences in float64."""
    out = torch.empty(len(i), dtype=torch.float64, device=x.device)
    if len(i):
        _squared[(len(i),)](x.contiguous(), y.contiguous(), i, j, out, x.shape[1], 512)
    return out
