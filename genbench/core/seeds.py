"""Every random draw starts here: seeds derived from names, generators by chunk, a seeded stretch of torch code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

CHUNK = 500
"""Examples drawn from one generator. Part of a sample's identity: with it a smaller sample is a prefix of a larger."""


def derive(*parts: str | int) -> int:
    """A 63-bit seed that depends on these parts only, the same on every machine."""
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], "little") >> 1


def generator(*parts: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A fresh generator seeded by `derive(*parts)`."""
    return torch.Generator(device=device).manual_seed(derive(*parts))


def chunks(
    sample: Callable[..., Tensor],
    n: int,
    *parts: str | int,
    device: torch.device | str = "cpu",
    chunk: int = CHUNK,
    first: int = 0,
) -> Iterator[Tensor]:
    """`sample(chunk, generator=...)` until n are drawn, each chunk with a generator seeded by (parts, chunk number).

    The last chunk is drawn whole, so that fewer samples are a prefix of more; `first`: the chunk to go on from.
    """
    for i in range(first, (n + chunk - 1) // chunk):
        yield sample(chunk, generator=generator(*parts, i, device=device))


def draw(
    sample: Callable[..., Tensor], n: int, *parts: str | int, device: torch.device | str = "cpu", chunk: int = CHUNK
) -> Tensor:
    """The first n examples of `chunks`."""
    return torch.cat(list(chunks(sample, n, *parts, device=device, chunk=chunk)))[:n]


ROUNDING = 1e-3
"""Of an answer's spread: how far a GPU's answers to one question may lie apart, root mean square."""


def is_repeat(first: Tensor, again: Tensor, device: torch.device | str = "cpu") -> bool:
    """Whether two answers of a model on `device` to one question are the same: to the last bit on a CPU; elsewhere up
    to rounding, for a GPU's convolutions add in any order."""
    if torch.device(device).type == "cpu" or first.shape != again.shape or torch.equal(first, again):
        return torch.equal(first, again)
    spread = first.double().std(correction=0)
    return bool((first.double() - again.double()).square().mean().sqrt() <= ROUNDING * spread)


@contextmanager
def seeded(*parts: str | int, device: torch.device | str = "cpu") -> Iterator[None]:
    """Plain torch randomness inside is seeded by the parts; the state outside is restored afterwards."""
    devices = [torch.device(device)] if torch.device(device).type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(derive(*parts))
        yield
