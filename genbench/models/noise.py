"""Noise of an example's own: a function of its values alone, so that one by one equals batched and no two share it.

One noise set for all examples makes an average over them biased, however many there are: its error is the set's.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

GOLDEN = 0x9E3779B97F4A7C15 - 2**64
_MIX = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)


def key(x: Tensor) -> Tensor:
    """A 64-bit hash of each example's float32 values, the same on every device: (B, *shape) -> (B,) int64."""
    values = x.detach().flatten(1).float() + 0.0  # -0 and 0 are one value
    words = values.contiguous().view(torch.int32).long()
    places = torch.arange(1, words.shape[1] + 1, device=x.device) * GOLDEN
    return _mixed(_mixed(words + places).sum(1))


def uniforms(key: Tensor, size: int, draws: range) -> Tensor:
    """(draws, B, size) float32 numbers inside (0, 1): these rows of the endless stream that belongs to each key.

    SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195) seeded by the key, 23 bits of each word.
    """
    places = torch.arange(draws.start * size + 1, draws.stop * size + 1, device=key.device)
    words = _mixed(key[:, None] + places.view(len(draws), 1, size) * GOLDEN)
    return (_right(words, 41).float() + 0.5) * 2.0**-23


def normals(key: Tensor, size: int, draws: range) -> Tensor:
    """(draws, B, size) standard normal numbers, `uniforms` through the quantile function."""
    return math.sqrt(2) * torch.erfinv(2 * uniforms(key, size, draws) - 1)


def uniform(key: Tensor, size: int) -> Tensor:
    """(B, size): the first draw of `uniforms`."""
    return uniforms(key, size, range(1))[0]


def normal(key: Tensor, size: int) -> Tensor:
    """(B, size): the first draw of `normals`."""
    return normals(key, size, range(1))[0]


def _mixed(words: Tensor) -> Tensor:
    """SplitMix64's finaliser, a bijection of 64-bit words."""
    for shift, factor in zip((30, 27), _MIX, strict=True):
        words = (words ^ _right(words, shift)) * factor
    return words ^ _right(words, 31)


def _right(words: Tensor, by: int) -> Tensor:
    """The logical shift: torch's own keeps the sign."""
    return torch.bitwise_and(words >> by, 2 ** (64 - by) - 1)
