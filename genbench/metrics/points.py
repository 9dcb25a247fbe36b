"""Feature vectors ready for Gram blocks: centred rows with two extra columns, so that one product gives −½ distance².

With a = x − c and h = ½|a|², the rows [a, −h, 1] and columns [b, 1, −h'] multiply to u = a·b − h − h' = −½|x − y|².
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported

SMALL = 1 << 33
"""Multiply-adds up to which a Gram matrix is taken in float64: there it costs next to nothing and rounds to nothing."""

LARGEST = 1e15
"""Features may be this large: of larger ones, squared distances overflow float32 and a cubic kernel float64."""

_PIECE = 1 << 20  # values in one temporary of the float64 refinement


def check_features(x: Tensor, name: str) -> Tensor:
    """The same tensor if it is an (n, d) array of numbers up to `LARGEST`, else `DataError` with count and place."""
    if x.ndim != 2 or x.shape[1] < 1:
        raise DataError(f"{name} features must be (n, d), got shape {tuple(x.shape)}: flatten or encode them first.")
    x = x.cpu() if x.device.type == "mps" else x  # which has no float64
    x = x if x.is_floating_point() else x.to(torch.float32)
    x = x if x.dtype in (torch.float32, torch.float64) else x.to(torch.float32)
    for start in range(0, x.shape[0], 2048):
        bad = ~torch.isfinite(x[start : start + 2048])
        bad = bad if bad.any() else x[start : start + 2048].abs() > LARGEST
        if bad.any():
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


def working_dtype(rows: int, columns: int, d: int) -> torch.dtype:
    """Float64 for small Gram matrices, float32 (with refinement of close calls) for large ones."""
    return torch.float64 if rows * columns * d <= SMALL else torch.float32


class Points:
    """An (n, d) set seen from a centre c: what a sweep needs of it. O(n) memory beyond the features."""

    def __init__(self, x: Tensor, centre: Tensor, dtype: torch.dtype) -> None:
        self.x, self.dtype = x, dtype
        self.centre = centre.to(torch.promote_types(x.dtype, dtype))
        self.half = torch.empty(len(x), dtype=torch.float64, device=x.device)
        for start in range(0, len(x), 1024):
            a = self._centred(start, start + 1024)
            self.half[start : start + 1024] = 0.5 * (a * a).sum(1)
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

    def write(self, start: int, stop: int, out: Tensor, *, minus_half_at: int) -> Tensor:
        """Rows start..stop as [x − c, ...] in `out` (at least stop − start, d + 2); the other extra column is 1."""
        d, part = self.dim, out[: stop - start]
        if self.x.dtype == self.dtype:
            torch.sub(self.x[start:stop], self.centre, out=part[:, :d])
        else:
            part[:, :d] = self._centred(start, stop)
        part[:, d:] = 1.0
        part[:, d + minus_half_at] = -self.half[start:stop].to(self.dtype)
        return part

    def rounding(self) -> float:
        """β with |error of u| ≤ β (h + h') for all practical purposes: (4 √d + 16) unit roundoffs, doubled.

        The probabilistic bound of Higham & Mary 2019 (λ = 4) in place of d roundoffs, which never happen together.
        """
        return 2 * (4 * math.sqrt(self.dim) + 16) * torch.finfo(self.dtype).eps / 2


def squared_distances(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """|x_i − y_j|² of the listed pairs, by differences in float64: 0 for equal rows, the same either way round."""
    out = torch.empty(len(i), dtype=torch.float64, device=x.device)
    step = max(1, _PIECE // x.shape[1])
    for start in range(0, len(i), step):
        rows = slice(start, start + step)
        difference = x[i[rows]].double().sub_(y[j[rows]].double())
        out[rows] = difference.mul_(difference).sum(1)
    return out
