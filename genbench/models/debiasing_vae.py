"""DB-VAE: rare examples get more weight, found by the density of the codes."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models.vae import VariationalAutoencoder
from genbench.protocols.model import Batch, DataSpec

BINS = 10
REACH = 3.0


def bin_of(codes: Tensor) -> Tensor:
    """The histogram bin of each code, ten equal bins over [-3, 3] with open ends: (B, latent) -> (B, latent, 10)."""
    places = ((codes + REACH) * (BINS / (2 * REACH))).floor().clamp(0, BINS - 1)
    return (places[..., None] == torch.arange(BINS, device=codes.device)).to(codes.dtype)


class DBVAE(VariationalAutoencoder):
    """max E_x w(x) ELBO(x), w(x) ∝ Π_j 1/(Q̂_j(μ_j(x)) + α), Q̂_j a histogram of the codes (Amini et al. 2019,
    doi:10.1145/3306618.3314243, eq. 3).

    The paper draws batches with these probabilities; here each batch is weighed by them instead (mean weight 1), which
    has the same mean gradient. The paper's class label as a latent is left to the evaluations; the histogram is a
    running one (memory 0.99).
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        alpha: float = 1.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.alpha = alpha
        self.histogram: Tensor
        self.register_buffer("histogram", torch.full((self.latent, BINS), 1 / BINS))

    def loss(self, batch: Batch) -> Tensor:
        log_likelihood, kl, _ = self.elbo(batch.x)
        with torch.no_grad():
            bins = bin_of(self.encode(batch.x))
            self.histogram.copy_(0.99 * self.histogram + 0.01 * bins.mean(0))
        weights = self.sampling_weights(batch.x)
        return (weights * (kl - log_likelihood)).mean()

    def sampling_weights(self, x: Tensor) -> Tensor:
        """How often each example should be drawn, relative to its batch: (B, *shape) -> (B,), mean 1."""
        with torch.no_grad():
            density = (bin_of(self.encode(x)) * self.histogram).sum(2)
            return torch.softmax(-torch.log(density + self.alpha).sum(1), 0) * len(x)
