"""The features of a dataset's splits, computed once per encoder and data and kept on disk."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from genbench.core import paths, tensor_files
from genbench.core.errors import DataError
from genbench.encoders.plain import Flat
from genbench.protocols.dataset import Dataset, Split
from genbench.protocols.encoder import Encoder


def split_features(encoder: Encoder, dataset: Dataset, split: str, *, cache: Path, device: str = "cpu") -> Tensor:
    """(N, dim) float32 features of the split of this name, in its order, on the encoder's device.

    Kept below `cache` under (encoder fingerprint, data fingerprint, split, kind of device); a file that is not whole
    is made anew. Encoders that only reshape are not kept.
    """
    part: Split = getattr(dataset, split)
    if isinstance(encoder, Flat):
        return encoder.features(part.x)
    key = f"{encoder.name}-{encoder.fingerprint}-{dataset.fingerprint}-{split}-{device.partition(':')[0]}"
    path = Path(cache) / "features" / f"{key}.safetensors"
    found = _read(path)
    if found is None:
        found = encoder.features(part.x).cpu()
        tensor_files.write(path, {"features": found}, {}, writer=paths.first_writer)
    return found.to(device)


def _read(path: Path) -> Tensor | None:
    """The features in a file; None where there is none, or one that is not what was written, which is set aside."""
    if not path.is_file():
        return None
    try:
        return tensor_files.read(path)[0]["features"]
    except (DataError, KeyError):
        paths.set_aside(path)
        return None
