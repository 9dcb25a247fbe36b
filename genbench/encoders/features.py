"""The features of a dataset's splits, computed once per encoder and data and kept on disk."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from genbench.core import tensor_files
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
    found = tensor_files.kept(path, ["features"], lambda: {"features": encoder.features(part.x)})
    return found["features"].to(device)
