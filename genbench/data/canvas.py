"""How procedural pictures are drawn: many at once, from formulas, with soft edges, in float64, kept as bytes.

Each picture has parameters of its own, (N, 1, 1) tensors; coordinates run over [0, 1], x to the right, y down. Rounding
to bytes last makes the pictures equal on every machine, whose sines may differ in the sixteenth digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from genbench.core import paths, seeds

SUPER = 2
"""Each pixel is the mean of 2 × 2 points."""

BATCH = 32
"""Pictures drawn at once: their points fit into a processor's cache."""


class Canvas:
    """N pictures of side S in the making: `rgb` (N, 3, 2S, 2S), painted over from back to front."""

    def __init__(self, n: int, side: int) -> None:
        line = (torch.arange(SUPER * side, dtype=torch.float64) + 0.5) / (SUPER * side)
        self.x, self.y = line.view(1, 1, -1), line.view(1, -1, 1)
        self.edge = 0.5 / side
        self.rgb = torch.zeros(n, 3, SUPER * side, SUPER * side, dtype=torch.float64)

    def paint(self, colour: Tensor, cover: Tensor) -> None:
        """Lay a colour, (N, 3, 1, 1) or (N, 3, 2S, 2S), over what is there; `cover` (N, 2S, 2S) in [0, 1]."""
        self.rgb += cover.unsqueeze(1) * (colour - self.rgb)

    def inside(self, distance: Tensor) -> Tensor:
        """1 where a signed distance is negative, 0 where it is positive, a soft edge of one pixel between."""
        return (0.5 - distance / (2 * self.edge)).clamp(0, 1)

    def ellipse(self, x: Tensor | float, y: Tensor | float, width: Tensor | float, height: Tensor | float) -> Tensor:
        """The cover of ellipses with these centres and half axes."""
        u, v = (self.x - x) / width, (self.y - y) / height
        radius = (u.square() + v.square()).sqrt()
        least = torch.minimum(torch.as_tensor(width), torch.as_tensor(height))
        return self.inside((radius - 1) * least)

    def box(self, x: Tensor | float, y: Tensor | float, width: Tensor | float, height: Tensor | float) -> Tensor:
        """The cover of upright boxes with these centres and half sides."""
        return self.inside(torch.maximum((self.x - x).abs() - width, (self.y - y).abs() - height))

    @contextmanager
    def only(self, rows: Tensor) -> Iterator[Canvas]:
        """Another canvas for these pictures (a mask (N, 1, 1)), laid back when it is done: what few of them show."""
        index = rows.view(-1).nonzero()[:, 0]
        part = copy(self)
        part.rgb = self.rgb[index]
        yield part
        self.rgb[index] = part.rgb

    def levels(self) -> Tensor:
        """(N, 3, S, S) bytes."""
        mean = torch.nn.functional.avg_pool2d(self.rgb.clamp(0, 1), SUPER)
        return (mean * 255 + 0.5).floor().clamp(0, 255).to(torch.uint8)


class Dice:
    """Random numbers for N pictures, each kind from a stream of its own, shaped (N, 1, 1)."""

    def __init__(self, n: int, *parts: str | int) -> None:
        self._n, self._parts, self._count = n, parts, 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform in [low, high)."""
        return low + (high - low) * self._unit(1).view(-1, 1, 1)

    def choice(self, weights: Sequence[float]) -> Tensor:
        """Whole numbers (N, 1, 1), float64, with these probabilities."""
        edges = torch.tensor(weights, dtype=torch.float64).cumsum(0)[:-1]
        return torch.searchsorted(edges, self._unit(1).view(-1), right=True).double().view(-1, 1, 1)

    def colour(self, low: Sequence[float], high: Sequence[float]) -> Tensor:
        """Colours (N, 3, 1, 1) on the way from one to another."""
        a, b = (torch.tensor(c, dtype=torch.float64).view(1, 3, 1, 1) for c in (low, high))
        return a + (b - a) * self._unit(1).view(-1, 1, 1, 1)

    def field(self, rows: int, columns: int) -> Tensor:
        """Uniform (N, rows, columns)."""
        return self._unit(rows * columns).view(-1, rows, columns)

    def _unit(self, k: int) -> Tensor:
        self._count += 1
        words = np.random.PCG64(seeds.derive(*self._parts, self._count)).random_raw(self._n * k)
        return torch.from_numpy((words >> np.uint64(11)).astype(np.float64) / 2**53)


def rgb(*channels: float) -> Tensor:
    """A colour (1, 3, 1, 1)."""
    return torch.tensor(channels, dtype=torch.float64).view(1, 3, 1, 1)


def mix(colours: Tensor, index: Tensor) -> Tensor:
    """The colour (N, 3, 1, 1) of each index (N, 1, 1) in a palette (K, 3)."""
    return colours[index.view(-1).long()].view(-1, 3, 1, 1)


def kept(name: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """What `make` drew, kept in the cache under a name that carries the recipe's version."""
    path = paths.cache_dir() / "procedural" / f"{name}.safetensors"
    if not path.exists():
        with paths.first_writer(path) as temporary:
            temporary.write_bytes(safetensors.torch.save(make()))
    return safetensors.torch.load_file(path)


def in_batches(draw: Callable[[Tensor], Tensor], attributes: Tensor) -> Tensor:
    """`draw` applied to rows of attributes (N, F), a few at once."""
    return torch.cat([draw(part) for part in torch.split(attributes, BATCH)])
