"""What an encoder is: a named, fingerprinted function from examples to feature vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from genbench.protocols.dataset import Dataset


@runtime_checkable
class Encoder(Protocol):
    """A fixed feature extractor. Its `name` and `fingerprint` are part of every number that stands on it."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dim(self) -> int: ...

    def features(self, x: Tensor) -> Tensor:
        """(N, *shape) examples in the dataset's range -> (N, dim) float32, in `eval()`, in batches of a fixed size."""


@runtime_checkable
class Classifier(Protocol):
    """An encoder that also knows the classes of its dataset."""

    accuracy: float  # on held-out real data, stated so that a reader can judge what stands on it

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, *shape) -> (N, classes) float32, rows sum to 1; in batches of a fixed size, as `features`."""


class EncoderBuilder(Protocol):
    """What `@register_encoder` registers: makes the encoder for a dataset (an in-domain classifier is trained on its
    train split, once, and kept below `cache`). Raises `Unsupported` with the reason and the remedy where it cannot."""

    def __call__(self, dataset: Dataset, *, cache: Path, device: torch.device) -> Encoder: ...
