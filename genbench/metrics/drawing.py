"""What measures draw: a generator for each name, and rows in an order that their contents give.

A value so depends neither on what was measured before it nor on the order of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from genbench.core import seeds

T = TypeVar("T")


def named(generator: torch.Generator, name: str) -> torch.Generator:
    """A generator that depends on the state of another, which is left as it is, and on the name alone."""
    state = hashlib.sha256(generator.get_state().numpy().tobytes()).hexdigest()
    return seeds.generator("measure", state, name)


class Shared:
    """What several measures read of one record of inputs: made once, whichever of them asks first."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


def by_content(x: Tensor) -> Tensor:
    """Row numbers of (n, d) numbers in the order of their first column, then of the next: the rows' own, whatever the
    order of a file, a common offset or the type that holds them."""
    rows = np.ascontiguousarray((x.detach().cpu() + 0.0).numpy())  # + 0: minus zero is zero
    bits = rows.view(np.dtype(f"u{rows.itemsize}"))
    top = bits.dtype.type(1 << (8 * rows.itemsize - 1))
    ordered = np.where(bits & top, ~bits, bits | top).astype(bits.dtype.newbyteorder(">"))  # bytes that sort as numbers
    whole = ordered.view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))[:, 0]
    return torch.from_numpy(np.argsort(whole, kind="stable")).to(x.device)


def draw(order: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """At most `count` of the row numbers `order`, without replacement and mixed."""
    return order[torch.randperm(len(order), generator=generator)[:count].to(order.device)]
