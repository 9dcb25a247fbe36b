"""Controls: rows whose place is known beforehand. Floors, ceilings, copies, and the truth itself on toys."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.core.values import Kind
from genbench.models.autoencoders import Autoencoder
from genbench.protocols.dataset import Dataset, Density
from genbench.protocols.model import Budget, DataSpec, GenerativeModel


class Replay(GenerativeModel):
    """Real examples replayed as samples; subclasses say which in `fit`."""

    sampler = "replay"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.replayed: Tensor
        self.register_buffer("replayed", torch.zeros(0, *data.shape))

    def finite_samples(self) -> Tensor:
        """(N, *shape): all there are."""
        return self.replayed

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """n of the examples in a random order, without repeats while they last."""
        passes = math.ceil(n / len(self.replayed))
        device = generator.device
        order = [torch.randperm(len(self.replayed), generator=generator, device=device) for _ in range(passes)]
        return self.replayed[torch.cat(order)[:n].to(self.replayed.device)]


class TrainCopy(Replay):
    """Training examples replayed: perfect scores without a model, the danger that memorisation tests must see."""

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        self.replayed = data.train.x.clone()


class TestHalf(Replay):
    """Real data that nobody trained on: what a perfect model would score at this n."""

    __test__ = False
    sees = frozenset({"ceiling"})

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        self.replayed = data.ceiling.x.clone()


class Marginals(GenerativeModel):
    """Each value drawn alone from its own training values: right marginals, no dependence between values."""

    sampler = "marginals"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if data.size == 1:
            raise Unsupported("examples of one value have no dependence to lose: it would draw the training data again")
        self.shape = data.shape
        self.values: Tensor
        self.register_buffer("values", torch.zeros(0, data.size))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        self.values = data.train.x.flatten(1).clone()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        count, size = self.values.shape
        rows = torch.randint(count, (n, size), generator=generator, device=generator.device)
        return self.values.gather(0, rows.to(self.values.device)).view(n, *self.shape)


class Noise(GenerativeModel):
    """Uniform noise over the data's range (the training data's box where values are unbounded); scores at random."""

    sampler = "uniform"
    outlier_score_name = "random"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        low, high = data.value_range or (-1.0, 1.0)
        self.bounded = data.value_range is not None
        self.low: Tensor
        self.high: Tensor
        self.directions: Tensor
        self.register_buffer("low", torch.full(data.shape, low))
        self.register_buffer("high", torch.full(data.shape, high))
        seed = torch.Generator().manual_seed(0)
        self.register_buffer("directions", torch.rand(data.size, generator=seed, dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        if not self.bounded:
            self.low, self.high = data.train.x.amin(0), data.train.x.amax(0)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        share = torch.rand(n, *self.low.shape, generator=generator, device=generator.device)
        return self.low + (self.high - self.low) * share

    def outlier_score(self, x: Tensor) -> Tensor:
        """A number in [0, 1) that depends on x as a hash does: the same x, the same number."""
        projection = (x.flatten(1).double() * self.directions).sum(1)
        return (torch.sin(projection * 12.9898 + 78.233) * 43758.5453).frac().abs().float()


class MeanImage(GenerativeModel):
    """The training mean, always: the floor of reconstruction and the picture of collapse."""

    sampler = "constant"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(data.shape))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        self.mean = data.train.x.double().mean(0).float()

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        del generator
        return self.mean.expand(n, *self.mean.shape).clone()

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.mean.expand_as(x).clone()


class Untrained(Autoencoder):
    """The networks of `ae` at their initial weights: what an evaluation of codes, reconstructions or outlier scores
    gives to a model that never saw an example. Samples decode draws of N(0, I)."""

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Leave the weights as they are."""

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator, device=generator.device))


class Pixels(GenerativeModel):
    """The identity as an encoder: the code is the example, value by value."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.latent, self.shape, self.value_range = data.size, data.shape, data.value_range

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """There is nothing to learn."""

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        x = z.view(-1, *self.shape)
        return x if self.value_range is None else x.clamp(*self.value_range)


class Oracle(GenerativeModel):
    """The truth itself, on toys whose law is known: its sampler and its density.

    A mixture of equal round Gaussians is kept in buffers; any other law is kept as it is and lasts as long as the
    process.
    """

    sampler = "truth"
    sees = frozenset({"density"})
    likelihood = "the true density"
    likelihood_kind = Kind.EXACT

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.modes: Tensor
        self.weights: Tensor
        self.sigma: Tensor
        self.register_buffer("modes", torch.zeros(0, data.size))
        self.register_buffer("weights", torch.zeros(0))
        self.register_buffer("sigma", torch.zeros(()))
        self._law: Density | None = None

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        law = data.density
        if law is None:
            raise Unsupported(f"the true density of {data.name!r} is not known, so it has no oracle.")
        if law.modes is not None and law.mode_weights is not None and law.mode_sigma is not None:
            self.modes, self.weights = law.modes.float().clone(), law.mode_weights.float().clone()
            self.sigma = torch.tensor(law.mode_sigma)
        else:
            self._law = law

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        if not len(self.modes):
            return self._known().sample(n, generator=generator)
        rows = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.modes.shape[1], generator=generator, device=self.modes.device)
        return self.modes[rows] + self.sigma * noise

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density in nats: (B, D) -> (B,)."""
        if not len(self.modes):
            return self._known().log_prob(x)
        squares = (x[:, None].double() - self.modes.double()).square().sum(2)
        variance = self.sigma.double() ** 2
        norm = 0.5 * x.shape[1] * torch.log(2 * math.pi * variance)
        return (self.weights.double().log() - squares / (2 * variance) - norm).logsumexp(1).float()

    def _known(self) -> Density:
        if self._law is None:
            raise Unsupported("this oracle was not fitted in this process, and its law has no modes to be saved.")
        return self._law
