"""How like x and x̂ are, values in [0, 1]: squared error, psnr, SSIM, MS-SSIM, LPIPS, distance of features.

SSIM, MS-SSIM and LPIPS are torchmetrics' own; their settings are part of the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from genbench.core.errors import Unavailable, Unsupported
from genbench.metrics.points import refuse_zero_rows

_BATCH = 256
LEAST_SIDE = 3
"""SSIM's small window reaches 2 px over the edge."""
SMALL_SIDE = 16
"""Images with a side below this many pixels take the small SSIM window."""


def squared_errors(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): mean squared difference over the values of each example, float64."""
    parts = [torch.split(side, _BATCH) for side in (x, x_hat)]
    return torch.cat([(a.double() - b.double()).square().flatten(1).mean(1) for a, b in zip(*parts, strict=True)])


def psnr(mean_squared_error: float) -> float:
    """10 log₁₀(1/mse) in dB of the pooled mse, for values in [0, 1]; ↑. Raises `Unsupported` for an exact copy."""
    if mean_squared_error == 0:
        raise Unsupported("infinite: the reconstruction is exact")
    return -10 * math.log10(mean_squared_error)


@dataclass(frozen=True, slots=True)
class Window:
    """SSIM's Gaussian window: σ, and the side that it amounts to."""

    sigma: float
    side: int


def window(x: Tensor) -> Window:
    """σ 1.5 (11 × 11) for sides of 16 px and more, σ 0.5 (5 × 5) below."""
    return Window(1.5, 11) if min(x.shape[-2:]) >= SMALL_SIDE else Window(0.5, 5)


def ssim(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): structural similarity of each image pair (n, C, H, W) in [0, 1]; ↑ [−1, 1]. Wang et al. 2004.

    Raises `Unsupported` for sides of 1 or 2 px, which the window of 5 px cannot be mirrored at.
    """
    if min(x.shape[-2:]) < LEAST_SIDE:
        raise Unsupported(f"its window of 5 px needs sides of {LEAST_SIDE} px, got {x.shape[-2]} × {x.shape[-1]}")
    sigma = window(x).sigma

    def similarity(a: Tensor, b: Tensor) -> Tensor:
        found = structural_similarity_index_measure(b, a, sigma=sigma, data_range=1.0, reduction="none")
        assert isinstance(found, Tensor)
        return found

    return _by_image(similarity, x, x_hat)


def ms_ssim(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): SSIM over five scales, for sides of 176 px and more; ↑ [0, 1]. Raises `Unsupported` for smaller images.

    The window of 11 px must fit the fifth scale, of a 16th of the side: 160 px are not enough, nor are 175.
    """
    if min(x.shape[-2:]) // 16 < 11:
        raise Unsupported(f"five scales need sides well above 160 px, 176 at least: {x.shape[-2]} × {x.shape[-1]}")
    return _by_image(
        lambda a, b: multiscale_structural_similarity_index_measure(b, a, data_range=1.0, reduction="none"), x, x_hat
    )


def lpips(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): learned perceptual distance (AlexNet); ↓. Raises `Unavailable` where weights or package are missing."""
    if not list(Path(torch.hub.get_dir(), "checkpoints").glob("alexnet-owt-*.pth")):
        raise Unavailable(
            "it needs AlexNet's weights: `torchvision.models.alexnet(weights='DEFAULT')` fetches them once"
        )
    try:
        from torchmetrics.functional.image.lpips import (  # an opt-in extra
            learned_perceptual_image_patch_similarity as distance,
        )

        colour = [side.expand(-1, 3, -1, -1) if side.shape[1] == 1 else side for side in (x, x_hat)]
        return _by_image(lambda a, b: distance(a, b, net_type="alex", reduction="none", normalize=True), *colour)
    except (ImportError, OSError) as error:
        raise Unavailable(f"its network cannot be loaded: {error}") from error


def _by_image(measure: Callable[[Tensor, Tensor], Tensor], x: Tensor, x_hat: Tensor) -> Tensor:
    parts = [torch.split(side.float(), _BATCH) for side in (x, x_hat)]
    return torch.cat([measure(a, b).flatten().double() for a, b in zip(*parts, strict=True)])


def perceptual(features: Tensor, features_hat: Tensor) -> Tensor:
    """(n,): squared distance of unit-length features (n, d) of x and x̂; ↓ [0, 4]. Raises `Unsupported` for zeros."""
    norms = [side.double().norm(dim=1, keepdim=True) for side in (features, features_hat)]
    for norm, name in zip(norms, ("features of examples", "features of reconstructions"), strict=True):
        refuse_zero_rows(norm[:, 0], name)
    gap: Tensor = features.double() / norms[0] - features_hat.double() / norms[1]
    return gap.square().sum(1)
