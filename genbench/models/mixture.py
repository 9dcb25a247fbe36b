"""Mixtures of Gaussians with full covariances, by EM on the device in float64."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported


class GaussianMixture(nn.Module):
    """Σ_k w_k N(μ_k, L_k L_kᵀ) with full covariances, fitted by EM in float64. One component is a plain Gaussian.

    Starts from k-means++ and ten Lloyd steps; EM until the mean log-likelihood gains less than 1e-4, at most 100
    iterations. Each covariance gets 1e-6 of the codes' mean variance on its diagonal, as scikit-learn's does 1e-6.
    """

    def __init__(self, latent: int, components: int) -> None:
        super().__init__()
        self.weights: Tensor
        self.means: Tensor
        self.roots: Tensor
        self.register_buffer("weights", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.zeros(components, latent))
        self.register_buffer("roots", torch.eye(latent).repeat(components, 1, 1))

    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        """Fit to codes (N, latent); needs more codes than components and than the latent size."""
        components = len(self.weights)
        if len(codes) <= max(components, codes.shape[1]):
            raise Unsupported(
                f"{len(codes)} codes are too few to fit {components} Gaussians in {codes.shape[1]} dimensions."
            )
        z = codes.double()
        ridge = 1e-6 * float(z.var(0).mean()) + 1e-12
        shares = nn.functional.one_hot(_kmeans(z, components, generator), components).double()
        best = -math.inf
        for _ in range(100):
            parameters = _maximise(z, shares, ridge)
            joint = _log_joint(z, *parameters)
            shares = joint.softmax(1)
            now = float(joint.logsumexp(1).mean())
            if now - best < 1e-4:
                break
            best = now
        weights, means, roots = parameters
        self.weights, self.means, self.roots = weights.float(), means.float(), roots.float()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, latent) draws."""
        rows = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator, device=self.means.device)
        return self.means[rows] + (self.roots[rows] @ noise[..., None]).squeeze(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """(N, latent) -> (N,) nats."""
        joint = _log_joint(z.double(), self.weights.double(), self.means.double(), self.roots.double())
        return joint.logsumexp(1).to(z.dtype)


def _maximise(z: Tensor, shares: Tensor, ridge: float) -> tuple[Tensor, Tensor, Tensor]:
    """EM's M step: weights (K,), means (K, d) and Cholesky roots (K, d, d) from responsibilities (N, K)."""
    counts = shares.sum(0) + 1e-10
    means = shares.T @ z / counts[:, None]
    eye = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    roots = []
    for share, count, mean in zip(shares.T, counts, means, strict=True):
        centred = z - mean
        roots.append(torch.linalg.cholesky((share[:, None] * centred).T @ centred / count + ridge * eye))
    return counts / counts.sum(), means, torch.stack(roots)


def _log_joint(z: Tensor, weights: Tensor, means: Tensor, roots: Tensor) -> Tensor:
    """log w_k + log N(z; μ_k, L_k L_kᵀ): (N, K)."""
    columns = []
    for weight, mean, root in zip(weights, means, roots, strict=True):
        white = torch.linalg.solve_triangular(root, (z - mean).T, upper=False)
        norm = root.diagonal().log().sum() + 0.5 * z.shape[1] * math.log(2 * math.pi)
        columns.append(weight.log() - norm - 0.5 * white.square().sum(0))
    return torch.stack(columns, 1)


def _kmeans(z: Tensor, components: int, generator: torch.Generator, iterations: int = 10) -> Tensor:
    """Cluster numbers (N,) by k-means++ seeding and Lloyd's steps; an emptied cluster keeps its centre."""
    first = torch.randint(len(z), (1,), generator=generator, device=z.device)
    centres = z[first]
    for _ in range(components - 1):
        nearest_centre = torch.cdist(z, centres).square().min(1).values
        weights = nearest_centre if bool(nearest_centre.any()) else torch.ones_like(nearest_centre)
        centres = torch.cat([centres, z[torch.multinomial(weights, 1, generator=generator)]])
    for _ in range(iterations):
        labels = torch.cdist(z, centres).argmin(1)
        member = nn.functional.one_hot(labels, components).to(z.dtype)
        counts = member.sum(0)[:, None]
        centres = torch.where(counts > 0, member.T @ z / counts.clamp(min=1), centres)
    return torch.cdist(z, centres).argmin(1)
