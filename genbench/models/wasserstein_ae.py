"""The Wasserstein autoencoder with an MMD penalty on its codes."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.models.autoencoders import Autoencoder, squared_error
from genbench.models.kernels import inverse_multiquadratic, mmd
from genbench.protocols.model import Batch, DataSpec


class WAEMMD(Autoencoder):
    """min E‖x - D(E(x))‖² + λ MMD²(q_Z, N(0, I)) (Tolstikhin et al. 2018, arXiv:1711.01558, algorithm 2).

    Inverse multiquadratic kernel, unbiased estimate. The paper's λ is 10 with scale 0.05 on the squared error in its
    code; the paper's formula is taken, λ = 10.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        penalty: float = 10.0,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.penalty = penalty

    def loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x)
        distance = mmd(torch.randn_like(z), z, inverse_multiquadratic)
        return squared_error(batch.x, self.decode(z)).mean() + self.penalty * distance

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))
