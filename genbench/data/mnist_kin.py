"""Sets made of MNIST: three digits in one picture (1,000 modes), and black-and-white pixels."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from genbench.core import seeds
from genbench.data.assembly import About, image_dataset
from genbench.data.originals import load
from genbench.data.splits import Parts, shuffled, with_official_test
from genbench.protocols.dataset import Dataset, Split

SIZES = (50_000, 0, 10_000, 10_000)
LICENCE = "CC BY-SA 3.0"


def stacked_mnist(*, root: str | None = None) -> Dataset:
    """Three random digits as red, green and blue: label 100 r + 10 g + b, factors (r, g, b).

    Each split is stacked from its own part of MNIST. Srivastava et al. 2017 (VEEGAN), Lin et al. 2018 (PacGAN).
    """
    about = About(
        name="stacked-mnist",
        title="Stacked MNIST, three digits as RGB",
        licence=LICENCE,
        source="MNIST, stacked as in Srivastava et al. 2017 (arXiv:1705.07761)",
        classes=tuple(f"{k:03d}" for k in range(1000)),
        factors=("red", "green", "blue"),
    )
    base = _mnist(root)
    named = zip(Parts._fields, base, SIZES, strict=True)
    parts = Parts(*(_stacked(split, n, name) for name, split, n in named))
    return replace(image_dataset(about, parts, root=root), mode_reader="mnist")


def binarised_mnist(*, root: str | None = None) -> Dataset:
    """Each pixel drawn once from a coin with its grey as probability, by a fixed seed (Salakhutdinov & Murray 2008)."""
    base = _mnist(root)
    parts = Parts(*(_drawn(split, name) for name, split in zip(Parts._fields, base, strict=True)))
    return image_dataset(_binarised("binarised-mnist", "fixed by seed"), parts, root=root)


def binarised_mnist_dynamic(*, root: str | None = None) -> Dataset:
    """The same, but training pixels stay probabilities, of which the trainer draws each batch anew (Burda 2016)."""
    base = _mnist(root)
    drawn = Parts(*(_drawn(split, name) for name, split in zip(Parts._fields, base, strict=True)))
    parts = drawn._replace(train=base.train)
    about = _binarised("binarised-mnist-dynamic", "training drawn anew for each batch")
    return image_dataset(about, parts, root=root, bernoulli=True)


def _mnist(root: str | None) -> Parts:
    return with_official_test(*load("mnist", root), "mnist")


def _binarised(name: str, how: str) -> About:
    return About(
        name=name,
        title=f"Binarised MNIST, {how}",
        licence=LICENCE,
        source="MNIST, binarised as in Salakhutdinov & Murray 2008",
        classes=tuple("0123456789"),
    )


def _drawn(split: Split, name: str) -> Split:
    noise = _unit(split.x.shape, "binarised-mnist", name)
    return Split((noise < split.x).float(), split.y)


def _stacked(split: Split, n: int, name: str) -> Split:
    assert split.y is not None
    if not n:
        return Split(split.x[:0].expand(-1, 3, -1, -1), split.y[:0], torch.empty(0, 3))
    passes = -(-n // len(split))
    rows = torch.stack([_order(len(split), passes, name, colour)[:n] for colour in range(3)], 1)
    digits = split.y[rows]
    return Split(split.x[rows, 0], digits @ torch.tensor([100, 10, 1]), digits.float())


def _order(n: int, passes: int, *parts: str | int) -> Tensor:
    return torch.cat([torch.from_numpy(shuffled(n, "stacked-mnist", *parts, i)) for i in range(passes)])


def _unit(shape: torch.Size, *parts: str | int) -> Tensor:
    """Uniform float32 in [0, 1) from torch's CPU generator, whose words are whole numbers over 2**24."""
    return torch.rand(shape, generator=seeds.generator(*parts))
