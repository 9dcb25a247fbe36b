"""InfoGAN: a part of the generator's input must be readable from its output."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.gans import Judging, cross_entropy
from genbench.protocols.model import Adam, Batch, DataSpec, Objective

CATEGORIES, CONTINUOUS = 10, 2


class InfoGAN(Judging):
    """`gan` with - λ L_I(G, Q) for both: G is given a category c (1 of 10) and two numbers in [-1, 1] beside its noise,
    Q reads them back from D's features by cross-entropy and squared error (Chen et al. 2016, arXiv:1606.03657,
    eq. 6, λ = 1 and 0.1 as in its appendix; the Gaussian of Q has unit variance). Q and the features that it shares
    with D are trained in D's step, as in the authors' code."""

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        codes = CATEGORIES + CONTINUOUS
        self.code_size = self.latent + codes
        self.generator = nets.decoder(data, self.code_size, net=net, width=width)
        self.reader = torch.nn.Linear(self.critic.head.in_features, codes)

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=self.betas)
        both = [*self.critic.parameters(), *self.reader.parameters()]
        return [
            Objective("critic and reader", both, self.critic_loss, optimizer=adam),
            Objective("generator", self.generator.parameters(), self.generator_loss, optimizer=adam, reads_data=False),
        ]

    def noise(self, x: Tensor) -> Tensor:
        """Noise, one-hot category, two uniform numbers: (B, latent + 12)."""
        order = torch.rand(len(x), CATEGORIES, dtype=x.dtype, device=x.device)
        category = (order == order.max(1, keepdim=True).values).to(x.dtype)
        numbers = 2 * torch.rand(len(x), CONTINUOUS, dtype=x.dtype, device=x.device) - 1
        noise = torch.randn(len(x), self.latent, dtype=x.dtype, device=x.device)
        return torch.cat([noise, category, numbers], 1)

    def critic_loss(self, batch: Batch) -> Tensor:
        z = self.noise(batch.x)
        features = self.critic.features(self.decode(z).detach())
        judged = cross_entropy(self.score(batch.x), self.critic.head(features).squeeze(1))
        return judged + self.misread(features, z)

    def generator_loss(self, batch: Batch) -> Tensor:
        z = self.noise(batch.x)
        features = self.critic.features(self.decode(z))
        return functional.softplus(-self.critic.head(features)).mean() + self.misread(features, z)

    def misread(self, features: Tensor, z: Tensor) -> Tensor:
        """-λ L_I without the code's entropy: how badly Q reads the code of z from D's features of G(z)."""
        code = z[:, self.latent :]
        read: Tensor = self.reader(features)
        category = -(code[:, :CATEGORIES] * read[:, :CATEGORIES].log_softmax(1)).sum(1).mean()
        numbers = 0.5 * (code[:, CATEGORIES:] - read[:, CATEGORIES:]).square().sum(1).mean()
        return torch.add(category, numbers, alpha=0.1)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        device = generator.device
        noise = torch.randn(n, self.latent, generator=generator, device=device)
        rows = torch.randint(CATEGORIES, (n,), generator=generator, device=device)
        numbers = 2 * torch.rand(n, CONTINUOUS, generator=generator, device=device) - 1
        return self.decode(torch.cat([noise, nets.one_hot(rows, CATEGORIES, noise), numbers], 1))
