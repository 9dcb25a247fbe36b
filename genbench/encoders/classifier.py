"""The in-domain classifier's network and the fixed recipe by which it is trained.

A change here is a new `RECIPE` version. Strided and small on purpose:
99.4 % on MNIST's test part after less than a minute on one CPU core.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genbench.core import seeds
from genbench.protocols.dataset import Split

RECIPE = "ruler-1"
"""Name and version of everything in this file that changes a trained classifier."""

WIDTH = 16
FEATURES = 64
BATCH = 128
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
EXTRACTION = 500


class ClassifierNet(nn.Module):
    """Pixel-unshuffle to about 14 px, three 3 × 3 convolutions (the second strided), 64 features, class logits."""

    mean: Tensor
    std: Tensor

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        self.fold = 2 ** max(0, round(math.log2(min(height, width) / 14)))
        self.pad = (0, -width % self.fold, 0, -height % self.fold)
        rows, columns = (-(-side // (2 * self.fold)) for side in (height, width))
        pooled = (min(rows, 8), min(columns, 8))
        self.body = nn.Sequential(
            nn.PixelUnshuffle(self.fold),
            *_conv(channels * self.fold**2, WIDTH),
            *_conv(WIDTH, 2 * WIDTH, stride=2),
            *_conv(2 * WIDTH, 2 * WIDTH),
            nn.Identity() if pooled == (rows, columns) else nn.AdaptiveAvgPool2d(pooled),
            nn.Flatten(),
            nn.Linear(2 * WIDTH * pooled[0] * pooled[1], FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(FEATURES, classes)
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))

    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 64), each at least 0."""
        features: Tensor = self.body(F.pad((x - self.mean) / self.std, self.pad))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> class logits (N, classes)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def _conv(into: int, out: int, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(into, out, 3, stride=stride, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(out), nn.ReLU()]


def images_shown(n: int) -> int:
    """The budget of the recipe for n training images."""
    return min(250_000, max(40_000, 25 * n))


def train_classifier(train: Split, classes: int, *identity: str) -> ClassifierNet:
    """The network trained on this split, on the CPU; the seed depends on `identity` only.

    AdamW with a one-cycle rate, label smoothing, each batch shifted by up to 1/14 of the side.
    """
    assert train.y is not None
    x, y = train.x, train.y
    with _one_thread(), torch.enable_grad(), seeds.seeded("ruler", RECIPE, *identity):
        net = ClassifierNet((x.shape[1], x.shape[2], x.shape[3]), classes)
        net.std.copy_(x.double().std((0, 2, 3), correction=0).clamp_min(1e-3).float().view(-1, 1, 1))
        net.mean.copy_(x.double().mean((0, 2, 3)).float().view(-1, 1, 1))
        steps = images_shown(len(x)) // BATCH
        optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
        for rows in _batches(len(x), steps):
            loss = F.cross_entropy(net(_shifted(x[rows])), y[rows], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    return net.eval().requires_grad_(requires_grad=False)


def _batches(n: int, steps: int) -> Iterator[Tensor]:
    """Row numbers of `steps` full batches, permutation after permutation."""
    stream = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        while len(stream) < BATCH:
            stream = torch.cat([stream, torch.randperm(n)])
        rows, stream = stream[:BATCH], stream[BATCH:]
        yield rows


def _shifted(x: Tensor) -> Tensor:
    """The batch shifted by one random offset, edges filled with zeros."""
    height, width = x.shape[-2:]
    reach = max(1, min(height, width) // 14)
    down, right = torch.randint(0, 2 * reach + 1, (2,)).tolist()
    padded = F.pad(x, (reach, reach, reach, reach))
    return padded[..., down : down + height, right : right + width]


@contextmanager
def _one_thread() -> Iterator[None]:
    """The last digits of a sum depend on the number of threads; and on busy cores threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
