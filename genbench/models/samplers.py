"""Latent samplers: densities fitted to training codes, an axis of their own. `ae` cannot sample, `ae+gmm10` can.

A sampler is an `nn.Module` whose whole state is tensors: `make_sampler(name, latent)` gives an empty one to load into.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported, nearest
from genbench.models.couplings import couplings
from genbench.models.likelihoods import standard_log_prob
from genbench.models.mixture import GaussianMixture
from genbench.models.sampler_names import SAMPLERS
from genbench.protocols.model import Encodes, capabilities

FLOW_STEPS = 500


class LatentSampler(nn.Module):
    """A density on codes: what `fit_sampler` gives."""

    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        """Fit to codes (N, latent)."""
        raise NotImplementedError

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        """(n, latent) draws."""
        raise NotImplementedError

    def log_prob(self, z: Tensor) -> Tensor:
        """(N, latent) -> (N,) nats."""
        raise NotImplementedError


class PriorSampler(LatentSampler):
    """N(0, I): nothing is fitted."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(latent))

    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        del codes, generator

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return torch.randn(n, len(self.mean), generator=generator, device=self.mean.device)

    def log_prob(self, z: Tensor) -> Tensor:
        return standard_log_prob(z)


class MixtureSampler(LatentSampler):
    """A mixture of Gaussians with full covariances by EM; one component is a plain Gaussian."""

    def __init__(self, latent: int, components: int) -> None:
        super().__init__()
        self.mixture = GaussianMixture(latent, components)

    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        self.mixture.fit(codes, generator=generator)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.mixture.sample(n, generator=generator)

    def log_prob(self, z: Tensor) -> Tensor:
        return self.mixture.log_prob(z)


class FlowSampler(LatentSampler):
    """RealNVP on standardised codes: six couplings, 500 steps of Adam at batch 256 (Dinh et al. 2017)."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.flow = couplings(latent, 6, 64)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(latent))
        self.register_buffer("scale", torch.ones(latent))

    @torch.enable_grad()
    def fit(self, codes: Tensor, *, generator: torch.Generator) -> None:
        codes = codes.detach()
        self.mean, self.scale = codes.mean(0), codes.std(0) + 1e-6
        optimizer = torch.optim.Adam(self.flow.parameters(), lr=2e-3, fused=True)
        for _ in range(FLOW_STEPS):
            rows = torch.randint(len(codes), (256,), generator=generator, device=generator.device).to(codes.device)
            optimizer.zero_grad(set_to_none=True)
            loss = -self.flow.log_prob((codes[rows] - self.mean) / self.scale).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.flow.parameters(), 10.0)
            optimizer.step()
        self.requires_grad_(False)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        noise = torch.randn(n, len(self.mean), generator=generator, device=self.mean.device)
        return self.mean + self.scale * self.flow.inverse(noise)

    def log_prob(self, z: Tensor) -> Tensor:
        return self.flow.log_prob((z - self.mean) / self.scale) - self.scale.log().sum()


_MAKERS: dict[str, Callable[[int], LatentSampler]] = {
    "prior": PriorSampler,
    "gaussian": lambda latent: MixtureSampler(latent, 1),
    "gmm10": lambda latent: MixtureSampler(latent, 10),
    "flow": FlowSampler,
}


def make_sampler(name: str, latent: int) -> LatentSampler:
    """An unfitted sampler whose state can be loaded. Raises `Unsupported` for an unknown name, with the nearest."""
    if name not in _MAKERS:
        hint = nearest(name, SAMPLERS)
        instead = f"did you mean {hint!r}?" if hint else f"there are {', '.join(SAMPLERS)}."
        raise Unsupported(f"no latent sampler is called {name!r}: {instead}")
    return _MAKERS[name](latent)


def fit_sampler(name: str, codes: Tensor, *, generator: torch.Generator) -> LatentSampler:
    """The named sampler fitted to training codes (N, latent), on their device."""
    sampler = make_sampler(name, codes.shape[1]).to(codes.device)
    sampler.fit(codes, generator=generator)
    return sampler


class LatentSampled(nn.Module):
    """A model that encodes, with a fitted sampler in place of its prior: x = decode(z), z ~ sampler.

    The model's own `log_prob` belongs to its own prior and is not passed on.
    """

    def __init__(self, model: nn.Module, sampler: nn.Module) -> None:
        super().__init__()
        name = type(model).__name__
        if not isinstance(model, Encodes):
            if "encodes" in capabilities(model):
                raise Unsupported(
                    f"{name} has encode and decode but no `latent`, the width of its codes: write `self.latent = 16` "
                    "in its constructor."
                )
            raise Unsupported(f"{name} has no encoder, so no latent sampler can be fitted to its codes.")
        self.model, self.density = model, sampler
        self.latent = model.latent

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(self.density.sample(n, generator=generator))  # type: ignore[operator]

    def encode(self, x: Tensor) -> Tensor:
        return cast(Encodes, self.model).encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return cast(Encodes, self.model).decode(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))
