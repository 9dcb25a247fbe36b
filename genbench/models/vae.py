"""The variational autoencoder of Kingma & Welling and what its relatives share."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models import nets
from genbench.models.likelihoods import (
    bernoulli_log_prob,
    diagonal_log_prob,
    gaussian_kl,
    gaussian_log_prob,
    standard_log_prob,
)
from genbench.protocols.model import Batch, DataSpec, GenerativeModel, Objective
from genbench.seeds import generator as seeded_generator
from genbench.values import Kind

BOUND_SAMPLES = 64
"""k of the importance-weighted bound that `log_prob` gives; part of the likelihood's name."""


class VariationalAutoencoder(GenerativeModel):
    """q(z|x) a diagonal Gaussian, p(z) = N(0, I), p(x|z) by the data: Bernoulli on [0, 1], else N(·, γ² I).

    `gamma`: the stated scale of the Gaussian. Subclasses give `loss`. `log_prob` is the importance-weighted bound
    (Burda 2016) with 64 samples from noise of a fixed seed, the same for each example.
    """

    likelihood_kind = Kind.BOUND

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, gamma: float = 0.1
    ) -> None:
        super().__init__()
        self.latent = nets.latent_size(data, latent)
        self.encoder = nets.encoder(data, 2 * self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.bernoulli = data.unit_range
        self.squash = nets.Squash(data)
        self.log_scale: Tensor
        self.register_buffer("log_scale", torch.tensor(gamma).log())
        name = "bernoulli" if self.bernoulli else f"gaussian, scale {gamma:g}"
        self.likelihood = f"{name}, iwae-{BOUND_SAMPLES}"

    def objectives(self) -> list[Objective]:
        return [Objective("elbo", self.parameters(), self.loss)]

    def loss(self, batch: Batch) -> Tensor:
        """The batch's mean of what the player minimises."""
        raise NotImplementedError

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x): mean and log variance, (B, latent) each."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var.clamp(-14, 8)

    def draw(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """One reparametrised draw of q(z|x)."""
        return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z): (B, *shape), (B, latent) -> (B,) nats."""
        output = self.decoder(z)
        if self.bernoulli:
            return bernoulli_log_prob(output, x)
        return gaussian_log_prob(output, x, self.log_scale)

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Decoded draws of the prior; a Gaussian p(x|z) adds its noise, a Bernoulli one gives its mean."""
        device = self.log_scale.device
        x = self.decode(torch.randn(n, self.latent, generator=generator, device=device))
        if self.bernoulli:
            return x
        noise = torch.randn(x.shape, generator=generator, device=device)
        return x + self.log_scale.exp() * noise

    def log_prob(self, x: Tensor, k: int = BOUND_SAMPLES) -> Tensor:
        """log (1/k) Σ_j p(x, z_j) / q(z_j|x), z_j ~ q: a lower bound in expectation, nats an example."""
        mean, log_var = self.posterior(x)
        noise = torch.randn(k, self.latent, generator=seeded_generator("iwae", k)).to(x.device)
        weights = [self._log_weight(x, mean, log_var, eps) for eps in noise]
        return torch.logsumexp(torch.stack(weights), 0) - torch.tensor(float(k)).log()

    def _log_weight(self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
        z = mean + torch.exp(0.5 * log_var) * eps
        return self.log_likelihood(x, z) + standard_log_prob(z) - diagonal_log_prob(z, mean, log_var)


class VAE(VariationalAutoencoder):
    """max E_q log p(x|z) - KL(q(z|x) ‖ p(z)) (Kingma & Welling 2014, arXiv:1312.6114), the KL in closed form."""

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        log_likelihood = self.log_likelihood(batch.x, self.draw(mean, log_var))
        return (gaussian_kl(mean, log_var).sum(1) - log_likelihood).mean()
