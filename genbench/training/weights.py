"""Weights of a fitted model in a safetensors file: written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from genbench.core import paths
from genbench.core.errors import DataError


def save_weights(model: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Keep every parameter and buffer, under a temporary name first, flushed to the disk, then renamed."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()}
    with paths.last_writer(path) as temporary:
        save_file(tensors, temporary, metadata=dict(metadata))


def load_weights(model: nn.Module, path: Path) -> dict[str, str]:
    """Fill the model from a file and give the metadata kept with it; buffers take the shape that they had.

    Raises `DataError` where the file is broken or names other tensors than the model has.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            metadata = dict(file.metadata() or {})
    except Exception as error:
        raise DataError(f"{path} is not a readable weights file ({error}): delete it and run again.") from error
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
