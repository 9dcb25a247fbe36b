"""Deterministic autoencoders. They encode and decode but cannot sample: a latent sampler makes them generative."""

from __future__ import annotations

import torch
from torch import Tensor

from genbench.core.gradients import vector_jacobian
from genbench.models import nets
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class Autoencoder(GenerativeModel):
    """Encoder and decoder of the shared backbones, squared error; subclasses give `loss`."""

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__()
        self.latent, self.lr = nets.latent_size(data, latent), lr
        self.encoder = nets.encoder(data, self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.squash = nets.Squash(data)

    def objectives(self) -> list[Objective]:
        return [Objective("reconstruction", self.parameters(), self.loss, optimizer=Adam(lr=self.lr))]

    def loss(self, batch: Batch) -> Tensor:
        """The batch's mean of what is minimised."""
        raise NotImplementedError

    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(z))
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def squared_error(x: Tensor, other: Tensor) -> Tensor:
    """‖x - x̂‖² for each example: (B, *shape) twice -> (B,)."""
    return ((x - other) ** 2).flatten(1).sum(1)


class AE(Autoencoder):
    """min E‖x - D(E(x))‖² (Hinton & Salakhutdinov, Science 313, 2006, trained in one piece)."""

    def loss(self, batch: Batch) -> Tensor:
        return squared_error(batch.x, self.reconstruct(batch.x)).mean()


class DenoisingAE(Autoencoder):
    """min E‖x - D(E(x̃))‖², x̃ the corrupted x (Vincent et al. 2008, doi:10.1145/1390156.1390294).

    Data in [0, 1] lose each value with probability `corruption` (the paper's masking noise); other data get Gaussian
    noise of that scale (Vincent et al. 2010). The paper trains layer by layer with cross-entropy; here all layers
    train at once with the squared error of the family.
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        corruption: float = 0.25,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.corruption, self.masking = corruption, data.unit_range

    def loss(self, batch: Batch) -> Tensor:
        return squared_error(batch.x, self.reconstruct(self.corrupted(batch.x))).mean()

    def corrupted(self, x: Tensor) -> Tensor:
        """x̃, a fresh corruption at each call."""
        if self.masking:
            return x * (torch.rand_like(x) >= self.corruption).to(x.dtype)
        return x + self.corruption * torch.randn_like(x)


def bernoulli_kl(rate: float, rates: Tensor) -> Tensor:
    """KL(Bernoulli(rate) ‖ Bernoulli(rates)) in nats, element by element."""
    rates = rates.clamp(1e-6, 1 - 1e-6)
    return rate * torch.log(rate / rates) + (1 - rate) * torch.log((1 - rate) / (1 - rates))


class SparseAE(Autoencoder):
    """min E‖x - x̂‖² + β Σ_j KL(ρ ‖ ρ̂_j), ρ̂_j the batch's mean of the sigmoid code j (Ng 2011, CS294A notes;
    Lee, Ekanadham & Ng 2008). Twice the family's latents, since few of them are active at a time."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        rate: float = 0.1,
        beta: float = 1.0,
    ) -> None:
        latent = latent if latent is not None else 2 * nets.latent_size(data, None)
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.rate, self.beta = rate, beta

    def encode(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.encoder(x))

    def loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x)
        sparsity = bernoulli_kl(self.rate, z.mean(0)).sum()
        return squared_error(batch.x, self.decode(z)).mean() + self.beta * sparsity


class ContractiveAE(Autoencoder):
    """min E‖x - x̂‖² + λ E‖∂E(x)/∂x‖²_F (Rifai et al. 2011, ICML).

    The paper has the norm in closed form for one sigmoid layer; for deeper encoders it is estimated without bias as
    E_v‖Jᵀv‖², v ~ N(0, I), one draw an example (Hutchinson).
    """

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        penalty: float = 0.1,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.penalty = penalty

    def loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x)
        pulled = vector_jacobian(self.encode, batch.x, torch.randn_like(z))
        contraction = pulled.flatten(1).square().sum(1)
        return (squared_error(batch.x, self.decode(z)) + self.penalty * contraction).mean()
