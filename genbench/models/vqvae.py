"""The vector-quantised autoencoder with an autoregressive prior over its codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.models import nets
from genbench.models.autoencoders import squared_error
from genbench.models.masked import MADE
from genbench.protocols.model import Adam, Batch, DataSpec, GenerativeModel, Objective


class VQVAE(GenerativeModel):
    """min E‖x - D(e)‖² + ‖sg[z] - e‖² + 0.25 ‖z - sg[e]‖², e the nearest of `words` vectors to each piece of z
    (van den Oord et al. 2017, arXiv:1711.00937, eq. 3); gradients pass straight through the choice.

    The code is `places` pieces of `size` numbers. Second objective: p(code) = Π_i p(word_i | words before), by MADE in
    place of the paper's PixelCNN, trained beside the codes and not after them. Latent samplers act on the joined e.
    """

    sampler = "autoregressive prior"

    def __init__(
        self,
        data: DataSpec,
        *,
        places: int = 16,
        size: int = 4,
        words: int = 32,
        net: str = "mlp",
        width: int = 256,
        lr: float = 1e-3,
    ) -> None:
        super().__init__()
        self.places, self.size, self.latent, self.lr = places, size, places * size, lr
        self.prior = MADE(places, words, hidden=64, size=size)
        beside = nets.count(self.prior) + words * size + 2 * (self.latent - 16) * width
        width = nets.split_width(data, net, width, extra=beside)
        self.encoder = nets.encoder(data, self.latent, net=net, width=width)
        self.decoder = nets.decoder(data, self.latent, net=net, width=width)
        self.squash = nets.Squash(data)
        self.book = nn.Parameter(0.5 * torch.randn(words, size))

    def objectives(self) -> list[Objective]:
        autoencoder = [*self.encoder.parameters(), *self.decoder.parameters(), self.book]
        return [
            Objective("reconstruction", autoencoder, self.loss, optimizer=Adam(lr=self.lr)),
            Objective("prior", self.prior.parameters(), self.prior_loss, optimizer=Adam(lr=self.lr)),
        ]

    def words_of(self, z: Tensor) -> Tensor:
        """The nearest word of each piece: (B, latent) -> (B, places)."""
        pieces = z.view(len(z), self.places, 1, self.size)
        squares = torch.sum((pieces - self.book) ** 2, 3)
        return torch.argmin(squares, 2)

    def spelled(self, words: Tensor) -> Tensor:
        """(B, places) words -> (B, latent)."""
        return torch.flatten(self.book[words], 1)

    def loss(self, batch: Batch) -> Tensor:
        z: Tensor = self.encoder(batch.x)
        e = self.spelled(self.words_of(z))
        through = z + (e - z).detach()
        error = squared_error(batch.x, self.squash(self.decoder(through)))
        pull = (e - z.detach()).square().sum(1) + 0.25 * (z - e.detach()).square().sum(1)
        return (error + pull).mean()

    def prior_loss(self, batch: Batch) -> Tensor:
        words = self.words_of(self.encoder(batch.x).detach())
        logits: Tensor = self.prior(self.spelled(words).detach())
        chosen = logits.log_softmax(2).gather(2, words[..., None])
        return -chosen.sum((1, 2)).mean()

    def encode(self, x: Tensor) -> Tensor:
        return self.spelled(self.words_of(self.encoder(x)))

    def decode(self, z: Tensor) -> Tensor:
        """The code is quantised first, so that any z decodes to what the model can mean."""
        return self._shown(self.spelled(self.words_of(z)))

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        e = torch.zeros(n, self.places, self.size, device=generator.device)
        for place in range(self.places):
            shares = functional.softmax(self.prior(e.flatten(1))[:, place], 1)
            e[:, place] = self.book[torch.multinomial(shares, 1, generator=generator).squeeze(1)]
        return self._shown(e.flatten(1))

    def _shown(self, e: Tensor) -> Tensor:
        x: Tensor = self.squash(self.decoder(e))
        return x
