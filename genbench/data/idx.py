"""Files of MNIST's own format IDX, read without torchvision, whose import takes as long as torch's."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

_BYTES = 8
"""The code of unsigned bytes."""


def read_idx(path: Path) -> np.ndarray:
    """The array of bytes that a file holds, of the shape that its header states; `ValueError` where it holds another.

    Format: LeCun, Cortes, Burges 1998: two zeros, the type, the number of sizes, each size in four bytes, big end
    first, then the values. Checked against `torchvision.datasets.mnist.read_sn3_pascalvincent_tensor`.
    """
    content = np.fromfile(path, np.uint8)
    begin = 4 + 4 * int(content[3]) if len(content) > 4 else len(content) + 1
    if len(content) < begin or tuple(content[:3]) != (0, 0, _BYTES):
        raise ValueError(f"{path.name} does not begin as a file of bytes in the format IDX does")
    sizes = content[4:begin].view(">u4").tolist()
    if len(content) - begin != math.prod(sizes):
        raise ValueError(f"{path.name} says that it holds {math.prod(sizes):,} bytes and has {len(content) - begin:,}")
    return content[begin:].reshape(sizes)


def read_pair(folder: Path, stem: str) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of one part of a set, as MNIST names its files; `OSError`, `ValueError` as `read_idx`."""
    images, labels = read_idx(folder / f"{stem}-images-idx3-ubyte"), read_idx(folder / f"{stem}-labels-idx1-ubyte")
    if (images.ndim, labels.ndim) != (3, 1):
        raise ValueError(f"{stem}-images and {stem}-labels have the shapes {images.shape} and {labels.shape}")
    return images, labels
