"""Weights of a fitted model in a safetensors file: written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from genbench.core import tensor_files
from genbench.core.errors import DataError, GenbenchError


def save_weights(model: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Keep every parameter and buffer, under a temporary name first, flushed to the disk, then renamed.

    Raises `GenbenchError` where the model's state holds something else than tensors.
    """
    tensors = model.state_dict()
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise GenbenchError(
                f"its state holds {name!r}, a {type(value).__name__}, which cannot be saved: only tensors can "
                "(parameters and buffers)."
            )
    tensor_files.write(path, tensors, metadata)


def load_weights(model: nn.Module, path: Path) -> dict[str, str]:
    """Fill the model from a file and give the metadata kept with it; buffers take the shape that they had.

    Raises `DataError` where the file is broken or names other tensors than the model has.
    """
    try:
        tensors, metadata = tensor_files.read(path)
    except DataError as error:
        raise DataError(f"{error} Delete it and run again.") from error
    _fill(model, tensors, path)
    return metadata


def load_checkpoint(model: nn.Module, path: Path) -> None:
    """Fill the model from a safetensors file from elsewhere.

    Raises `DataError` where it cannot be read, has other tensors or shapes than the model, or values that are no
    numbers.
    """
    if path.suffix != ".safetensors":
        raise DataError(
            f"{path} is no safetensors file, and pickles are not read since they can run code: write one where the "
            "model is, with safetensors.torch.save_file(model.state_dict(), PATH)."
        )
    tensors, metadata = tensor_files.read(path)
    saved = metadata.get("options")
    hint = f" It was saved from {metadata.get('model')} with the options {saved}." if saved else ""
    for name, parameter in model.named_parameters():
        if name in tensors and parameter.shape != tensors[name].shape:
            shapes = f"{tuple(tensors[name].shape)}, the model's is {tuple(parameter.shape)}"
            raise DataError(f"{path} does not fit the model: {name} is {shapes}: give the options that it had.{hint}")
    try:
        _fill(model, tensors, path)
    except DataError as error:
        raise DataError(f"{error}{hint}") from error
    bad = [name for name, t in model.state_dict().items() if not bool(torch.isfinite(t).all())]
    if bad:
        raise DataError(f"{path} holds NaN or infinity in {', '.join(bad[:3])}.")


def _fill(model: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Put the tensors in the places of the model's own, on its device."""
    missing = set(model.state_dict()) ^ set(tensors)
    if missing:
        raise DataError(f"{path} does not fit the model: {', '.join(sorted(missing)[:3])} on one side only.")
    device = next((t.device for t in model.state_dict().values()), None)
    for name, tensor in tensors.items():
        owner_name, _, last = name.rpartition(".")
        owner = model.get_submodule(owner_name)
        if last in owner._buffers:
            owner._buffers[last] = tensor.to(device)
        else:
            parameter = owner.get_parameter(last)
            parameter.data = tensor.to(parameter.device, parameter.dtype)
