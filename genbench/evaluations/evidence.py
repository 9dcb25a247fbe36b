"""What evaluations read of a fitted model: samples, features, reconstructions, codes; each is made once."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from genbench.core import seeds
from genbench.core.errors import Diverged, Unsupported
from genbench.core.records import FitRecord
from genbench.evaluations.context import RunContext, reference_part
from genbench.models.sampler_names import SAMPLERS
from genbench.models.samplers import LatentSampled, fit_sampler
from genbench.models.solvers import Solved, Solver, solver
from genbench.protocols.dataset import Dataset
from genbench.protocols.encoder import Encoder
from genbench.protocols.model import (
    CAPABILITIES,
    Conditional,
    Encodes,
    EstimatesDensity,
    FiniteSamples,
    Reconstructs,
    Samples,
    Solves,
    capabilities,
)
from genbench.training.sampling import chunks as sample_chunks

BATCH = 500
"""Examples that go through a model at once."""

HELD = 2**27
"""Bytes of samples that are kept, so that several evaluations read the same ones without drawing them again."""

T = TypeVar("T")


def takes_draws(model: EstimatesDensity) -> bool:
    """Whether its likelihood is an importance-weighted bound of k draws, `log_prob(x, k=...)`."""
    return "k" in inspect.signature(model.log_prob).parameters


def log_prob_by(model: EstimatesDensity, draws: int | None) -> Callable[[Tensor], Tensor]:
    """Its log-density, by so many draws where it takes draws and some are asked for."""
    log_prob: Callable[..., Tensor] = model.log_prob
    return log_prob if draws is None or not takes_draws(model) else partial(log_prob, k=draws)


Refit = Callable[[float], tuple[nn.Module, Any]]
"""Trains the model anew with this share of its budget: the model in `eval()` and the record of its training."""


class Evidence:
    """A fitted model with its sampler, and what has been made of it so far.

    `sampler`: the latent sampler or solver asked for, `""` for the model's own; `prior` is the model's own where it
    has one. `record`: of its training, `refit`: trains it anew, both where it was trained here. `of_model`: what has
    been made that does not depend on the sampler, shared by the evidence of all samplers of one model. `draws`: what is
    wrong with how samples are drawn, known once some were.
    """

    def __init__(
        self,
        model: nn.Module,
        sampler: str,
        dataset: str,
        seed: int,
        context: RunContext,
        *,
        record: FitRecord | None = None,
        refit: Refit | None = None,
        of_model: dict[Any, Any] | None = None,
    ) -> None:
        self.model, self.seed, self.context = model, seed, context
        self.record, self.refit = record, refit
        self.dataset: Dataset = context.dataset(dataset)
        is_own = sampler in ("prior", getattr(model, "sampler", "")) and "samples" in capabilities(model)
        self._asked = "" if is_own else sampler
        self._made: dict[Any, Any] = {}
        self._of_model: dict[Any, Any] = {} if of_model is None else of_model
        self.draws = ""

    def sibling(self, model: nn.Module) -> Evidence:
        """The evidence of another model in this one's place: the same sampler, data and seed."""
        return Evidence(model, self._asked, self.dataset.name, self.seed, self.context)

    @property
    def _solver(self) -> Solver | None:
        """The solver asked for, None where a latent sampler or the model's own `sample` draws."""
        if not self._asked or self._asked in SAMPLERS or not isinstance(self.model, Solves):
            return None
        return solver(self.model, self._asked)

    @property
    def resampled(self) -> bool:
        """Whether something else draws than the model's own `sample`."""
        return bool(self._asked)

    @property
    def sampler(self) -> str:
        """The name of how samples are drawn, `""` where they cannot be."""
        if self._asked:
            return str(self._solver or self._asked)
        return str(getattr(self.model, "sampler", "")) if self.can("samples") else ""

    def can(self, capability: str) -> bool:
        """Whether the model (with its sampler) has the capability."""
        if capability == "samples" and self._asked and not self._solver:
            return "encodes" in capabilities(self.model)
        return capability in capabilities(self.model)

    def need(self, capability: str) -> None:
        """Raise `Unsupported` with the reason where the model cannot do this."""
        assert capability in CAPABILITIES
        if self.can(capability):
            return
        name = type(self.model).__name__
        if capability == "samples" and self._asked:
            raise Unsupported(f"{name} has no encoder, so no latent sampler can be fitted to its codes.")
        if capability == "samples" and "encodes" in capabilities(self.model):
            raise Unsupported(f"{name} has no prior to sample from: give it a latent sampler, such as +gmm10.")
        raise Unsupported(f"{name} {self.reason(capability)}.")

    def reason(self, capability: str) -> str:
        """Why the model cannot do this, as it says itself in its class attribute `cannot`; else because it lacks the
        methods."""
        own: Mapping[str, str] = getattr(self.model, "cannot", {})
        if capability == "reconstructs" and self.can("encodes"):
            return str(own.get(capability, "has no method `reconstruct`, though it encodes"))
        return str(own.get(capability, _CANNOT[capability]))

    def generator(self, *purpose: str | int) -> torch.Generator:
        """A generator that depends on the seed and the purpose."""
        return seeds.generator("evaluation", self.seed, *purpose)

    def samples(self, n: int) -> Tensor:
        """n draws; fewer are a prefix of more, and more go on where fewer ended. Raises `Diverged` where one is not
        finite."""
        self.need("samples")
        _check_count(self.model, n)
        drawn: Tensor | None = self._made.get("samples")
        have = 0 if drawn is None else len(drawn)
        if have < n:
            whole = have // seeds.CHUNK
            kept = [] if drawn is None else [drawn[: whole * seeds.CHUNK]]
            drawn = self._made["samples"] = torch.cat([*kept, *self._chunks(n, whole)])
        assert drawn is not None
        return drawn[:n]

    def _chunks(self, n: int, first: int = 0) -> Iterator[Tensor]:
        """The samples in whole chunks from this one on, the last one perhaps longer than n asks for."""
        model = self.sampling_model()
        if isinstance(model, FiniteSamples):
            chunks = replayed(model.finite_samples(), n, self.seed, first=first)
        else:
            draw, device = self._checked(model), self.context.device
            bounds = self.dataset.spec.value_range
            self.draws = self.once("draws", lambda: _fault_of_draws(draw, device, bounds))
            chunks = sample_chunks(draw, n, "samples", self.seed, device=device, first=first)
        for x in chunks:
            bad = int((~torch.isfinite(x)).flatten(1).any(1).sum())
            if bad:
                raise Diverged(f"{bad} of {len(x)} samples contain NaN or inf.")
            yield x

    def _checked(self, model: Samples) -> Callable[..., Tensor]:
        """The model's `sample`; whoever gives something else than n float examples has broken a promise."""

        def sample(n: int, *, generator: torch.Generator) -> Tensor:
            x = model.sample(n, generator=generator)
            self._check_examples(x, "sample", n)
            return x.clone()  # it may be the model's own, to be used again

        return sample

    def _check_examples(self, x: object, method: str, n: int) -> None:
        """Raise `TypeError` for anything but n float examples of the data's shape."""
        name, wanted = f"{type(self.model).__name__}.{method}", (n, *self.dataset.spec.shape)
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} gave {type(x).__name__}, expected a tensor of shape {wanted}.")
        if not x.is_floating_point() or tuple(x.shape) != wanted:
            raise TypeError(f"{name} gave {tuple(x.shape)} of {x.dtype}, expected {wanted} of float32.")

    def sampling_model(self) -> Samples:
        """What draws: the model, or its decoder behind the latent sampler."""
        self.need("samples")
        if not self._asked:
            return cast(Samples, self.model)
        if self._solver:
            return Solved(cast(Solves, self.model), self._solver)

        def make() -> nn.Module:
            codes = self.codes("train")
            generator = seeds.generator("evaluation", self.seed, "sampler", device=codes.device)
            return fit_sampler(self._asked, codes, generator=generator)

        return LatentSampled(self.model, self.once("sampler", make))

    def features(self, n: int, encoder: Encoder) -> Tensor:
        """The features of the first n samples."""
        return self.once(("features", n, encoder.fingerprint), lambda: self.of_samples(n, encoder.features))

    def of_samples(self, n: int, function: Callable[[Tensor], Tensor]) -> Tensor:
        """`function` of the first n samples, drawn piece by piece where all would take more than `HELD` bytes."""
        _check_count(self.model, n)
        if 4 * n * self.dataset.spec.size <= HELD:
            return function(self.samples(n))
        return torch.cat([function(x) for x in self._chunks(n)])[:n]

    def reconstructions(self, n: int) -> tuple[Tensor, Tensor]:
        """(x, what the model made of it): n reference examples in a fixed order."""
        self.need("reconstructs")
        x = reference_part(self.dataset, n).x.to(self.context.device)
        made = self.of_model(("reconstructions", n), lambda: self.through(self._reconstruct, x))
        if not torch.isfinite(made).all():
            raise Diverged("a reconstruction contains NaN or inf.")
        if self.dataset.spec.unit_range and float(made.min()) >= 0 and float(made.mean()) > 1:
            raise ValueError(
                f"{type(self.model).__name__}.reconstruct gave values with the mean {float(made.mean()):.3g}; the data "
                "lie in [0, 1]: divide bytes by 255."
            )
        return x, made

    def _reconstruct(self, x: Tensor) -> Tensor:
        made = cast(Reconstructs, self.model).reconstruct(x)
        self._check_examples(made, "reconstruct", len(x))
        return made

    def restored(self, x: Tensor) -> Tensor:
        """What the model makes of these examples: their reconstructions, not looked at."""
        self.need("reconstructs")
        reconstruct = cast(Reconstructs, self.model).reconstruct
        return self.of_model(("restored", _content(x)), lambda: self.through(reconstruct, x))

    def conditional_samples(self, y: Tensor) -> Tensor:
        """One draw of each class asked for, labels (n,) -> (n, *shape)."""
        self.need("conditional")
        draw = cast(Conditional, self.model).sample_class
        device = self.context.device

        def make() -> Tensor:
            parts = [
                draw(part.to(device, copy=True), generator=seeds.generator("condition", self.seed, i, device=device))
                for i, part in enumerate(torch.split(y, BATCH))
            ]
            return torch.cat(parts)

        return self.of_model(("conditional samples", _content(y)), make)

    def log_likelihoods(self, x: Tensor, draws: int | None = None) -> Tensor:
        """(n,): the model's log-density of each example, nats; `draws`: k of an importance-weighted bound."""
        self.need("density")
        log_prob = log_prob_by(cast(EstimatesDensity, self.model), draws)
        return self.of_model(("log-likelihoods", _content(x), draws), lambda: self.through(log_prob, x))

    def codes(self, split: str) -> Tensor:
        """The codes of a split of the dataset, in its order."""
        self.need("encodes")
        encode = cast(Encodes, self.model).encode
        return self.of_model(("codes", split), lambda: self.through(encode, getattr(self.dataset, split).x))

    def through(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """`function` applied to copies of x in batches, on the model's device: what it does to them, it does alone."""
        there = x.to(self.context.device)
        return torch.cat([function(there[i : i + BATCH].clone()).clone() for i in range(0, len(there), BATCH)])

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def of_model(self, key: Any, make: Callable[[], T]) -> T:
        """The same for what depends on the model and not on how samples are drawn: once for all its samplers."""
        if key not in self._of_model:
            self._of_model[key] = make()
        made: T = self._of_model[key]
        return made


_CANNOT = {
    "samples": "cannot make samples",
    "reconstructs": "cannot reconstruct: it has no encoder",
    "encodes": "has no encoder",
    "density": "gives no density",
    "outliers": "gives no outlier score of its own",
    "conditional": "is not conditional",
}


def _check_count(model: object, n: int) -> None:
    """Raise `Unsupported` where a model has fewer samples, none of which may be given twice."""
    if isinstance(model, FiniteSamples) and not getattr(model, "repeats", True):
        there = len(model.finite_samples())
        if n > there:
            raise Unsupported(f"it has {there:,} samples, and {n:,} are needed: give more, or ask for fewer")


OUTSIDE = 0.01
"""Of the data's range: how far samples may leave it before it is said."""


def _fault_of_draws(draw: Callable[..., Tensor], device: torch.device, bounds: tuple[float, float] | None) -> str:
    """Why samples cannot be had again, are no independent draws or are on another scale than the data; empty where
    nothing is wrong with the first few."""
    first, again, other = (draw(2, generator=seeds.generator("draws", i, device=device)) for i in (0, 0, 1))
    if not bool(torch.isfinite(first).all()):
        return ""  # that is said otherwise
    if not seeds.is_repeat(first, again, device):
        return "other samples for the same generator: they cannot be had again"
    if torch.equal(first, other):
        return "the same samples for every generator: it has collapsed, or does not draw from it"
    low, high = (float(end) for end in torch.cat([first, other]).detach().aminmax())
    if bounds is not None and max(bounds[0] - low, high - bounds[1]) > OUTSIDE * (bounds[1] - bounds[0]):
        return f"samples in [{low:.3g}, {high:.3g}], where the data are in [{bounds[0]:g}, {bounds[1]:g}]"
    return ""


def _content(x: Tensor) -> str:
    """What stands for the values of x, so that the same question is answered once whoever asks it."""
    return hashlib.blake2b(x.detach().cpu().contiguous().numpy().tobytes(), digest_size=16).hexdigest()


def replayed(examples: Tensor, n: int, seed: int, *, first: int = 0) -> Iterator[Tensor]:
    """n of the examples or a few more in a seeded order, in chunks from this one on; none twice before each was given
    once, and none twice at all where n do not ask for it."""
    whole = -(-n // seeds.CHUNK) * seeds.CHUNK
    last = min(whole, len(examples)) if n <= len(examples) else whole
    rounds = range((last + len(examples) - 1) // len(examples))
    order = [torch.randperm(len(examples), generator=seeds.generator("deal", seed, i)) for i in rounds]
    for rows in torch.split(torch.cat(order)[first * seeds.CHUNK : last], seeds.CHUNK):
        yield examples[rows.to(examples.device)]
