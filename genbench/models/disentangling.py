"""VAEs that weigh parts of the KL for factorised codes: β-VAE, β-TC-VAE, FactorVAE, DIP-VAE."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.likelihoods import diagonal_log_prob, gaussian_kl, standard_log_prob
from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Adam, Batch, DataSpec, Objective


class BetaVAE(VariationalAutoencoder):
    """max E_q log p(x|z) - β KL(q(z|x) ‖ p(z)) (Higgins et al. 2017, ICLR); β = 1 is the VAE.
    The paper's β on 64 × 64 images is 4 and more; small images collapse to their mean at it, so 2 is the default."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        beta: float = 2.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.beta = beta

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, _ = self.elbo(batch.x)
        return (self.beta * kl - log_likelihood).mean()


class KLParts(NamedTuple):
    """E KL(q(z|x) ‖ p(z)) in three terms that add up to it, nats (scalars)."""

    index_code: Tensor  # I(x; z) = E log q(z|x) - log q(z)
    total_correlation: Tensor  # KL(q(z) ‖ Π_j q(z_j))
    dimension_wise: Tensor  # Σ_j KL(q(z_j) ‖ p(z_j))


def kl_parts(z: Tensor, mean: Tensor, log_var: Tensor) -> KLParts:
    """The split of Chen et al. 2018 (arXiv:1802.04942, eq. 2), q(z) estimated from the batch by minibatch-weighted
    sampling with the batch as the whole data set: z_i ~ q(z|x_i), (B, latent) each.

    The paper's log(N) for the size of the data set only adds constants, so it is left out; with it or without it the
    gradient is the same, and without it the parts are exact when the batch is all there is.
    """
    each = -0.5 * ((z[:, None] - mean) ** 2 / log_var.exp() + log_var + math.log(2 * math.pi))  # (B, B, latent)
    log_n = math.log(len(z))
    joint = torch.logsumexp(each.sum(2), 1) - log_n
    product = (torch.logsumexp(each, 1) - log_n).sum(1)
    conditional = diagonal_log_prob(z, mean, log_var)
    return KLParts((conditional - joint).mean(), (joint - product).mean(), (product - standard_log_prob(z)).mean())


class BetaTCVAE(VariationalAutoencoder):
    """max E_q log p(x|z) - I(x; z) - β TC(z) - Σ_j KL(q(z_j) ‖ p(z_j)) (Chen et al. 2018, arXiv:1802.04942)."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        beta: float = 6.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.beta = beta

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        z = self.draw(mean, log_var)
        parts = kl_parts(z, mean, log_var)
        weighed = parts.index_code + self.beta * parts.total_correlation + parts.dimension_wise
        return weighed - self.log_likelihood(batch.x, z).mean()


class FactorVAE(VariationalAutoencoder):
    """VAE: max ELBO - γ TC(q(z)), TC = E[T(z)], T a critic's logit; critic: tells z from z' with each column shuffled
    over its batch (Kim & Mnih 2018, arXiv:1802.05983, algorithm 2). z and z' are codes of other examples: the halves of
    the critic's batch."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 6.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.weight = gamma
        self.critic = nets.mlp([self.latent, width // 4, width // 4, 1])

    def objectives(self) -> list[Objective]:
        both = [*self.encoder.parameters(), *self.decoder.parameters()]
        judge = Adam(lr=self.lr, betas=(0.5, 0.9))
        return [
            Objective("elbo", both, self.loss, optimizer=Adam(lr=self.lr)),
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=judge),
        ]

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, z = self.elbo(batch.x)
        return torch.mean(kl - log_likelihood + self.weight * self.critic(z).squeeze(1))

    def critic_loss(self, batch: Batch) -> Tensor:
        z, other = self.draw(*self.posterior(batch.x)).detach().tensor_split(2)
        shuffled = shuffled_columns(other)
        return functional.softplus(-self.critic(z)).mean() + functional.softplus(self.critic(shuffled)).mean()


def shuffled_columns(z: Tensor) -> Tensor:
    """Each column of (B, latent) in an order of its own: a draw of Π_j q(z_j)."""
    return z.gather(0, torch.rand_like(z).argsort(0))


def covariance(codes: Tensor) -> Tensor:
    """(B, latent) -> (latent, latent), divided by B as in the paper's batch estimate."""
    centred = codes - codes.mean(0)
    return torch.mm(centred.T, centred) / len(codes)


class DIPVAE(VariationalAutoencoder):
    """max ELBO - λ_od Σ_{i≠j} Cov(μ)²_ij - λ_d Σ_i (Cov(μ)_ii - 1)², DIP-VAE-I (Kumar et al. 2018, arXiv:1711.00848,
    eq. 6); λ_d = 10 λ_od as the paper advises for the first form."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        strength: float = 5.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.strength = strength

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        log_likelihood = self.log_likelihood(batch.x, self.draw(mean, log_var))
        cov = covariance(mean)
        own = cov.diagonal()
        across = cov.square().sum() - own.square().sum()
        penalty = self.strength * (across + 10 * (own - 1).square().sum())
        return (gaussian_kl(mean, log_var).sum(1) - log_likelihood).mean() + penalty
