"""Weights of a fitted model in a safetensors file: written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
            parameter.data = tensor.to(parameter.device)
    return metadata
