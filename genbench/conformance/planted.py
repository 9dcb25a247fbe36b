"""Samples and references with planted changes: normal laws of which everything is known, 1,000 draws a side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

N = 1_000


@dataclass(frozen=True, slots=True)
class Sides:
    """Reference (n, d) and generated (m, d) points."""

    real: Tensor
    generated: Tensor


Make = Callable[[int, torch.Generator], Sides]
"""Makes both sides in d dimensions."""


def normal(n: int, d: int, generator: torch.Generator) -> Tensor:
    """(n, d) draws of N(0, I)."""
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def along(d: int, length: float) -> Tensor:
    """A vector of this length that has a part of every coordinate."""
    return torch.full((d,), length / d**0.5, dtype=torch.float64)


def same_law(d: int, generator: torch.Generator) -> Sides:
    """Two independent sets of one normal law."""
    return Sides(normal(N, d, generator), normal(N, d, generator))


def two_modes(d: int, generator: torch.Generator) -> Sides:
    """Both sides half of each of two modes that are 6 σ apart."""
    real, made = normal(N, d, generator), normal(N, d, generator)
    real[::2] += along(d, 6.0)
    made[::2] += along(d, 6.0)
    return Sides(real, made)


def dropped(d: int, generator: torch.Generator) -> Sides:
    """The samples have one of the two modes."""
    return Sides(two_modes(d, generator).real, normal(N, d, generator))


def invented(d: int, generator: torch.Generator) -> Sides:
    """Half of the samples lie 6 σ off, where there is nothing."""
    return Sides(normal(N, d, generator), two_modes(d, generator).generated)


def shifted(d: int, generator: torch.Generator) -> Sides:
    """All samples are moved by 2 σ: half of the mass of both laws is where the other has nearly none."""
    sides = same_law(d, generator)
    return replace(sides, generated=sides.generated + along(d, 2.0))


def one_off(d: int, generator: torch.Generator) -> Sides:
    """The first coordinate of all samples is moved by 6 σ: the laws hardly meet."""
    sides = same_law(d, generator)
    sides.generated[:, 0] += 6.0
    return sides


def heavy(d: int, generator: torch.Generator) -> Sides:
    """The samples are of Student's t with 3 degrees of freedom (one scale for all coordinates of a sample)."""
    sides = same_law(d, generator)
    scale = (normal(N, 3, generator).square().sum(1) / 3).sqrt()
    return replace(sides, generated=sides.generated / scale[:, None])


def poor(d: int, generator: torch.Generator, *, outliers: bool) -> Sides:
    """Samples 4 σ off; a hundredth of the reference may be drawn from a law ten times as wide."""
    sides = same_law(d, generator)
    if outliers:
        sides.real[: N // 100] *= 10
    return replace(sides, generated=sides.generated + along(d, 4.0))


def repeated(d: int, generator: torch.Generator) -> Sides:
    """A tenth of the samples, each ten times."""
    sides = same_law(d, generator)
    return replace(sides, generated=sides.generated[: N // 10].repeat(10, 1))


def fewer(d: int, generator: torch.Generator) -> Sides:
    """A fifth as many samples as reference points."""
    sides = same_law(d, generator)
    return replace(sides, generated=sides.generated[: N // 5])


def on_the_line(d: int, generator: torch.Generator) -> Sides:
    """One law, in one dimension whatever d is."""
    del d
    return same_law(1, generator)
