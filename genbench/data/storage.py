"""Where a set's values lie: in memory, or in a file that is mapped into it when they are too many.

A mapped tensor is used like any other; its pages are read when they are touched and dropped when memory is short.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from genbench.core import paths

Fill = Callable[[Tensor], None]


class Hold(Protocol):
    """Makes a float32 tensor of a shape and has it filled."""

    def __call__(self, shape: tuple[int, ...], fill: Fill) -> Tensor: ...


def in_memory(shape: tuple[int, ...], fill: Fill) -> Tensor:
    """A tensor in memory."""
    x = torch.empty(shape)
    fill(x)
    return x


@dataclass(frozen=True, slots=True)
class Mapped:
    """In the file `key` of the cache, filled once and found again; `key` must cover all that the values depend on."""

    key: str

    def __call__(self, shape: tuple[int, ...], fill: Fill) -> Tensor:
        """The tensor of this shape."""
        count = int(torch.Size(shape).numel())
        if not count:
            return in_memory(shape, fill)
        path = paths.cache_dir() / "streams" / f"{self.key}-{'x'.join(map(str, shape))}.f32"
        if not path.exists():
            with paths.first_writer(path) as temporary:
                _write(temporary, shape, fill)
        return torch.from_file(str(path), shared=False, size=count).view(shape)


def hold_for(key: str, values: int) -> Hold:
    """Where a part of a set of so many values in all is held: `key` names the part, should it be a file."""
    return Mapped(key) if 4 * values > memory_limit() else in_memory


def memory_limit() -> int:
    """Bytes that one set may take in memory: `GENBENCH_MEMORY_GIB`, else a quarter of the machine's, else 4 GiB."""
    asked = os.environ.get("GENBENCH_MEMORY_GIB")
    if asked:
        return int(float(asked) * 2**30)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return 4 * 2**30


def _write(path: Path, shape: tuple[int, ...], fill: Fill) -> None:
    count = int(torch.Size(shape).numel())
    with path.open("wb") as file:
        file.truncate(4 * count)
    fill(torch.from_file(str(path), shared=True, size=count).view(shape))
