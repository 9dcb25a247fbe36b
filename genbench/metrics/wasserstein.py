"""Wasserstein distances on the line, and sliced over random orthonormal bases. Bonneel et al. 2015.

Checked against scipy's `wasserstein_distance` and POT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

DIRECTIONS = 1000
"""At least this many directions, in whole bases."""
_RESAMPLED = 32  # of them take part in the bootstrap


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


def sliced_wasserstein(x: Tensor, y: Tensor, generator: torch.Generator, *, rounds: int = 50) -> Sliced:
    """√ mean over directions of the squared 1-D 2-Wasserstein distance of (n, d) and (m, d) features; ↓ [0, ∞).

    Directions come as whole random orthonormal bases: exact for shifts (‖v‖/√d), and less variance than lone ones.
    """
    d = x.shape[1]
    bases = [orthonormal(d, generator).to(x.device) for _ in range(1 if d == 1 else math.ceil(DIRECTIONS / d))]
    parts = [part for basis in bases for part in torch.split(basis, 256, 1)]
    squared = torch.cat([line_cost(_project(x, part).sort(1).values, _project(y, part).sort(1).values, 2)
                         for part in parts])  # fmt: skip
    few = torch.cat([basis[:, : math.ceil(_RESAMPLED / len(bases))] for basis in bases], 1)[:, :_RESAMPLED]
    error = _bootstrap_error(_project(x, few).sort(1).values, _project(y, few), rounds, generator)
    return Sliced(float(squared.mean().sqrt()), error, len(squared))


def orthonormal(d: int, generator: torch.Generator) -> Tensor:
    """A uniformly random orthonormal basis, (d, d) float64, from the QR of a normal matrix with its signs fixed."""
    q, r = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    basis: Tensor = q * r.diagonal().sign()
    return basis


def _project(x: Tensor, directions: Tensor) -> Tensor:
    """(n, d), (d, s) -> (s, n) projections in float64."""
    return torch.cat([rows.double() @ directions for rows in torch.split(x, 4096)]).T.contiguous()


def _bootstrap_error(x: Tensor, y: Tensor, rounds: int, generator: torch.Generator) -> float:
    """Spread of the value when samples and directions are drawn again: (s, n) sorted and (s, m) projections."""
    count, m = y.shape
    draws = []
    for _ in range(rounds):
        rows = torch.randint(count, (count,), generator=generator).to(y.device)
        samples = torch.randint(m, (m,), generator=generator).to(y.device)
        draws.append(float(line_cost(x[rows], y[rows][:, samples].sort(1).values, 2).mean().sqrt()))
    return float(torch.tensor(draws, dtype=torch.float64).std())
