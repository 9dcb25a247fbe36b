"""The fixed small classifier that augmentation and balance train: an MLP, a fixed number of optimiser steps, seeded.

More data is not more training: an arm with ten times the examples takes as many steps. A change here is a new `RECIPE`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from genbench.core import seeds, tensor_files

RECIPE = "mlp-1"
"""Two hidden layers of 128, ReLU, AdamW with a cosine rate, batches of 64."""

WIDTH = 128
LAYERS = 3
BATCH = 64
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2

SHIFT = 2
"""Pixels by which classical augmentation shifts an image at most, each way."""

TURN = 10.0
"""Degrees by which it turns one at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """`classifiers`: how many are trained side by side, each from its own seed; `steps`: of the optimiser."""

    classes: int
    steps: int
    classifiers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What R classifiers learn from: `x` (N, *shape), `y` (N,) or one labelling for each (R, N).

    `weights` (N,) or (R, N): how often each example is drawn, relative to the others (all alike unless given).
    `classical`: each batch is shifted and turned at random.
    """

    x: Tensor
    y: Tensor
    weights: Tensor | None = None
    classical: bool = False


@dataclass(frozen=True, slots=True)
class SmallClassifiers:
    """R trained classifiers; inputs are standardised by the data that they were trained on."""

    layers: Sequence[tuple[Tensor, Tensor]]
    mean: Tensor
    std: Tensor

    def read(self, x: Tensor) -> Tensor:
        """(n, *shape) -> the class that each of the R sees, (R, n)."""
        with torch.no_grad():
            flat = ((x.float().cpu() - self.mean) / self.std).flatten(1)
            return _forward(self.layers, flat.expand(len(self.layers[0][0]), -1, -1)).argmax(2)


def train_classifiers(examples: Examples, training: Training, *identity: str | int) -> SmallClassifiers:
    """R classifiers on these examples, on the CPU; their seeds depend on `identity` alone, not on the examples."""
    x = examples.x.float().cpu()
    y = examples.y.cpu().expand(training.classifiers, -1)
    mean, std = _moments(x)
    layers = _layers(x[0].numel(), training, seeds.generator("small classifier", RECIPE, *identity))
    rows = _row_stream(examples, training, seeds.generator("small classifier batches", RECIPE, *identity))
    generator = seeds.generator("classical", RECIPE, *identity)
    parameters = [tensor.requires_grad_() for layer in layers for tensor in layer]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    with torch.enable_grad():
        for step in range(training.steps):
            chosen = rows()
            batch = x[chosen]
            if examples.classical:
                batch = moved(batch.flatten(0, 1), generator).view_as(batch)
            logits = _forward(layers, ((batch - mean) / std).flatten(2))
            losses = F.cross_entropy(logits.flatten(0, 1), y.gather(1, chosen).flatten(), reduction="sum") / BATCH
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / training.steps))
            optimizer.zero_grad()
            torch.autograd.backward(losses)
            optimizer.step()
    return SmallClassifiers([(w.detach(), b.detach()) for w, b in layers], mean, std)


def kept(path: Path, make: Callable[[], SmallClassifiers]) -> SmallClassifiers:
    """Those in a file, or what `make` trains, which the file then holds for every process."""

    def tensors() -> dict[str, Tensor]:
        made = make()
        layers = {
            f"{kind}{i}": tensor for i, pair in enumerate(made.layers) for kind, tensor in zip("wb", pair, strict=True)
        }
        return {**layers, "mean": made.mean, "std": made.std}

    depth = range(LAYERS)
    found = tensor_files.kept(path, [*(f"{kind}{i}" for i in depth for kind in "wb"), "mean", "std"], tensors)
    return SmallClassifiers([(found[f"w{i}"], found[f"b{i}"]) for i in depth], found["mean"], found["std"])


def moved(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image (B, C, H, W) turned by up to 10 degrees and shifted by up to 2 whole pixels each way, 0 outside."""
    n, _, height, width = x.shape
    angle = (2 * torch.rand(n, generator=generator) - 1) * math.radians(TURN)
    shift = torch.randint(-SHIFT, SHIFT + 1, (n, 2), generator=generator) * torch.tensor([2 / width, 2 / height])
    cos, sin = angle.cos(), angle.sin()
    turned = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    places = F.affine_grid(turned, list(x.shape), align_corners=False)
    return F.grid_sample(x, places, mode="bilinear", padding_mode="zeros", align_corners=False)


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and spread: of each column of a table, of all pixels of images together."""
    axes = (0,) if x.ndim == 2 else tuple(range(x.ndim))
    wide = x.double()
    return wide.mean(axes).float(), wide.std(axes, correction=0).clamp_min(1e-3).float()


def _layers(size: int, training: Training, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Weights (R, in, out) with He's variance, the last ones small, and biases (R, 1, out)."""
    sizes = [size, WIDTH, WIDTH, training.classes]
    made = []
    for i, (into, out) in enumerate(pairwise(sizes)):
        scale = math.sqrt(2 / into) if i < 2 else 0.1 / math.sqrt(into)
        weight = scale * torch.randn(training.classifiers, into, out, generator=generator)
        made.append((weight, torch.zeros(training.classifiers, 1, out)))
    return made


def _forward(layers: Sequence[tuple[Tensor, Tensor]], x: Tensor) -> Tensor:
    """(R, B, D) -> logits (R, B, classes)."""
    for i, (weight, bias) in enumerate(layers):
        x = torch.baddbmm(bias, x, weight)
        x = x if i == len(layers) - 1 else x.relu()
    return x


def _row_stream(examples: Examples, training: Training, generator: torch.Generator) -> Callable[[], Tensor]:
    """Row numbers (R, 64) of one batch after the other: permutation after permutation, or drawn by weight."""
    n, count = len(examples.x), training.classifiers
    if examples.weights is not None:
        weights = examples.weights.double().cpu().expand(count, -1)
        return lambda: torch.multinomial(weights, BATCH, replacement=True, generator=generator)
    left = torch.empty(count, 0, dtype=torch.int64)

    def rows() -> Tensor:
        nonlocal left
        while left.shape[1] < BATCH:
            left = torch.cat([left, torch.rand(count, n, generator=generator).argsort(1)], 1)
        taken, left = left[:, :BATCH], left[:, BATCH:]
        return taken

    return rows
