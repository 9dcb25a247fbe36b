"""PacGAN: a critic that judges packs of samples sees when they are all alike."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.gans import Judging, cross_entropy
from genbench.protocols.model import Batch, DataSpec


class PacGAN(Judging):
    """`gan` whose critic sees `pack` examples joined (channels for images, values otherwise)
    (Lin et al. 2018, arXiv:1712.04086, section 2). One example is scored as a pack of itself."""

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
        pack: int = 2,
    ) -> None:
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.pack = pack
        first, *rest = data.shape
        packed = DataSpec((pack * first, *rest), data.value_range)
        step = 2 if net == "mlp" else 8
        weight = nets.count(self.critic)
        fitted = nets.fitted_width(lambda w: nets.Critic(packed, net=net, width=w), weight, step=step)
        self.critic = nets.Critic(packed, net=net, width=fitted)

    def packs(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> (B // pack, pack C, ...); what is left over is dropped."""
        whole = len(x) // self.pack
        return x[: whole * self.pack].reshape(whole, self.pack * x.shape[1], *x.shape[2:])

    def critic_loss(self, batch: Batch) -> Tensor:
        real, fake = self.packs(batch.x), self.packs(self.fakes(batch.x).detach())
        return cross_entropy(self.critic(real).squeeze(1), self.critic(fake).squeeze(1))

    def generator_loss(self, batch: Batch) -> Tensor:
        return functional.softplus(-self.critic(self.packs(self.fakes(batch.x)))).mean()

    def score(self, x: Tensor) -> Tensor:
        score: Tensor = self.critic(x.repeat(1, self.pack, *(1,) * (x.ndim - 2))).squeeze(1)
        return score
