"""Maximum mean discrepancy: KID (Bińkowski 2018), Gaussian kernels (Gretton 2012), CMMD (Jayasumana 2024).

A sweep gives row sums of each kernel in float64; the values and their jackknife errors are arithmetic on those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.metrics import fused
from genbench.metrics.drawing import by_content, draw
from genbench.metrics.intervals import jackknife_error
from genbench.metrics.manifold import median
from genbench.metrics.points import Points, refuse_zero_rows, rows_at_once
from genbench.metrics.sweep import Observer, Tile, tile_side


class Kernel(Protocol):
    """A kernel as a function of u = −½ distance² and of one number (or two) a point."""

    def terms(self, points: Points) -> Tensor:
        """(n, t): what the kernel needs of each point beyond u."""

    def apply(self, u: Tensor, rows: Tensor, columns: Tensor, out: Tensor) -> Tensor:
        """The kernel of a tile written to `out`, less any constant that cancels in an MMD."""

    @property
    def fused(self) -> tuple[int, float] | None:
        """Which of `fused`'s kernels it is and what u is multiplied with there; None if it has none."""


def _half_raw(points: Points) -> Tensor:
    """p with x·y = u + p_x + p_y: half the squared norm before centring, as far as u has not eaten it."""
    centre = points.centre.double()
    shift = torch.empty_like(points.half)
    step = rows_at_once(points.x, 1024)
    for start in range(0, len(points), step):
        shift[start : start + step] = points.x[start : start + step].double() @ centre
    return points.half + shift - 0.5 * centre @ centre


@dataclass(frozen=True, slots=True)
class Cubic:
    """(x·y/d + 1)³, KID's kernel, less 1: with s = x·y/d it is s (3 + s (3 + s)), whose small values round little."""

    dim: int

    def terms(self, points: Points) -> Tensor:
        """Half of what u/d lacks to s."""
        return (_half_raw(points) / self.dim)[:, None]

    def apply(self, u: Tensor, rows: Tensor, columns: Tensor, out: Tensor) -> Tensor:
        """Two additions to s, then Horner's rule."""
        s = torch.add(rows, u, alpha=1 / self.dim, out=out).add_(columns.T)
        return torch.addcmul(s.new_tensor(3.0), s + 3, s).mul_(s)

    @property
    def fused(self) -> tuple[int, float]:
        """u/d."""
        return fused.CUBIC, 1 / self.dim


@dataclass(frozen=True, slots=True)
class Gaussians:
    """Mean of three Gaussian kernels, σ = ½, 1, 2 × `median`: with e for the widest, (e + e⁴ + e¹⁶) / 3."""

    median: float

    def terms(self, points: Points) -> Tensor:
        """Nothing: u is enough."""
        return points.half.new_empty((len(points), 0))

    def apply(self, u: Tensor, rows: Tensor, columns: Tensor, out: Tensor) -> Tensor:
        """One exponential, then squares."""
        e = torch.mul(u, 1 / (4 * self.median**2), out=out).clamp_(max=0).exp_()
        fourth = e.square().square_()
        return e.add_(fourth).add_(fourth.square_().square_()).div_(3)

    @property
    def fused(self) -> tuple[int, float]:
        """u/4 median²."""
        return fused.GAUSSIANS, 1 / (4 * self.median**2)


@dataclass(frozen=True, slots=True)
class UnitGaussian:
    """exp(−|x̂ − ŷ|² / 2σ²) − 1 on rows of unit length, σ = 10: the 1 cancels, and small numbers keep their digits."""

    sigma: float = 10.0

    def terms(self, points: Points) -> Tensor:
        """Half of what u lacks to x·y, and 1/|x|."""
        norm = torch.cat([row.double().norm(dim=1) for row in torch.split(points.x, rows_at_once(points.x, 1024))])
        refuse_zero_rows(norm)
        return torch.stack([_half_raw(points), 1 / norm], 1)

    def apply(self, u: Tensor, rows: Tensor, columns: Tensor, out: Tensor) -> Tensor:
        """expm1((cos − 1)/σ²)."""
        torch.add(u, rows[:, :1], out=out).add_(columns[:, :1].T).mul_(rows[:, 1:]).mul_(columns[:, 1:].T)
        return out.sub_(1).div_(self.sigma**2).expm1_()

    @property
    def fused(self) -> tuple[int, float] | None:
        """(cos − 1)/σ², where that is small enough for the series."""
        return (fused.UNIT_GAUSSIAN, 1 / self.sigma**2) if self.sigma >= 10 else None


class KernelSums(Observer):
    """Observer: sums of a kernel over each row and, in a sweep of two sets, over each column; float64 across tiles."""

    def __init__(self, kernel: Kernel, rows: Points, columns: Points) -> None:
        self.kernel = kernel
        self._row_terms = kernel.terms(rows).to(rows.dtype)
        self._column_terms = self._row_terms if columns is rows else kernel.terms(columns).to(columns.dtype)
        self.rows = torch.zeros(len(rows), dtype=torch.float64, device=rows.x.device)
        self.columns = self.rows if columns is rows else self.rows.new_zeros(len(columns))
        self._fused: fused.TileSums | None = None
        if kernel.fused is not None and fused.runs_on(self._row_terms, len(rows) * len(columns)):
            self._fused = fused.TileSums(self._row_terms, self._column_terms, *kernel.fused, tile_side(rows))

    def finish(self) -> None:
        """Add the sums that were kept on a GPU."""
        if self._fused is not None:
            rows, columns = self._fused.sums()
            self.rows += rows
            self.columns += columns

    def see(self, tile: Tile) -> None:
        """Add a tile; a symmetric sweep's diagonal (each point with itself) is left out."""
        if self._fused is not None:
            self._fused.add(tile)
            return
        terms = self._row_terms[tile.rows], self._column_terms[tile.columns]
        values = self.kernel.apply(tile.u, *terms, tile.scratch)
        if tile.diagonal:
            values.fill_diagonal_(0)
        self.rows[tile.rows] += values.sum(1)
        if not tile.diagonal:
            self.columns[tile.columns] += values.sum(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """Row sums of a kernel: `real` (n,) over the other real points, `own` (m,) over the other samples, `cross` (m,)
    of each sample over the real points."""

    real: Tensor
    own: Tensor
    cross: Tensor


def mmd_unbiased(sums: Sums) -> float:
    """Mean k over i≠j in R + the same in G − 2 mean k over R×G; may be slightly negative. n, m ≥ 2.

    `kid` with the cubic kernel (checked against the loop and torch-fidelity), `mmd-rbf` with the Gaussians.
    """
    n, m = len(sums.real), len(sums.own)
    within = float(sums.real.sum()) / (n * (n - 1)) + float(sums.own.sum()) / (m * (m - 1))
    return within - 2 * float(sums.cross.sum()) / (n * m)


def mmd_biased(sums: Sums) -> float:
    """The V-statistic, each point with itself included; for kernels that are 0 there, as `UnitGaussian` is. [0, ∞)."""
    n, m = len(sums.real), len(sums.own)
    within = float(sums.real.sum()) / n**2 + float(sums.own.sum()) / m**2
    return max(0.0, within - 2 * float(sums.cross.sum()) / (n * m))


def jackknife(sums: Sums, *, biased: bool = False) -> float:
    """Standard error over the samples, the reference held fixed, from the row sums alone. m ≥ 3."""
    n, m = len(sums.real), len(sums.own)
    pairs = (m - 1) ** 2 if biased else (m - 1) * (m - 2)
    own = (sums.own.sum() - 2 * sums.own) / pairs
    cross = (sums.cross.sum() - sums.cross) / (n * (m - 1))
    return jackknife_error(own - 2 * cross) if m > 2 else math.nan


def median_distance(x: Tensor, limit: int = 2048) -> float:
    """Median distance over the pairs of a set (n, d), of the middle two the mean: of all its rows up to `limit`, else
    of that many, drawn at random in the order of their contents, so that the order of rows does not matter."""
    if len(x) > limit:
        x = x[draw(by_content(x), limit, seeds.generator("median distance"))]
    return float(median(torch.pdist(x.double())))
