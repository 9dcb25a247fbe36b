"""GANs made for outliers: f-AnoGAN, whose encoder inverts a WGAN-GP, and GANomaly, which codes its input twice."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genbench.models import nets
from genbench.models.autoencoders import Autoencoder, squared_error
from genbench.models.gans import cross_entropy
from genbench.models.lipschitz_gans import WGANGP
from genbench.protocols.model import Adam, Batch, DataSpec, Objective


class FAnoGAN(WGANGP):
    """`wgan-gp` with a third player, an encoder: min ‖x - G(E(x))‖²/D + κ/n ‖f(x) - f(G(E(x)))‖², f the critic's n
    features, κ = 1 ("izi_f" of Schlegl et al. 2019, doi:10.1016/j.media.2019.01.010, eq. 3). The paper trains the
    encoder after the GAN; here it follows step by step, G and f held. The outlier score is the encoder's loss."""

    outlier_score_name = "f-anogan"

    def __init__(
        self,
        data: DataSpec,
        *,
        latent: int | None = None,
        net: str = "mlp",
        width: int = 256,
        lr: float = 2e-3,
        critic_steps: int = 5,
    ) -> None:
        width = nets.split_width(data, net, width, parts=3)
        super().__init__(data, latent=latent, net=net, width=width, lr=lr, critic_steps=critic_steps)
        self.encoder = nets.encoder(data, self.latent, net=net, width=width)

    def objectives(self) -> list[Objective]:
        encoder = Objective("encoder", self.encoder.parameters(), self.encoder_loss, optimizer=Adam(lr=self.lr))
        return [*self.players(critic_steps=self.critic_steps), encoder]

    def encoder_loss(self, batch: Batch) -> Tensor:
        return self.outlier_score(batch.x).mean()

    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def outlier_score(self, x: Tensor) -> Tensor:
        back = self.reconstruct(x)
        features = (self.critic.features(x) - self.critic.features(back)).square().mean(1)
        return squared_error(x, back) / x[0].numel() + features


class GANomaly(Autoencoder):
    """G = (E, D', E'): min w_adv ‖f(x) - f(x̂)‖² + w_con ‖x - x̂‖₁ + w_enc ‖E(x) - E'(x̂)‖²; critic: max E log σ(C(x)) +
    E log(1 - σ(C(x̂))) (Akcay et al. 2018, arXiv:1805.06725, eqs. 1 to 4: weights 1, 50, 1; means over values as in its
    code). The outlier score is ‖E(x) - E'(x̂)‖₁ (eq. 5). It cannot sample. Four nets within the budget."""

    outlier_score_name = "ganomaly"

    def __init__(
        self, data: DataSpec, *, latent: int | None = None, net: str = "mlp", width: int = 256, lr: float = 1e-3
    ) -> None:
        width = nets.split_width(data, net, width, parts=4)
        super().__init__(data, latent=latent, net=net, width=width, lr=lr)
        self.again = nets.encoder(data, self.latent, net=net, width=width)
        self.critic = nets.Critic(data, net=net, width=width)

    def objectives(self) -> list[Objective]:
        adam = Adam(lr=self.lr, betas=(0.5, 0.999))
        three = [*self.encoder.parameters(), *self.decoder.parameters(), *self.again.parameters()]
        return [
            Objective("critic", self.critic.parameters(), self.critic_loss, optimizer=adam),
            Objective("generator", three, self.loss, optimizer=adam),
        ]

    def critic_loss(self, batch: Batch) -> Tensor:
        return cross_entropy(self.critic(batch.x), self.critic(self.reconstruct(batch.x).detach()))

    def loss(self, batch: Batch) -> Tensor:
        z = self.encode(batch.x)
        back = self.decode(z)
        fooled = functional.mse_loss(self.critic.features(back), self.critic.features(batch.x))
        content = (batch.x - back).abs().mean()
        return fooled + 50 * content + functional.mse_loss(z, self.again(back))

    def outlier_score(self, x: Tensor) -> Tensor:
        z = self.encode(x)
        score: Tensor = torch.linalg.vector_norm(z - self.again(self.decode(z)), ord=1, dim=1)
        return score
