"""`dinov2-vitb14` and `clip-vitb32`: vision transformers through Hugging Face's package, weights from its cache."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genbench.encoders.frozen import (
    Frozen,
    as_rgb,
    attempt,
    frozen,
    need_unit_images,
    normalised,
    weights_fingerprint,
)
from genbench.protocols.dataset import Dataset

SIDE = 224
REMEDY = "`pip install genbench[vision]` and let it download the weights once, with a network"


@dataclass(frozen=True, slots=True)
class _Source:
    """Which weights, in which class of the package, and which field of its output is the feature."""

    name: str
    weights: str
    cls: str
    field: str
    dim: int
    normalise: Callable[[Tensor], Tensor]


DINOV2 = _Source(
    "dinov2-vitb14",
    "facebook/dinov2-base",
    "Dinov2Model",
    "pooler_output",
    768,
    normalised((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
)
CLIP = _Source(
    "clip-vitb32",
    "openai/clip-vit-base-patch32",
    "CLIPVisionModelWithProjection",
    "image_embeds",
    512,
    normalised((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
)


class _Features(nn.Module):
    """The field of the model's output that is the feature."""

    def __init__(self, model: nn.Module, field: str) -> None:
        super().__init__()
        self.model, self.field = model, field

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = getattr(self.model(pixel_values=x), self.field)
        return features


def dinov2_vitb14(dataset: Dataset, *, cache: Path, device: torch.device) -> Frozen:
    """The class token of DINOv2 ViT-B/14 after its last norm (Oquab et al. 2023, arXiv:2304.07193); 768 features."""
    return _encoder(DINOV2, dataset, device)


def clip_vitb32(dataset: Dataset, *, cache: Path, device: torch.device) -> Frozen:
    """The image embedding of CLIP ViT-B/32 (Radford et al. 2021, arXiv:2103.00020); 512 features."""
    return _encoder(CLIP, dataset, device)


def _encoder(source: _Source, dataset: Dataset, device: torch.device) -> Frozen:
    need_unit_images(source.name, dataset)
    net = attempt(source.name, REMEDY, lambda: _pretrained(source))
    fingerprint = weights_fingerprint(f"{source.name} at {SIDE} px", net)
    return Frozen(
        source.name, fingerprint, source.dim, device, frozen(net, device), lambda x: source.normalise(as_rgb(x, SIDE))
    )


def _pretrained(source: _Source) -> nn.Module:
    package: Any = importlib.import_module("transformers")
    return _Features(getattr(package, source.cls).from_pretrained(source.weights), source.field)
