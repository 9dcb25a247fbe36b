"""The variational autoencoder of Kingma & Welling, its likelihoods, and what its relatives share."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from genbench.core.values import Kind
from genbench.models import nets, noise
from genbench.models.autoencoders import squared_error
from genbench.models.likelihoods import (
    bernoulli_log_prob,
    diagonal_log_prob,
    gaussian_kl,
    gaussian_log_prob,
    standard_log_prob,
)
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective

BOUND_SAMPLES = 64
"""k of the importance-weighted bound that `log_prob` gives; part of the likelihood's name."""

CPU_ROWS, GPU_ROWS = 500, 4_000
"""Rows of examples and draws that a decoder gets at once: what a processor's cache holds, and enough to keep a GPU from
waiting for its kernels."""

GPU_VALUES = 2**24
"""Values of examples that a GPU gets at once: large images are fewer rows."""


class VariationalAutoencoder(GenerativeModel):
    """q(z|x) a diagonal Gaussian, p(z) = N(0, I), p(x|z) by the data: Bernoulli on [0, 1], else N(·, γ² I).

    `gamma`: the stated scale of the Gaussian. Subclasses give `loss`. `log_prob` is the importance-weighted bound
    (Burda 2016) with 64 samples, their noise made from the example's own values. Images are shown as the mean of
    p(x|z); points and table rows are drawn from it.
    """

    likelihood_kind = Kind.BOUND

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 0.1,
    ) -> None:
        super().__init__()
        self.latent, self.lr = nets.latent_size(data, latent), lr
        self.encoder = nets.encoder(data, 2 * self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.squash = nets.Squash(data)
        self.noise_size = self.latent
        self.draws_points = not data.is_image
        self.log_scale: Tensor
        self.register_buffer("log_scale", torch.tensor(math.log(gamma)))
        self._name_likelihood("bernoulli" if data.unit_range else f"gaussian, scale {gamma:g}")

    def _name_likelihood(self, name: str) -> None:
        self.bernoulli = name == "bernoulli"
        self.likelihood = f"{name}, iwae-{BOUND_SAMPLES}"

    def objectives(self) -> list[Objective]:
        return [Objective("elbo", self.parameters(), self.loss, optimizer=Adam(lr=self.lr))]

    def loss(self, batch: Batch) -> Tensor:
        """The batch's mean of what is minimised."""
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
        return gaussian_log_prob(self.squash(output), x, self.log_scale)

    def elbo(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """log p(x|z) (B,), KL(q(z|x) ‖ N(0, I)) (B,) and the draw z (B, latent) that the first was made with."""
        mean, log_var = self.posterior(x)
        z = self.draw(mean, log_var)
        return self.log_likelihood(x, z), gaussian_kl(mean, log_var).sum(1), z

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Decoded draws of the prior."""
        return self.shown(self.prior_sample(n, generator=generator), generator)

    def shown(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """x of these codes: the mean of p(x|z) for images and on [0, 1], a draw of it for points and table rows."""
        x = self.decode(z)
        if self.bernoulli or not self.draws_points:
            return x
        return x + self.log_scale.exp() * torch.randn(x.shape, generator=generator, device=x.device)

    def prior_sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, latent) draws of p(z)."""
        return torch.randn(n, self.latent, generator=generator, device=generator.device)

    def prior_log_prob(self, z: Tensor) -> Tensor:
        """log p(z): (B, latent) -> (B,)."""
        return standard_log_prob(z)

    def kl(self, x: Tensor) -> Tensor:
        """KL(q(z|x) ‖ p(z)): (B, *shape) -> (B,) nats."""
        return gaussian_kl(*self.posterior(x)).sum(1)

    def log_prob(self, x: Tensor, k: int = BOUND_SAMPLES) -> Tensor:
        """log (1/k) Σ_j p(x, z_j) / q(z_j|x), z_j ~ q: a lower bound in expectation, nats an example."""
        return self.bound(self.log_weight, k, x, *self.posterior(x))

    def bound(self, log_weight: Callable[..., Tensor], k: int, x: Tensor, *given: Tensor) -> Tensor:
        """log of the mean of `log_weight(x, *given, eps)`'s weights over k draws of noise: (B,); see `over_draws`."""
        return functools.reduce(torch.logaddexp, self.over_draws(log_weight, k, x, *given)) - math.log(k)

    def average(self, term: Callable[..., Tensor], x: Tensor, *given: Tensor, k: int = BOUND_SAMPLES) -> Tensor:
        """The mean of `term(x, *given, eps)` over the same draws: (B,)."""
        return functools.reduce(torch.add, self.over_draws(term, k, x, *given)) / k

    def over_draws(self, term: Callable[..., Tensor], k: int, x: Tensor, *given: Tensor) -> Iterator[Tensor]:
        """`term(x, *given, eps)` (B,) at each of k draws of standard normal noise eps (B, noise_size) that are each
        example's own. `given` (B, ...): what of x they share. A call has as many draws as `CPU_ROWS` or `GPU_ROWS` rows
        hold."""
        key, size = noise.key(x), max(1, len(x))
        rows = CPU_ROWS if x.device.type == "cpu" else min(GPU_ROWS, GPU_VALUES * size // max(1, x.numel()))
        most = max(1, rows // size)
        for first in range(0, k, most):
            draws = range(first, min(first + most, k))
            eps = noise.normals(key, self.noise_size, draws).to(x.dtype)
            again = [part.repeat(len(draws), *(1,) * (part.ndim - 1)) for part in (x, *given)]
            yield from term(*again, eps.flatten(0, 1)).view(len(draws), len(x))

    def log_weight(self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
        """log p(x, z) - log q(z|x) at z = mean + σ ε, ε (B, noise_size): (B,)."""
        z = mean + torch.exp(0.5 * log_var) * eps
        return self.log_likelihood(x, z) + self.prior_log_prob(z) - diagonal_log_prob(z, mean, log_var)


class VAE(VariationalAutoencoder):
    """max E_q log p(x|z) - KL(q(z|x) ‖ p(z)) (Kingma & Welling 2014, arXiv:1312.6114), the KL in closed form."""

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, _ = self.elbo(batch.x)
        return (kl - log_likelihood).mean()


class GaussianVAE(VariationalAutoencoder):
    """The VAE with p(x|z) = N(·, γ² I) on any data, γ stated (Dai & Wipf 2019 call it fixed γ, arXiv:1903.05789)."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 0.1,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr, gamma=gamma)
        self._name_likelihood(f"gaussian, scale {gamma:g}")

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, _ = self.elbo(batch.x)
        return (kl - log_likelihood).mean()


class SigmaVAE(VariationalAutoencoder):
    """The VAE with p(x|z) = N(·, σ² I), σ² the mean squared error, which maximises the likelihood (Rybkin et al. 2021,
    arXiv:2006.13202, eq. 7).

    The paper takes each batch's own error; here log σ is its running mean that starts at `gamma`, because on few
    dimensions a σ as large as the first errors lets the code collapse before anything is learnt.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        gamma: float = 0.1,
        memory: float = 0.99,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr, gamma=gamma)
        self.memory = memory
        self._name_likelihood("gaussian, learned scale")

    def loss(self, batch: Batch) -> Tensor:
        mean, log_var = self.posterior(batch.x)
        output = self.decode(self.draw(mean, log_var))
        with torch.no_grad():
            error = squared_error(batch.x, output).mean() / output[0].numel()
            self.log_scale.copy_(self.memory * self.log_scale + (1 - self.memory) * 0.5 * torch.log(error + 1e-8))
        log_likelihood = gaussian_log_prob(output, batch.x, self.log_scale.clone())
        return (gaussian_kl(mean, log_var).sum(1) - log_likelihood).mean()
