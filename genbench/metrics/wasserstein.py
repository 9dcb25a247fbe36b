"""Wasserstein distances on the line, and sliced over random orthonormal bases. Bonneel et al. 2015.

Checked against scipy's `wasserstein_distance` and POT.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.metrics.intervals import mean_error

DIRECTIONS = 1000
"""At least this many directions, in whole bases."""


def wasserstein_1(x: Tensor, y: Tensor) -> float:
    """∫ |F − G| between two samples on the line, (n,) and (m,); ↓ [0, ∞). Equal to scipy's `wasserstein_distance`."""
    return float(line_cost(x.double().sort().values[None], y.double().sort().values[None], 1))


def line_cost(x: Tensor, y: Tensor, p: int) -> Tensor:
    """∫ |F⁻¹ − G⁻¹|^p for rows of sorted values, (s, n) and (s, m) -> (s,); unequal n by merging the quantiles."""
    n, m = x.shape[1], y.shape[1]
    if n == m:
        return (x - y).abs().pow(p).mean(1)
    common = math.lcm(n, m)
    edges = torch.unique(torch.cat([torch.arange(1, n + 1) * (common // n), torch.arange(1, m + 1) * (common // m)]))
    widths = torch.diff(edges, prepend=edges.new_zeros(1)).double() / common
    inside = edges - 1  # a point of each interval, in units of 1/common
    at_x, at_y = (inside // (common // n)).to(x.device), (inside // (common // m)).to(x.device)
    return ((x[:, at_x] - y[:, at_y]).abs().pow(p) * widths.to(x.device)).sum(1)


@dataclass(frozen=True, slots=True)
class Sliced:
    """√ of the mean squared distance over the directions, and its standard error over directions and samples."""

    value: float
    error: float
    directions: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Random directions in whole orthonormal bases, (d, s), and a set's sorted projections on each 256 of them, where
    they are few enough to be kept: they are the same for all that is compared with the set."""

    directions: Tensor
    sorted: tuple[Tensor, ...] = ()

    def parts(self, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """(directions (d, s), sorted projections of x (s, n)), part by part."""
        for i, part in enumerate(torch.split(self.directions, TOGETHER, 1)):
            yield part, self.sorted[i] if self.sorted else _project(x, part).sort(1).values


TOGETHER = 256
"""Directions that are projected on at once."""

KEPT = 2**22
"""Sorted projections, float64, that are kept."""


def lines(x: Tensor, generator: torch.Generator) -> Lines:
    """Directions for (n, d) features, at least `DIRECTIONS`, and their sorted projections."""
    d = x.shape[1]
    bases = [orthonormal(d, generator).to(x.device) for _ in range(1 if d == 1 else math.ceil(DIRECTIONS / d))]
    found = Lines(torch.cat(bases, 1))
    if len(x) * found.directions.shape[1] > KEPT:
        return found
    return Lines(found.directions, tuple(sorted_ for _, sorted_ in found.parts(x)))


def sliced_wasserstein(x: Tensor, y: Tensor, generator: torch.Generator, *, on: Lines | None = None) -> Sliced:
    """√ mean over directions of the squared 1-D 2-Wasserstein distance of (n, d) and (m, d) features; ↓ [0, ∞).

    Directions come as whole random orthonormal bases (`on`: those that were drawn for x already): exact for shifts
    (‖v‖/√d), and less variance than lone ones. The standard error is that of the mean of the transport's potentials
    over the samples y, x held fixed (del Barrio & Loubes 2019), and of the mean over bases where there are several;
    near 0, where the potentials are flat, the value is biased upwards and the interval says nothing of that.
    """
    d, m = x.shape[1], len(y)
    on = on or lines(x, generator)
    bases = on.directions.shape[1] // d
    potential = torch.zeros(m, dtype=torch.float64, device=y.device)
    costs = []
    for part, ordered in on.parts(x):
        moved, order = _project(y, part).sort(1)
        costs.append(line_cost(ordered, moved, 2))
        potential.scatter_add_(0, order.flatten(), line_potential(ordered, moved).flatten())
    by_basis = torch.cat(costs).view(bases, d).mean(1)
    value = math.sqrt(float(by_basis.mean()))
    between = mean_error(by_basis) if bases > 1 else 0.0
    error = math.hypot(mean_error(potential / (d * bases)), between) / (2 * value) if value and m > 1 else 0.0
    return Sliced(value, error, d * bases)


def line_potential(x: Tensor, y: Tensor) -> Tensor:
    """How the squared distance of rows of sorted values (s, n) and (s, m) grows with the mass at each y, but for a
    constant a row: ψ with ψ′ = 2 (y − T(y)), T the transport to x. (s, m)."""
    target = x if x.shape == y.shape else _transported(x, y.shape[1])
    steps = torch.diff(y, dim=1) * (y[:, 1:] + y[:, :-1] - target[:, 1:] - target[:, :-1])
    psi = torch.nn.functional.pad(steps.cumsum(1), (1, 0))
    return psi - psi.mean(1, keepdim=True)


def _transported(x: Tensor, m: int) -> Tensor:
    """The mean of each of m equal stretches of the quantiles of sorted rows (s, n)."""
    n = x.shape[1]
    whole = torch.nn.functional.pad(x.cumsum(1), (1, 0)) / n  # the integral of the quantiles up to i/n
    at = torch.arange(m + 1, dtype=torch.float64, device=x.device) * n / m
    below = at.floor().clamp(max=n - 1).long()
    integral = whole[:, below] + (at - below) * (whole[:, below + 1] - whole[:, below])
    return torch.diff(integral, dim=1) * m


def orthonormal(d: int, generator: torch.Generator) -> Tensor:
    """A uniformly random orthonormal basis, (d, d) float64, from the QR of a normal matrix with its signs fixed."""
    q, r = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    basis: Tensor = q * r.diagonal().sign()
    return basis


def _project(x: Tensor, directions: Tensor) -> Tensor:
    """(n, d), (d, s) -> (s, n) projections in float64."""
    return torch.cat([rows.double() @ directions for rows in torch.split(x, 4096)]).T.contiguous()
