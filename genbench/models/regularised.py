"""Regularised autoencoders (Ghosh et al. 2020): a code that is kept small and a decoder that is kept smooth."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.core.gradients import vector_jacobian
from genbench.models.autoencoders import Autoencoder, squared_error
from genbench.protocols.model import Batch, DataSpec


class RegularisedAE(Autoencoder):
    """min E‖x - D(z)‖² + β ½‖z‖² + λ L_reg, z = E(x) (arXiv:1903.12436, eq. 11); subclasses give L_reg."""

    beta: float
    strength: float

    def loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x)
        terms = squared_error(batch.x, self.decode(z)) + 0.5 * self.beta * z.square().sum(1)
        return terms.mean() + self.strength * self.regulariser(z)

    def regulariser(self, z: Tensor) -> Tensor:
        """L_reg, a scalar."""
        raise NotImplementedError


class RAEL2(RegularisedAE):
    """L_reg = ‖θ_D‖², the squared norm of the decoder's parameters."""

    def __init__(  # the paper's β is 1e-4 on a mean over values; this loss is a sum over values
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        beta: float = 1e-2,
        strength: float = 1e-4,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.beta, self.strength = beta, strength

    def regulariser(self, z: Tensor) -> Tensor:
        del z
        return torch.stack([p.square().sum() for p in self.decoder.parameters()]).sum()


class RAEGP(RegularisedAE):
    """L_reg = E‖∇_z D(z)‖²_F, estimated without bias by one Gaussian probe an example.

    The paper's code takes the gradient of the output's mean instead; the formula of the paper is taken here.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        beta: float = 1e-2,
        strength: float = 1e-2,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.beta, self.strength = beta, strength

    def regulariser(self, z: Tensor) -> Tensor:
        probe = torch.randn_like(self.decode(z))
        return vector_jacobian(self.decode, z, probe).square().sum(1).mean()
