"""`inception-v3`: the network and weights of FID, through torch-fidelity. Only on it is a Fréchet distance called FID.

Heusel et al. 2017 (arXiv:1706.08500); TensorFlow's bilinear resize to 299 px is part of the network.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genbench.encoders.frozen import Frozen, attempt, frozen, need_unit_images, weights_fingerprint
from genbench.protocols.dataset import Dataset

DIM = 2048
REMEDY = (
    "`pip install genbench[inception]`, then let it download the weights once, or put "
    "weights-inception-2015-12-05-6726825d.pth into torch.hub's folder `checkpoints`"
)


class _Features(nn.Module):
    """torch-fidelity gives a tuple of the features asked for; this gives the tensor."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.extractor(x)[0]
        return features


def inception_v3(dataset: Dataset, *, cache: Path, device: torch.device) -> Frozen:
    """For grey or colour images in [0, 1]; 2,048 pooled features."""
    need_unit_images("inception-v3", dataset)
    net = attempt("inception-v3", REMEDY, _extractor)
    fingerprint = weights_fingerprint("inception-v3, torch-fidelity, 8-bit input", net)
    return Frozen("inception-v3", fingerprint, DIM, device, frozen(net, device), _bytes)


def _extractor() -> nn.Module:
    module: Any = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    return _Features(module.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"]))


def _bytes(x: Tensor) -> Tensor:
    """What an image file would hold: three channels of whole numbers 0..255."""
    return (x.clamp(0, 1) * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
