"""What a model is: an `nn.Module` with objectives, or one that fits itself; what it can do are capabilities.

A capability is a method. `genbench check NAME` tells in sentences whether each keeps its promise. At evaluation the
module is in `eval()` and no gradient is recorded. Methods without a `generator` are deterministic functions of each
example alone. One that needs noise makes it from the example's own values (`genbench.models.noise`), so that one by one
equals batched and no two examples share it: a likelihood's mean over examples would keep the error of shared noise,
however many they are. A score that is only compared between examples may use one fixed set for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from genbench.core.errors import UsageError
from genbench.core.values import Kind
from genbench.protocols.dataset import Dataset, DataSpec


class Batch(NamedTuple):
    """Training examples `x` (B, *shape) and their labels `y` (B,) or None, on the device."""

    x: Tensor
    y: Tensor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """How an objective's parameters are updated: Adam with these settings (AdamW where `weight_decay` is not 0).

    `schedule` and `warmup` (a fraction of the budget) shape the learning rate over the training: it rises linearly to
    `lr` during the warm-up, then stays (`constant`) or falls to 0 at the budget's end (`linear`, `cosine`).
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    eps: float = 1e-8
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup: float = 0.0

    def factor(self, progress: float) -> float:
        """What `lr` is multiplied with when this fraction of the budget, in [0, 1], is spent."""
        if progress < self.warmup:
            return progress / self.warmup
        if self.schedule == "constant":
            return 1.0
        left = (1.0 - min(progress, 1.0)) / (1.0 - self.warmup)
        return left if self.schedule == "linear" else 0.5 - 0.5 * math.cos(math.pi * left)


@dataclass(frozen=True, slots=True)
class Objective:
    """A loss and the parameters that are trained to lower it; a two-player game such as a GAN's has two.

    `parameters` are the ones that it updates; `loss(batch)` gives its scalar, drawing plain torch randomness (the
    trainer seeds it). In each training iteration every objective takes `steps` optimiser steps, in the order of the
    list, each on a fresh batch, and each step costs one batch of the budget. `reads_data` is False where the loss takes
    from `batch.x` its shape alone, as a GAN's generator does: the record of a training counts no images for it.
    `clip` bounds the norm of the gradient.
    With `ema` (a decay such as 0.999) an exponential moving average of the parameters is kept and the model ends with
    it. `precision`: `bfloat16` runs the loss under autocast; weights and optimiser stay float32.
    """

    name: str
    parameters: Iterable[nn.Parameter]
    loss: Callable[[Batch], Tensor]
    steps: int = 1
    optimizer: Adam = field(default_factory=Adam)
    clip: float | None = None
    ema: float | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    reads_data: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(self.parameters))


AMOUNTS = ("images", "steps", "seconds", "flops")
"""In what a budget may be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much training a model gets, in batches of `batch`: exactly one of these.

    `images`: a batch for each optimiser step, every objective's counted; `steps`: the optimiser steps themselves;
    `flops`: floating-point operations, counted in one iteration before the first (equal compute); `seconds` of wall
    clock without the set-up (equal time on this machine), of which a stack takes those of all its seeds.
    """

    images: int = 0
    batch: int = 128
    steps: int = 0
    seconds: float = 0.0
    flops: float = 0.0

    def __post_init__(self) -> None:
        amounts = [getattr(self, name) for name in AMOUNTS]
        if sum(map(bool, amounts)) != 1 or min(amounts) < 0 or self.batch < 1:
            raise UsageError(f"a budget is one of {', '.join(AMOUNTS)}, and a batch of at least 1; got {self}.")


class GenerativeModel(nn.Module):
    """The base of every trained model. Subclass it, take a `DataSpec` first, give `objectives()` and capabilities.

    `sampler` names how `sample` draws (`prior` for latent-variable models); it is shown beside every score. `numbers`
    names options that change nothing but numbers, such as `("beta",)` for an attribute `beta` that the loss multiplies
    with: trials of a tuning that differ in them are trained together, the attribute a 0-d tensor. `cannot`: why it
    lacks a capability, by its name, where that is not for want of a network: `X` in "MyVAE X.".
    """

    sampler: ClassVar[str] = "prior"
    numbers: ClassVar[tuple[str, ...]] = ()
    cannot: ClassVar[Mapping[str, str]] = {}

    def objectives(self) -> Sequence[Objective]:
        """What is trained; asked once, before the first step."""
        raise NotImplementedError(f"{type(self).__name__} must give objectives(), or fit(data, budget, generator)")


@runtime_checkable
class FitsItself(Protocol):
    """A model that is not trained by gradients. Everything it learns must be a parameter or a buffer, so that it can
    be saved and loaded; buffers may change shape in `fit`."""

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Learn from `data.train` (`data.val` may decide when to stop). They are copies, and nothing else is given:
        reference, ceiling and outlier sets are empty. A control names what it must see beside them in its class
        attribute `sees`, such as `frozenset({"ceiling"})`."""


@runtime_checkable
class Samples(Protocol):
    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, *shape) draws in the data's range; all randomness from `generator`."""


@runtime_checkable
class Reconstructs(Protocol):
    def reconstruct(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B, *shape): through the model and back."""


@runtime_checkable
class Encodes(Protocol):
    latent: int

    def encode(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B, latent): the code (the posterior's mean where it is a distribution)."""

    def decode(self, z: Tensor) -> Tensor:
        """(B, latent) -> (B, *shape) in the data's range."""


@runtime_checkable
class Variational(Protocol):
    """Encodes into a distribution q(z|x), whose mean is `encode`."""

    def kl(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B,): KL(q(z|x) ‖ p(z)) from the model's own prior, nats: the rate of its code; an estimate
        where it has no closed form."""


@runtime_checkable
class Decodes(Protocol):
    """A model whose samples are `decode(z)` of codes z ~ N(0, I), so that an example's code can be searched for."""

    latent: int

    def decode(self, z: Tensor) -> Tensor:
        """(B, latent) -> (B, *shape) in the data's range."""


@runtime_checkable
class EstimatesDensity(Protocol):
    likelihood: str  # its name with everything that changes it, such as "bernoulli, iwae-64"
    likelihood_kind: Kind

    def log_prob(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B,) nats an example."""


@runtime_checkable
class ScoresOutliers(Protocol):
    outlier_score_name: str

    def outlier_score(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B,), higher = more of an outlier."""


@runtime_checkable
class Conditional(Protocol):
    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        """Labels (n,) -> (n, *shape), one draw of the class asked for each."""


@runtime_checkable
class Solves(Protocol):
    """Samples by solving an equation: a solver and its steps are a sampler that a suite may ask for, `edm+heun18`."""

    solvers: ClassVar[Mapping[str, Callable[[int], int]]]
    """Each kind of solver, and steps -> evaluations of the network that they take."""

    def solve(self, n: int, *, kind: str, steps: int, generator: torch.Generator) -> Tensor:
        """(n, *shape) draws by this many steps; `sample` is one of these."""


@runtime_checkable
class FiniteSamples(Protocol):
    def finite_samples(self) -> Tensor:
        """(N, *shape): a finite set of examples. They are replayed in a seeded order, without repeats while they last
        (real data in a model's place); `sample` draws from them too. With `repeats = False` no more may be asked for
        than there are."""


@runtime_checkable
class HasCritic(Protocol):
    """A generator of codes z ~ N(0, I) with a critic: what is searched for the code of an example."""

    code_size: int

    def decode(self, z: Tensor) -> Tensor:
        """(B, code_size) -> (B, *shape) in the data's range."""

    def critic_features(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B, F): the critic's last hidden layer."""


@runtime_checkable
class Renoises(Protocol):
    """A diffusion model that can go a part of the way to noise and come back."""

    def partial_reconstruction(self, x: Tensor) -> Tensor:
        """(B, *shape) -> (B, *shape): noised to a quarter of the way, the same noise for all, and denoised."""


@runtime_checkable
class ScoresFeatures(Protocol):
    """A detector that scores an encoder's features as it scores values."""

    def outlier_score_in(self, train: Tensor, features: Tensor) -> Tensor:
        """Features of the training split (N, F) and of examples (B, F) -> (B,), higher = more of an outlier."""


CAPABILITIES: dict[str, type] = {
    "samples": Samples,
    "reconstructs": Reconstructs,
    "encodes": Encodes,
    "density": EstimatesDensity,
    "outliers": ScoresOutliers,
    "conditional": Conditional,
}


def capabilities(model: object) -> tuple[str, ...]:
    """The names of what a model (or a model class) can do."""
    return tuple(
        name
        for name, protocol in CAPABILITIES.items()
        if all(callable(getattr(model, m, None)) for m in methods(protocol))
    )


def methods(protocol: type) -> list[str]:
    """The methods of a capability."""
    return [m for m, value in vars(protocol).items() if callable(value) and not m.startswith("_")]


ModelBuilder = Callable[..., nn.Module]
__all__ = [
    "CAPABILITIES",
    "Adam",
    "Batch",
    "Budget",
    "Conditional",
    "DataSpec",
    "Decodes",
    "Encodes",
    "EstimatesDensity",
    "FiniteSamples",
    "FitsItself",
    "GenerativeModel",
    "HasCritic",
    "ModelBuilder",
    "Objective",
    "Reconstructs",
    "Renoises",
    "Samples",
    "ScoresFeatures",
    "ScoresOutliers",
    "Solves",
    "Variational",
    "capabilities",
    "methods",
]
