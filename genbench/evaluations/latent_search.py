"""The code of an example under a decoder that has no encoder, by optimisation: what a GAN's "reconstruction" is.

Adam on z from the best of 64 prior draws, 4 restarts of 200 steps, rate 0.05, mean squared error of the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

RESTARTS, STEPS, DRAWS, RATE = 4, 200, 64, 0.05
BUDGET = f"opt{RESTARTS}x{STEPS}"
"""What a name carries that stands on this search."""


class Found(NamedTuple):
    """The codes (B, latent) and what they decode to (B, *shape)."""

    z: Tensor
    x: Tensor


def latent_search(
    decode: Callable[[Tensor], Tensor],
    x: Tensor,
    latent: int,
    *,
    generator: torch.Generator,
    restarts: int = RESTARTS,
    steps: int = STEPS,
    draws: int = DRAWS,
    lr: float = RATE,
) -> Found:
    """For each example (B, *shape) the code of N(0, I)'s support whose decoding is nearest: `Found(z, x)`.

    `decode`: (n, latent) -> (n, *shape), of a model in `eval()`, so that BatchNorm is frozen; its weights get no
    gradient. Each restart begins at the best of `draws` draws and each example keeps the restart that ends nearest. The
    draws come from `generator` alone and are the same for all examples, so that one by one equals batched where the
    generator is seeded alike. Works under `no_grad`. Schlegl et al. 2017 (arXiv:1703.05921).
    """
    shape, device = (restarts, draws, latent), x.device
    prior = torch.randn(shape, generator=generator, device=generator.device).to(device)
    z = torch.cat([_nearest(decode, x, some) for some in prior])
    wanted = x.repeat(restarts, *(1,) * (x.ndim - 1))
    z = _descended(decode, z, wanted, steps, lr)
    with torch.no_grad():
        made = decode(z)
        error = _error(made, wanted).view(restarts, len(x))
        best = error.argmin(0) * len(x) + torch.arange(len(x), device=device)
        return Found(z[best], made[best])


def _nearest(decode: Callable[[Tensor], Tensor], x: Tensor, z: Tensor) -> Tensor:
    """For each example that one of the codes (n, latent) which decodes nearest to it: (B, latent)."""
    with torch.no_grad():
        made = decode(z).flatten(1)
        return z[torch.stack([_error(made, one.expand_as(made)) for one in x.flatten(1)]).argmin(1)]


def _descended(decode: Callable[[Tensor], Tensor], z: Tensor, x: Tensor, steps: int, lr: float) -> Tensor:
    """The codes after Adam's steps on each one's own error."""
    with torch.enable_grad():
        z = z.clone().requires_grad_(True)
        adam = torch.optim.Adam([z], lr=lr)
        for _ in range(steps):
            (z.grad,) = torch.autograd.grad(_error(decode(z), x).sum(), [z])
            adam.step()
    return z.detach()


def _error(made: Tensor, x: Tensor) -> Tensor:
    """The mean squared error of each example: (B,)."""
    return (made - x).square().flatten(1).mean(1)
