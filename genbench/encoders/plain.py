"""Encoders that learn nothing: the values as they are, the pixels of an image in one vector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Flat:
    """(N, *shape) -> (N, dim) float32, nothing else."""

    name: str
    dim: int
    device: torch.device

    @property
    def fingerprint(self) -> str:
        """The name and the size: there is nothing else to it."""
        return f"{self.name}-{self.dim}"

    def features(self, x: Tensor) -> Tensor:
        """(N, *shape) -> (N, dim) float32."""
        return x.to(self.device, torch.float32).flatten(1)


def identity(dataset: Dataset, *, cache: Path, device: torch.device) -> Flat:
    """For points, tables and ready-made features; images must name `pixels` or a real encoder."""
    if dataset.spec.is_image:
        raise Unsupported(f"identity is for points, tables and features; for the images of {dataset.name} take pixels.")
    return Flat("identity", dataset.spec.size, device)


def pixels(dataset: Dataset, *, cache: Path, device: torch.device) -> Flat:
    """For images; points and tables must name `identity`."""
    if not dataset.spec.is_image:
        raise Unsupported(f"pixels is for images; {dataset.name} has none: take identity.")
    return Flat("pixels", dataset.spec.size, device)
