"""Tensors on disk: safetensors files that are written whole or not at all, and say what their bytes add up to.

No pickle is ever read. A flipped bit would otherwise be a plausible wrong number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from genbench.core import paths
from genbench.core.errors import DataError

DIGEST = "sha256"
"""The key of the metadata that holds the digest."""

Writer = Callable[[Path], AbstractContextManager[Path]]


def write(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], *, writer: Writer = paths.last_writer
) -> None:
    """Keep the tensors and the metadata with a digest of both. `writer`: who wins where two write at once."""
    there = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with writer(path) as temporary:
        # as bytes: `save_file` has a temporary file of its own, which a killed process leaves behind
        temporary.write_bytes(save(there, metadata={**metadata, DIGEST: digest(there, metadata)}))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata. Raises `DataError` where the file is broken, or not what was written.

    A file without a digest is of an older genbench, and believed.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            metadata = dict(file.metadata() or {})
    except Exception as error:  # safetensors raises what it likes
        raise DataError(f"{path} cannot be read as tensors ({error}).") from error
    said = metadata.pop(DIGEST, None)
    if said is not None and said != digest(tensors, metadata):
        raise DataError(f"{path} is not what was written there: its digest is another.")
    return tensors, metadata


def kept(path: Path, names: Collection[str], make: Callable[[], Mapping[str, Tensor]]) -> Mapping[str, Tensor]:
    """The tensors of these names in a file, or what `make` gives, which the file then holds for every process.

    A file that is not what was written, or lacks a name, is set aside and made anew.
    """
    if path.is_file():
        try:
            found = read(path)[0]
            return {name: found[name] for name in names}
        except (DataError, KeyError):
            paths.set_aside(path)
    made = make()
    with suppress(OSError):  # a cache that cannot be written costs time alone
        write(path, made, {}, writer=paths.first_writer)
    return made


def digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """SHA-256 over names, types, shapes, values and metadata, in hex."""
    found = hashlib.sha256(repr(sorted(metadata.items())).encode("utf-8", "backslashreplace"))
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        found.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
