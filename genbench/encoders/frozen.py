"""Pretrained networks as encoders: brought to the size that they were made for, run in fixed batches, hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genbench.core import network
from genbench.core.errors import Unavailable, Unsupported, contained
from genbench.core.text import safe_text
from genbench.protocols.dataset import Dataset

BATCH = 100
"""Images that go through a network at once."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A network that is never trained here. `prepare`: images (N, C, H, W) in [0, 1] -> what `net` takes."""

    name: str
    fingerprint: str
    dim: int
    device: torch.device
    net: Callable[[Tensor], Tensor]
    prepare: Callable[[Tensor], Tensor]

    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, dim) float32."""
        with torch.no_grad():
            parts = [self.net(self.prepare(part.to(self.device, torch.float32))) for part in torch.split(x, BATCH)]
        return torch.cat(parts).float() if len(x) else torch.empty(0, self.dim, device=self.device)


def need_unit_images(name: str, dataset: Dataset) -> None:
    """Raise `Unsupported` unless the dataset is grey or colour images in [0, 1]."""
    if not dataset.spec.is_image or dataset.spec.shape[0] not in (1, 3):
        raise Unsupported(f"{name} is for grey or colour images; {dataset.name} has none: take identity.")
    if not dataset.spec.unit_range:
        raise Unsupported(f"{name} needs images in [0, 1]; {dataset.name} ranges over {dataset.spec.value_range}.")


def frozen(net: nn.Module, device: torch.device) -> nn.Module:
    """The network in `eval()`, without gradients, on the device."""
    return net.to(device, torch.float32).eval().requires_grad_(requires_grad=False)


def weights_fingerprint(name: str, net: nn.Module) -> str:
    """16 hex digits over the name (with all settings in it) and every weight."""
    digest = hashlib.sha256(name.encode())
    for key, tensor in sorted(net.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def as_rgb(x: Tensor, side: int) -> Tensor:
    """(N, C, H, W) -> (N, 3, side, side): bilinear with antialiasing, grey repeated to three channels."""
    if x.shape[-2:] != (side, side):
        x = F.interpolate(x, size=(side, side), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)
    return x.expand(-1, 3, -1, -1)


def normalised(mean: tuple[float, float, float], std: tuple[float, float, float]) -> Callable[[Tensor], Tensor]:
    """RGB in [0, 1] -> (x − mean) / std by channel."""

    def apply(x: Tensor) -> Tensor:
        shift, scale = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (mean, std))
        return (x - shift) / scale

    return apply


def attempt(name: str, remedy: str, make: Callable[[], Any]) -> nn.Module:
    """What `make` gives, or `Unavailable` with what went wrong and the remedy.

    Loaders of other packages, which may want to download, raise what they like: all of it is caught.
    """
    try:
        with network.allowed(), contained():
            return cast(nn.Module, make())
    except Exception as error:
        first = (safe_text(error).strip() or type(error).__name__).splitlines()[0]
        raise Unavailable(f"{name} cannot be had here ({type(error).__name__}: {first[:200]}): {remedy}.") from error
