"""`inception-v3`: the network and weights of FID, through torch-fidelity. Only on it is a Fréchet distance called FID.

Heusel et al. 2017 (arXiv:1706.08500); TensorFlow's bilinear resize to 299 px is part of the network.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genbench.core.errors import DataError
from genbench.core.paths import is_file
from genbench.encoders.frozen import Frozen, attempt, frozen, need_unit_images, weights_fingerprint
from genbench.protocols.dataset import Dataset

DIM = 2048
VARIABLE = "GENBENCH_INCEPTION"
FILES = ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth")
"""The published weights as torch-fidelity and pytorch-fid name them: one network, the same names of tensors."""

REMEDY = (
    f"`pip install genbench[inception]`, then let it download the weights once, or put {FILES[0]} or {FILES[1]} into "
    f"torch.hub's folder `checkpoints`, or name that file by {VARIABLE}=PATH"
)


class _Features(nn.Module):
    """torch-fidelity gives a tuple of the features asked for; this gives the tensor."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.extractor(x)[0]
        return features


def inception_v3(dataset: Dataset, *, cache: Path, device: torch.device, weights: Path | None = None) -> Frozen:
    """For grey or colour images in [0, 1]; 2,048 pooled features. `weights`: their file, where it is at no usual
    place."""
    need_unit_images("inception-v3", dataset)
    net = attempt("inception-v3", REMEDY, lambda: _extractor(weights or weights_file()))
    fingerprint = weights_fingerprint("inception-v3, torch-fidelity, 8-bit input", net)
    return Frozen("inception-v3", fingerprint, DIM, device, frozen(net, device), _bytes)


def weights_file() -> Path | None:
    """Where the weights are: what the variable names, else in torch.hub's cache under one of their names; None where
    they must be downloaded."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def _identity(dataset: Dataset) -> str:
    """Other weights than the published ones are another encoder: the content of the file that the variable names."""
    del dataset
    named = os.environ.get(VARIABLE)
    if not named or not is_file(named):
        return ""
    with Path(named).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


for _name, _value in (("identity", _identity), ("weights_file", weights_file), ("remedy", REMEDY)):
    setattr(inception_v3, _name, _value)


def _extractor(weights: Path | None) -> nn.Module:
    module: Any = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    given = None if weights is None else _plain(weights)
    return _Features(
        module.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], feature_extractor_weights_path=given)
    )


def _plain(weights: Path) -> io.BytesIO:
    """The tensors of a file as torch-fidelity takes them; read here, since it would run what a pickle may hold."""
    if not is_file(weights):
        raise DataError(f"{weights} is no regular file")
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except Exception as error:  # whose words would be how to run it all the same
        raise DataError(f"{weights} is not a whole file of plain tensors ({type(error).__name__})") from error
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return buffer


def _bytes(x: Tensor) -> Tensor:
    """What an image file would hold: three channels of whole numbers 0..255."""
    return (x.clamp(0, 1) * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
