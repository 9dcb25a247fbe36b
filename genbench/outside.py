"""What was made elsewhere, as a row of a leaderboard: a file of samples, or the functions of a trained model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from genbench.core.errors import DataError, Unsupported, UsageError, nearest
from genbench.core.values import Kind
from genbench.data.arrays import Statistics
from genbench.data.files import read_samples
from genbench.protocols.dataset import Dataset, DataSpec
from genbench.protocols.model import Budget, GenerativeModel
from genbench.registry import register_model

FAMILY = "outside"


class GivenSamples(GenerativeModel):
    """Samples of your own, each given once: a folder or zip of images, `.npy` or `.npz` at `path`."""

    sampler = "given"
    trained_elsewhere = True
    repeats = False

    def __init__(self, data: DataSpec, *, path: str = "") -> None:
        super().__init__()
        if not path:
            raise Unsupported('it stands for samples of your own: say where, { use = "samples", path = "..." }')
        self.path = path
        self.given: Tensor
        self.register_buffer("given", torch.zeros(0, *data.shape))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """Read the file. Raises `DataError` with the path where it does not hold examples like the dataset's."""
        del budget, generator
        found = read_samples(self.path)
        if isinstance(found, Statistics):
            raise DataError(f"{self.path} holds mu and sigma; expected the samples themselves.")
        shape = tuple(data.spec.shape)
        if tuple(found.shape[1:]) != shape:
            raise DataError(f"{self.path} holds examples of shape {tuple(found.shape[1:])}, {data.name} has {shape}.")
        self.given = found.float()

    def finite_samples(self) -> Tensor:
        """(N, *shape): all there are."""
        return self.given

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """n of them in a random order. Raises `Unsupported` where there are fewer."""
        if n > len(self.given):
            raise Unsupported(f"{self.path} holds {len(self.given):,} samples, and {n:,} are needed")
        order = torch.randperm(len(self.given), generator=generator, device=generator.device)
        return self.given[order[:n].to(self.given.device)]


Function = Callable[..., Tensor]
FUNCTIONS = ("sample", "encode", "decode", "reconstruct", "log_prob", "outlier_score")


def wrap(
    name: str,
    module: nn.Module | None = None,
    *,
    latent: int = 0,
    likelihood: str = "exact",
    summary: str = "Trained elsewhere.",
    **functions: Function,
) -> str:
    """Make what was trained elsewhere a model called `name`, which suites and `genbench.run` may ask for.

    `functions` are what it can do: `sample(n)` or `sample(n, generator=...)` -> (n, *shape) in the data's range,
    `encode(x)` -> (B, latent) and `decode(z)`, `reconstruct(x)` (the way through both, unless given), `log_prob(x)` ->
    (B,) nats, `outlier_score(x)` -> (B,). `module`: goes with them to the device and into `eval()`. `latent`: the width
    of the codes. `likelihood`: `exact`, `bound` or `estimate`. Its budget is 0, and what it gave is never used again,
    since nobody knows whether it has changed. Returns the name. Raises `UsageError` for a function that no model has,
    and for half of a pair.
    """
    for given in functions:
        if given not in FUNCTIONS:
            near = nearest(given, FUNCTIONS)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(FUNCTIONS)}."
            raise UsageError(f"wrap({name!r}): no model has a function {given!r}: {hint}")
    if not functions:
        raise UsageError(f"wrap({name!r}) was given no function: it needs one of {', '.join(FUNCTIONS)}.")
    if ("encode" in functions) != ("decode" in functions) or ("encode" in functions and latent < 1):
        raise UsageError(f"wrap({name!r}): encode needs decode beside it and `latent`, the width of the codes.")
    kind: Any = _class_of(functions, module)
    kind.latent = latent
    kind.likelihood, kind.likelihood_kind = f"trained elsewhere, {likelihood}", Kind(likelihood)
    register_model(name, family=FAMILY, summary=summary)(kind)
    return name


def _class_of(functions: dict[str, Function], module: nn.Module | None) -> type[GenerativeModel]:
    """A model class with these functions as its methods."""

    class Wrapped(GenerativeModel):
        sampler = "its own"
        trained_elsewhere = True
        reusable = False
        outlier_score_name = "own"

        def __init__(self, data: DataSpec) -> None:
            del data
            super().__init__()
            self.module = module

        def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
            """Nothing is learnt."""

    for method, function in functions.items():
        setattr(Wrapped, method, _sampling(function) if method == "sample" else _plain(function))
    if "encode" in functions and "reconstruct" not in functions:
        Wrapped.reconstruct = lambda self, x: self.decode(self.encode(x))  # type: ignore[attr-defined]
    return Wrapped


def _plain(function: Function) -> Function:
    return lambda self, x: function(x)


def _sampling(function: Function) -> Function:
    """A `sample` that draws from its generator alone, even where the function knows torch's global one only."""
    takes = "generator" in inspect.signature(function).parameters

    def sample(self: nn.Module, n: int, *, generator: torch.Generator) -> Tensor:
        if takes:
            return function(n, generator=generator)
        cuda = [generator.device] if generator.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator, device=generator.device)))
            return function(n)

    return sample


def from_diffusers(pipe: Any, name: str, *, call: Mapping[str, Any] | None = None) -> str:
    """Make an unconditional pipeline of diffusers (DDPM, DDIM, ...) a model called `name`, for images in [0, 1].

    `call`: what else the pipeline is called with, such as `{"num_inference_steps": 50}`. See `wrap`. Raises
    `UsageError` for one that draws from a prompt or takes no generator.
    """
    taken = inspect.signature(pipe.__call__).parameters
    lacking = [given for given in ("batch_size", "generator", "output_type") if given not in taken]
    if lacking:
        raise UsageError(
            f"{type(pipe).__name__} takes no {lacking[0]}, so it is no unconditional pipeline: call it in a function "
            "of your own, and give that to genbench.wrap(name, sample=...)."
        )

    def sample(n: int, *, generator: torch.Generator) -> Tensor:
        pipe.set_progress_bar_config(disable=True)
        images = pipe(batch_size=n, generator=generator, output_type="np", **(call or {})).images
        return torch.as_tensor(images, dtype=torch.float32).movedim(-1, 1).contiguous()

    parts = nn.ModuleList(part for part in pipe.components.values() if isinstance(part, nn.Module))
    return wrap(name, parts, sample=sample, summary=f"{type(pipe).__name__} of diffusers, trained elsewhere.")


def from_pythae(model: Any, name: str, *, sampler: Any = None) -> str:
    """Make a model of pythae a model called `name`.

    It encodes to the means of its codes, decodes and reconstructs. `sampler`: one of pythae's, fitted; without it
    models with a prior N(0, I) (pythae's `VAE` and what derives from it) draw from that, and others do not sample. See
    `wrap`.
    """
    functions: dict[str, Any] = {"reconstruct": lambda x: model.predict(x).recon_x}
    latent = getattr(model, "latent_dim", 0)
    if _has_flat_codes(model):
        functions["encode"] = lambda x: model.encoder(x).embedding
        functions["decode"] = lambda z: model.decoder(z)["reconstruction"]
    if sampler is not None:
        functions["sample"] = lambda n: sampler.sample(num_samples=n, batch_size=n)
    elif any(base.__name__ == "VAE" for base in type(model).__mro__):

        def sample(n: int, *, generator: torch.Generator) -> Tensor:
            z = torch.randn(n, latent, generator=generator, device=generator.device)
            made: Tensor = model.decoder(z)["reconstruction"]
            return made

        functions["sample"] = sample
    return wrap(
        name, model, latent=latent, summary=f"{type(model).__name__} of pythae, trained elsewhere.", **functions
    )


def _has_flat_codes(model: Any) -> bool:
    """Whether a model of pythae has vectors for codes; quantised ones have maps, which `encode` does not give."""
    return not any(hasattr(model, part) for part in ("quantizer", "quantizers"))
