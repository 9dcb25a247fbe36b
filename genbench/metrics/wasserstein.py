"""Wasserstein distances on the line, and sliced over random orthonormal bases. Bonneel et al. 2015.

Checked against scipy's `wasserstein_distance` and POT.
"""

from __future__ import annotations

import math
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


def sliced_wasserstein(x: Tensor, y: Tensor, generator: torch.Generator) -> Sliced:
    """√ mean over directions of the squared 1-D 2-Wasserstein distance of (n, d) and (m, d) features; ↓ [0, ∞).

    Directions come as whole random orthonormal bases: exact for shifts (‖v‖/√d), and less variance than lone ones. The
    standard error is that of the mean of the transport's potentials over the samples y, x held fixed (del Barrio &
    Loubes 2019), and of the mean over bases where there are several; near 0, where the potentials are flat, the value
    is biased upwards and the interval says nothing of that.
    """
    d, m = x.shape[1], len(y)
    bases = [orthonormal(d, generator).to(x.device) for _ in range(1 if d == 1 else math.ceil(DIRECTIONS / d))]
    potential = torch.zeros(m, dtype=torch.float64, device=y.device)
    costs = []
    for part in torch.split(torch.cat(bases, 1), 256, 1):
        lines, (moved, order) = _project(x, part).sort(1).values, _project(y, part).sort(1)
        costs.append(line_cost(lines, moved, 2))
        potential.scatter_add_(0, order.flatten(), line_potential(lines, moved).flatten())
    by_basis = torch.cat(costs).view(len(bases), d).mean(1)
    value = math.sqrt(float(by_basis.mean()))
    between = mean_error(by_basis) if len(bases) > 1 else 0.0
    error = math.hypot(mean_error(potential / (d * len(bases))), between) / (2 * value) if value and m > 1 else 0.0
    return Sliced(value, error, d * len(bases))


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
