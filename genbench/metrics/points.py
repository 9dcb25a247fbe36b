"""Feature vectors ready for Gram blocks: centred rows with two extra columns, so that one product gives −½ distance².

With a = x − c and h = ½|a|², the rows [a, −h, 1] and columns [b, 1, −h'] multiply to u = a·b − h − h' = −½|x − y|².
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.metrics import fused

SMALL = 1 << 33
"""Multiply-adds up to which a Gram matrix is taken in float64: there it costs next to nothing and rounds to nothing."""

LARGEST = 1e15
"""Features may be this large: of larger ones, squared distances overflow float32 and a cubic kernel float64."""

_ALIGNED = 32  # columns of a buffer on a GPU are a multiple of this: its products like it
_PIECE = 1 << 20  # values in one temporary of the float64 refinement


def rows_at_once(x: Tensor, on_cpu: int = 2048) -> int:
    """Rows of x that a temporary holds: few enough for a CPU's caches, or many enough for a GPU to be busy."""
    return 8192 if x.is_cuda else on_cpu


def check_features(x: Tensor, name: str) -> Tensor:
    """The same tensor if it is an (n, d) array of numbers up to `LARGEST`, else `DataError` with count and place."""
    if x.ndim != 2 or x.shape[1] < 1:
        raise DataError(f"{name} features must be (n, d), got shape {tuple(x.shape)}: flatten or encode them first.")
    x = x.cpu() if x.device.type == "mps" else x  # which has no float64
    x = x if x.is_floating_point() else x.to(torch.float32)
    x = x if x.dtype in (torch.float32, torch.float64) else x.to(torch.float32)
    step = rows_at_once(x)
    for start in range(0, x.shape[0], step):
        rows = x[start : start + step]
        if not bool((rows.abs() <= LARGEST).all()):  # nor is NaN
            bad = ~torch.isfinite(rows)
            bad = bad if bad.any() else rows.abs() > LARGEST
            row, column = (int(i) for i in bad.nonzero()[0])
            raise DataError(f"{name} features hold {_complaint(x, f'row {start + row}, column {column}')}.")
    return x


def _complaint(x: Tensor, first: str) -> str:
    absent = int((~torch.isfinite(x)).sum())
    if absent:
        return f"{absent} NaN or inf, the first at {first}"
    return (
        f"values up to {float(x.abs().max()):.3g}, the first at {first}: beyond {LARGEST:g} their squares overflow, "
        "bring both sides to a scale of about 1"
    )


def refuse_zero_rows(norms: Tensor, name: str = "feature vectors") -> None:
    """Raise `Unsupported` where rows of these lengths (n,) have no direction, with their number and the first."""
    zero = (norms == 0).nonzero()
    if len(zero):
        raise Unsupported(f"{len(zero)} {name} are all 0, the first is row {int(zero[0])}: they have no direction")


def working_dtype(rows: int, columns: int, x: Tensor) -> torch.dtype:
    """Float64 for small Gram matrices of x's rows and where it is as fast, float32 (close calls refined) for others."""
    if rows * columns * x.shape[1] <= SMALL or is_fast_in_float64(x.device):
        return torch.float64
    return torch.float32


def is_fast_in_float64(device: torch.device) -> bool:
    """Whether products take no longer in float64 than in float32, as on A100 and H100 (and their kin)."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device) in {(8, 0), (9, 0)}


class Points:
    """An (n, d) set seen from a centre c: what a sweep needs of it. O(n) memory beyond the features."""

    def __init__(self, x: Tensor, centre: Tensor, dtype: torch.dtype) -> None:
        self.x, self.dtype = x, dtype
        self.centre = centre.to(torch.promote_types(x.dtype, dtype))
        self.half = torch.empty(len(x), dtype=torch.float64, device=x.device)
        step = rows_at_once(x, 1024)
        for start in range(0, len(x), step):
            a = self._centred(start, start + step)
            self.half[start : start + step] = 0.5 * (a * a).sum(1)
        self.half = self.half.to(dtype).double()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def dim(self) -> int:
        """d, the length of one feature vector."""
        return self.x.shape[1]

    def _centred(self, start: int, stop: int) -> Tensor:
        """x − c, subtracted in the wider of the two types."""
        return (self.x[start:stop].to(self.centre.dtype) - self.centre).to(self.dtype)

    def buffer(self, rows: int) -> Tensor:
        """(rows, d + 2 and as many more as make the products of a GPU fast) for `write`, all 0."""
        wide = -(-(self.dim + 2) // _ALIGNED) * _ALIGNED if self.x.is_cuda else self.dim + 2
        return self.x.new_zeros((rows, wide), dtype=self.dtype)

    def write(self, start: int, stop: int, out: Tensor, *, minus_half_at: int) -> Tensor:
        """Rows start..stop as [x − c, ...] in `out`, a `buffer`; the other extra column is 1."""
        d, part = self.dim, out[: stop - start]
        if fused.runs_on(self.x) and self.x.is_contiguous():
            fused.write(self, start, stop, part, minus_half_at=minus_half_at)
            return part
        if self.x.dtype == self.dtype:
            torch.sub(self.x[start:stop], self.centre, out=part[:, :d])
        else:
            part[:, :d] = self._centred(start, stop)
        part[:, d : d + 2] = 1.0
        part[:, d + minus_half_at] = -self.half[start:stop].to(self.dtype)
        return part

    def rounding(self) -> float:
        """β with |error of u| ≤ β (h + h') for all practical purposes: (4 √d + 16) unit roundoffs, doubled.

        The probabilistic bound of Higham & Mary 2019 (λ = 4) in place of d roundoffs, which never happen together.
        """
        return 2 * (4 * math.sqrt(self.dim) + 16) * torch.finfo(self.dtype).eps / 2


def squared_distances(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """|x_i − y_j|² of the listed pairs, by differences in float64: 0 for equal rows, the same either way round."""
    if fused.runs_on(x, len(i) * x.shape[1]) and fused.runs_on(y):
        return fused.squared_distances(x, y, i, j)
    out = torch.empty(len(i), dtype=torch.float64, device=x.device)
    step = max(1, _PIECE // x.shape[1])
    for start in range(0, len(i), step):
        rows = slice(start, start + step)
        difference = x[i[rows]].double().sub_(y[j[rows]].double())
        out[rows] = difference.mul_(difference).sum(1)
    return out
