"""Fréchet distance between normals fitted to two feature sets: Dowson & Landau 1982, Heusel et al. 2017.

Checked against pytorch-fid 0.3.0, torch-fidelity 0.4.0 and the closed form with scipy's `sqrtm`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from scipy import stats
from torch import Tensor

from genbench.metrics.intervals import Interval, from_error, mean_error
from genbench.metrics.points import rows_at_once
from genbench.metrics.symmetric import add_products, congruence, mirror

INFLUENCE_LIMIT = 1024
"""Dimension up to which the standard error is worth its eigenvectors."""


@dataclass(frozen=True)
class Moments:
    """n, mean (d,) and covariance (d, d) with n − 1, in float64 from centred data. `x` is kept for the Gram side."""

    n: int
    mean: Tensor
    x: Tensor | None = None
    given: Tensor | None = None

    @property
    def dim(self) -> int:
        """d, the length of one feature vector."""
        return len(self.mean)

    @cached_property
    def covariance(self) -> Tensor:
        """Σ, computed when first asked for; a set with n ≤ d may never need it."""
        if self.given is not None:
            return self.given
        assert self.x is not None
        return covariance(self.x, self.mean)

    @cached_property
    def trace(self) -> float:
        """tr Σ."""
        if self.given is not None:
            return float(self.given.trace())
        if "covariance" in self.__dict__ or not self.is_thin:
            return float(self.covariance.trace())
        return float(self.centred().square().sum()) / (self.n - 1)

    @property
    def is_thin(self) -> bool:
        """Whether there are too few rows (n ≤ d) for Σ to be anything but a product of them."""
        return self.x is not None and self.n <= self.dim

    def centred(self) -> Tensor:
        """X, the centred rows in float64; only asked for when n ≤ d."""
        assert self.x is not None
        return self.x.double() - self.mean

    @cached_property
    def eigenvalues(self) -> Tensor:
        """Eigenvalues of Σ, at most min(n − 1, d) of which aren't 0."""
        if self.is_thin:
            x = self.centred()
            return spectrum(x @ x.T / (self.n - 1))
        return spectrum(self.covariance)


def spectrum(matrix: Tensor) -> Tensor:
    """Eigenvalues of a positive semidefinite matrix; those that are 0 but for rounding are exactly 0, for a square root
    would make 1e-8 of 1e-16."""
    return _cut(torch.linalg.eigvalsh(matrix))


def moments(x: Tensor) -> Moments:
    """The moments of (n, d) features, n ≥ 2."""
    total = torch.stack([rows.double().sum(0) for rows in torch.split(x, rows_at_once(x))]).sum(0)
    return Moments(len(x), total / len(x), x)


def covariance(x: Tensor, mean: Tensor) -> Tensor:
    """Σ (x − μ)(x − μ)ᵀ / (n − 1) in float64, the lower triangle in panels, then mirrored."""
    n, d = x.shape
    total = torch.zeros(d, d, dtype=torch.float64, device=x.device)
    step = rows_at_once(x)
    for start in range(0, n, step):
        rows = x[start : start + step].to(torch.float64, copy=True).sub_(mean)
        add_products(total, rows)
    return mirror(total).div_(n - 1)


def frechet_distance(a: Moments, b: Moments) -> float:
    """‖μ_a − μ_b‖² + tr Σ_a + tr Σ_b − 2 Σ √λ with λ the eigenvalues of Σ_a Σ_b; ↓, [0, ∞), n ≥ 2.

    Rounding may leave a value just below 0: it is cut there, and nowhere else.
    """
    shift = float((a.mean - b.mean).square().sum())
    scale = shift + a.trace + b.trace
    value = scale - 2 * root_trace(a, b)
    return 0.0 if -1e-9 * scale <= value < 0 else value


def root_trace(a: Moments, b: Moments) -> float:
    """Σ √λ, λ the eigenvalues of Σ_a Σ_b, on the smallest side there is."""
    if a.is_thin and b.is_thin:
        product = a.centred() @ b.centred().T
        return float(torch.linalg.svdvals(product).sum()) / math.sqrt((a.n - 1) * (b.n - 1))
    if a.is_thin or b.is_thin:
        thin, whole = (a, b) if a.is_thin else (b, a)
        return float(torch.linalg.svdvals(thin.centred() @ _factor(whole.covariance)).sum()) / math.sqrt(thin.n - 1)
    left = _factor(a.covariance)
    return float(spectrum(congruence(left, b.covariance)).sqrt().sum())


def _factor(matrix: Tensor) -> Tensor:
    """L with L Lᵀ = matrix: Cholesky where it is regular, eigenvectors where it is not."""
    lower: Tensor
    lower, info = torch.linalg.cholesky_ex(matrix)
    pivots = lower.diagonal().square()
    if int(info) == 0 and float(pivots.min()) > _noise(matrix) * float(pivots.max()):
        return lower
    values, vectors = torch.linalg.eigh(matrix)
    scaled: Tensor = vectors * _cut(values).sqrt()
    return scaled


def _noise(matrix: Tensor) -> float:
    """Relative size of what rounding puts in place of an eigenvalue that is 0."""
    return math.sqrt(len(matrix)) * torch.finfo(torch.float64).eps


def _cut(values: Tensor) -> Tensor:
    return torch.where(values > _noise(values) * values.abs().max(), values, 0.0)


def influence(reference: Moments, generated: Moments, g: Tensor) -> Tensor:
    """φ(g) = 2 z·(μ_G − μ_R) + zᵀ(I − A)z − tr((I − A)Σ_G) for each row, z = g − μ_G: (m, d) -> (m,).

    A = Σ_G^{-½}(Σ_G^{½} Σ_R Σ_G^{½})^{½} Σ_G^{-½} is the optimal map from G's normal to R's; here with Σ_G = FFᵀ,
    as F⁻ᵀ (FᵀΣ_R F)^{½} F⁻¹, in the directions in which G varies at all. Needs m > d.
    """
    own, axes = torch.linalg.eigh(generated.covariance)
    varies = _cut(own) > 0
    factor, inverse = axes[:, varies] * own[varies].sqrt(), axes[:, varies] / own[varies].sqrt()
    values, vectors = torch.linalg.eigh(factor.T @ reference.covariance @ factor)
    root = inverse @ vectors * values.clamp(min=0).pow(0.25)
    rest = torch.eye(generated.dim, dtype=torch.float64, device=g.device) - root @ root.T
    z = g.double() - generated.mean
    linear = 2 * z @ (generated.mean - reference.mean)
    bent: Tensor = ((z @ rest) * z).sum(1) - (rest * generated.covariance).sum()
    return linear + bent


def interval(value: float, reference: Moments, generated: Moments) -> tuple[Interval | None, str | None]:
    """95 % over samples by the influence function, or why there is none."""
    if generated.x is None:
        return None, "no interval: of the samples only mu and sigma are known"
    if generated.n <= generated.dim:
        return None, f"no interval: it needs more samples than features, got {generated.n} of {generated.dim}"
    if generated.dim > INFLUENCE_LIMIT:
        return None, f"no interval: it is not computed beyond {INFLUENCE_LIMIT} features"
    return from_error(value, mean_error(influence(reference, generated, generated.x)), low=0.0), None


def gap_error(a: Moments, b: Moments, generated: Moments) -> float | None:
    """Standard error over the samples of `frechet`(G, a) − `frechet`(G, b), from the difference of influences."""
    if generated.n <= generated.dim or generated.dim > INFLUENCE_LIMIT or generated.x is None:
        return None
    return mean_error(influence(a, generated, generated.x) - influence(b, generated, generated.x))


def pair_error(real: Moments, made: Moments) -> float | None:
    """Standard error of the distance between the sides of pairs (x, x̂), which vary together."""
    if made.n <= made.dim or made.dim > INFLUENCE_LIMIT or made.x is None or real.x is None:
        return None
    return mean_error(influence(real, made, made.x) + influence(made, real, real.x))


def bias_floor(eigenvalues: Tensor, n: int, m: int) -> float:
    """The mean distance between two samples (n and m rows) of one normal whose covariance has these eigenvalues.

    tr Σ (1/n + 1/m) + ½ Σ_ij (1 + [i=j]) λ_iλ_j/(λ_i + λ_j) (1/(n−1) + 1/(m−1)).
    """
    values = eigenvalues[eigenvalues > eigenvalues.max() * 1e-12]
    if len(values) == 0:
        return 0.0
    pairs = values[:, None] * values / (values[:, None] + values)
    spread = float(pairs.sum() + pairs.diagonal().sum())
    return float(values.sum()) * (1 / n + 1 / m) + 0.5 * spread * (1 / (n - 1) + 1 / (m - 1))


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """Intercept of the regression on 1/size, its standard error, and the 97.5 % point of t that goes with it."""

    value: float
    error: float
    quantile: float


def extrapolate(reference: Moments, g: Tensor, generator: torch.Generator, *, points: int = 8) -> Extrapolation:
    """a of `frechet` ≈ a + b/size over subsets of m/4 … m rows, equally spaced in 1/size: Chong & Forsyth 2020."""
    m = len(g)
    inverse = torch.linspace(4 / m, 1 / m, points, dtype=torch.float64)
    sizes = [min(m, max(2, round(1 / float(x)))) for x in inverse]
    values = [frechet_distance(reference, moments(g[_subset(m, size, generator).to(g.device)])) for size in sizes]
    line = stats.linregress([1 / size for size in sizes], values)
    return Extrapolation(float(line.intercept), float(line.intercept_stderr), float(stats.t.ppf(0.975, points - 2)))


def _subset(m: int, size: int, generator: torch.Generator) -> Tensor:
    return torch.randperm(m, generator=generator)[:size]
