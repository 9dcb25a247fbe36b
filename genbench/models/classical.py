"""Densities fitted in closed form or by EM: Gaussian, probabilistic PCA, mixtures, kernel densities."""

from __future__ import annotations

import math

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import KDTree
from torch import Tensor

from genbench.core.values import Kind
from genbench.models.mixture import GaussianMixture
from genbench.models.principal import principal_axes
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, DataSpec, GenerativeModel


class ExactDensity(GenerativeModel):
    """A density in float64 over flat vectors; samples are clamped to the data's range, the density is not."""

    sampler = "exact"
    likelihood_kind = Kind.EXACT

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.shape, self.value_range, self.size = data.shape, data.value_range, data.size

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Learn from `data.train` in closed form; the budget counts nothing here."""
        del budget
        self.learn(data.train.x.flatten(1).double(), generator)

    def learn(self, x: Tensor, generator: torch.Generator) -> None:
        """Fit to (N, D) float64."""
        raise NotImplementedError

    def shaped(self, x: Tensor) -> Tensor:
        """(n, D) float64 draws as examples in the data's range."""
        x = x.float().view(-1, *self.shape)
        return x if self.value_range is None else x.clamp(*self.value_range)

    def noise(self, n: int, size: int, generator: torch.Generator) -> Tensor:
        """(n, size) standard normal draws in float64."""
        return torch.randn(n, size, generator=generator, dtype=torch.float64, device=generator.device)


def normal_log_prob(x: Tensor, mean: Tensor, root: Tensor) -> Tensor:
    """log N(x; mean, root rootᵀ), root lower triangular: (B, D) -> (B,)."""
    white = torch.linalg.solve_triangular(root, (x - mean).T, upper=False)
    norm = root.diagonal().log().sum() + 0.5 * len(mean) * math.log(2 * math.pi)
    log_prob: Tensor = -0.5 * white.square().sum(0) - norm
    return log_prob


class Gaussian(ExactDensity):
    """N(μ, Σ), Σ the sample covariance shrunk towards a multiple of the identity (Ledoit & Wolf 2004)."""

    likelihood = "gaussian"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        self.mean: Tensor
        self.root: Tensor
        self.register_buffer("mean", torch.zeros(data.size, dtype=torch.float64))
        self.register_buffer("root", torch.eye(data.size, dtype=torch.float64))

    def learn(self, x: Tensor, generator: torch.Generator) -> None:
        del generator
        covariance = torch.from_numpy(ledoit_wolf(x.cpu().numpy())[0]).to(x)
        floor = 1e-8 * covariance.diagonal().mean() + 1e-12
        self.mean, self.root = x.mean(0), torch.linalg.cholesky(covariance + floor * torch.eye(self.size).to(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.shaped(self.mean + self.noise(n, self.size, generator) @ self.root.T)

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        return normal_log_prob(x.flatten(1).double(), self.mean, self.root).float()


class PPCA(ExactDensity):
    """x = W z + μ + ε, z ~ N(0, I), ε ~ N(0, σ² I), at its maximum likelihood (Tipping & Bishop 1999): W from the
    leading eigenvectors, σ² the mean of the dropped eigenvalues. Codes are the posterior's mean."""

    likelihood = "ppca"

    def __init__(self, data: DataSpec, *, latent: int | None = None) -> None:
        super().__init__(data)
        size = data.size
        self.latent = max(1, min(latent or (16 if data.is_image else size // 2), size - 1))
        self.mean: Tensor
        self.loadings: Tensor
        self.variance: Tensor
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("loadings", torch.zeros(size, self.latent, dtype=torch.float64))
        self.register_buffer("variance", torch.ones((), dtype=torch.float64))

    def learn(self, x: Tensor, generator: torch.Generator) -> None:
        del generator
        values, vectors = principal_axes(x)
        dropped = values[self.latent :]
        variance = (dropped.mean() if len(dropped) else 0) + 1e-8 * values.mean() + 1e-12
        scales = (values[: self.latent] - variance).clamp(min=0).sqrt()
        self.mean, self.variance, self.loadings = x.mean(0), variance, vectors[:, : self.latent] * scales

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        codes, noise = self.noise(n, self.latent, generator), self.noise(n, self.size, generator)
        return self.shaped(self.mean + codes @ self.loadings.T + self.variance.sqrt() * noise)

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        covariance = self.loadings @ self.loadings.T + self.variance * torch.eye(self.size).to(self.mean)
        return normal_log_prob(x.flatten(1).double(), self.mean, torch.linalg.cholesky(covariance)).float()

    def encode(self, x: Tensor) -> Tensor:
        centred = x.flatten(1).double() - self.mean
        precision = self.loadings.T @ self.loadings + self.variance * torch.eye(self.latent).to(self.mean)
        codes: Tensor = torch.linalg.solve(precision, self.loadings.T @ centred.T)
        return codes.T.float()

    def decode(self, z: Tensor) -> Tensor:
        return self.shaped(self.mean + z.double() @ self.loadings.T)

    def reconstruct(self, x: Tensor) -> Tensor:
        """The nearest point of the principal subspace, as PCA reconstructs."""
        basis = torch.linalg.qr(self.loadings).Q
        centred = x.flatten(1).double() - self.mean
        return self.shaped(self.mean + centred @ basis @ basis.T)


class GMM(ExactDensity):
    """Ten Gaussians with full covariances by EM in the leading principal subspace (at most 16 dimensions), times one
    round Gaussian for what the subspace leaves out; the mixture of PPCA's form, exact over all of R^D."""

    likelihood = "gmm10"

    def __init__(self, data: DataSpec, *, components: int = 10, subspace: int = 16) -> None:
        super().__init__(data)
        self.inner = min(subspace, data.size)
        self.mixture = GaussianMixture(self.inner, components)
        self.mean: Tensor
        self.basis: Tensor
        self.rest: Tensor
        self.register_buffer("mean", torch.zeros(data.size, dtype=torch.float64))
        self.register_buffer("basis", torch.eye(data.size, self.inner, dtype=torch.float64))
        self.register_buffer("rest", torch.ones((), dtype=torch.float64))

    def learn(self, x: Tensor, generator: torch.Generator) -> None:
        values, vectors = principal_axes(x)
        self.mean, self.basis = x.mean(0), vectors[:, : self.inner].contiguous()
        dropped = values[self.inner :]
        self.rest = dropped.mean() + 1e-8 * values.mean() if len(dropped) else torch.ones_like(self.rest)
        self.mixture.fit((x - self.mean) @ self.basis, generator=generator)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        inner = self.mixture.sample(n, generator=generator).double()
        noise = self.noise(n, self.size, generator)
        outside = noise - noise @ self.basis @ self.basis.T
        return self.shaped(self.mean + inner @ self.basis.T + self.rest.sqrt() * outside)

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        centred = x.flatten(1).double() - self.mean
        inner = centred @ self.basis
        left = (centred.square().sum(1) - inner.square().sum(1)).clamp(min=0)
        outside = -0.5 * (left / self.rest + (self.size - self.inner) * torch.log(2 * math.pi * self.rest))
        return (self.mixture.log_prob(inner) + outside).float()


class KDE(ExactDensity):
    """(1/N) Σ_i N(x; x_i, h² I), h of the best leave-one-out likelihood among 40 (Parzen 1962; Duin 1976), chosen on
    at most 2,000 training points. Its samples are training examples with noise: near copies where h is small."""

    likelihood = "kde, leave-one-out bandwidth"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        self.points: Tensor
        self.bandwidth: Tensor
        self.register_buffer("points", torch.zeros(0, data.size, dtype=torch.float64))
        self.register_buffer("bandwidth", torch.ones((), dtype=torch.float64))

    def learn(self, x: Tensor, generator: torch.Generator) -> None:
        chosen = x[torch.randperm(len(x), generator=generator, device=generator.device)[:2000].to(x.device)]
        squares = torch.cdist(chosen, chosen).square().fill_diagonal_(math.inf)
        spread = x.var(0).sum().sqrt() / math.sqrt(self.size) + 1e-6
        widths = spread * torch.logspace(-3, 0.5, 40, dtype=x.dtype, device=x.device)
        scores = torch.stack([_kernel_log_prob(squares, h, self.size).logsumexp(1).mean() for h in widths])
        self.points, self.bandwidth = x.clone(), widths[scores.argmax()]

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        rows = torch.randint(len(self.points), (n,), generator=generator, device=generator.device)
        return self.shaped(self.points[rows] + self.bandwidth * self.noise(n, self.size, generator))

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, *shape) -> (B,)."""
        if self.size <= FEW_AXES and x.device.type == "cpu":
            return near_kernels(x.flatten(1).double(), self.points, float(self.bandwidth)).float()
        squares = torch.cdist(x.flatten(1).double(), self.points).square()
        total = _kernel_log_prob(squares, self.bandwidth, self.size).logsumexp(1)
        return (total - math.log(len(self.points))).float()


FEW_AXES = 3
"""Up to so many, a tree finds the few kernels that matter at a place."""

NEGLIGIBLE = 37.0
"""Kernels that together are below e^-37 of the nearest one are left out: less than float64 can tell from nothing."""


def near_kernels(x: Tensor, points: Tensor, h: float) -> Tensor:
    """The log-density of a kernel density at x (B, D) from the kernels within reach: (B,) float64, nats."""
    places, (n, size) = x.numpy(), points.shape
    tree = KDTree(points.numpy())
    nearest = tree.query(places, k=1)[0][:, 0]
    reach = np.sqrt(nearest**2 + 2 * h**2 * (NEGLIGIBLE + math.log(n))) * (1 + 1e-12)
    distances = tree.query_radius(places, reach, return_distance=True)[1]
    starts = np.cumsum([0, *(len(d) for d in distances[:-1])])
    own = np.repeat(nearest, [len(d) for d in distances])
    shares = np.exp((own**2 - np.concatenate(distances) ** 2) / (2 * h**2))
    sums = np.log(np.add.reduceat(shares, starts)) - nearest**2 / (2 * h**2)
    return torch.from_numpy(sums - math.log(n) - size * math.log(h) - 0.5 * size * math.log(2 * math.pi))


def _kernel_log_prob(squares: Tensor, h: Tensor, size: int) -> Tensor:
    return -0.5 * squares / h**2 - size * torch.log(h) - 0.5 * size * math.log(2 * math.pi)
