"""Outlier scores that know nothing of the data: brightness, compressed size, total variation. What they reach, a model
must beat."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, DataSpec, GenerativeModel


class Confound(GenerativeModel):
    """A fixed number of an image in [0, 1]; subclasses say which."""

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if not (data.is_image and data.unit_range):
            raise Unsupported(f"this score is of images in [0, 1], and one example here has the shape {data.shape}.")

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        """There is nothing to learn."""

    def outlier_score(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B,), higher = more of an outlier."""
        raise NotImplementedError


class Bright(Confound):
    """Bright images are outliers: the mean value."""

    outlier_score_name = "brightness"

    def outlier_score(self, x: Tensor) -> Tensor:
        return x.flatten(1).mean(1)


class Dark(Confound):
    """Dark images are outliers: minus the mean value."""

    outlier_score_name = "darkness"

    def outlier_score(self, x: Tensor) -> Tensor:
        return -x.flatten(1).mean(1)


class CompressedSize(Confound):
    """Complex images are outliers: bytes of the image as an 8-bit PNG (compression level 9)."""

    outlier_score_name = "png bytes"

    def outlier_score(self, x: Tensor) -> Tensor:
        pixels = (x.clamp(0, 1) * 255).round().to(torch.uint8).cpu()
        return torch.tensor([float(png_bytes(image)) for image in pixels], device=x.device)


def png_bytes(image: Tensor) -> int:
    """The size of one (C, H, W) uint8 image as a PNG; channels other than 1 or 3 are laid side by side."""
    flat = image.permute(1, 2, 0) if len(image) == 3 else image.flatten(0, 1)
    buffer = io.BytesIO()
    Image.fromarray(flat.contiguous().numpy()).save(buffer, "PNG", compress_level=9)
    return buffer.tell()


class TotalVariation(Confound):
    """Rough images are outliers: the mean absolute difference of neighbours."""

    outlier_score_name = "total variation"

    def outlier_score(self, x: Tensor) -> Tensor:
        down = (x[:, :, 1:] - x[:, :, :-1]).abs().flatten(1).mean(1)
        across = (x[..., 1:] - x[..., :-1]).abs().flatten(1).mean(1)
        return down + across
