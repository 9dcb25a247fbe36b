"""Pairs x, x̂ in [0, 1]: mse, psnr, ssim, ms-ssim, lpips, perceptual and Fréchet distance of reconstructions.

SSIM, MS-SSIM and LPIPS are torchmetrics' own; their settings are part of the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Value
from genbench.metrics import frechet
from genbench.metrics.case import Details, mean_value, value
from genbench.metrics.intervals import Z95, mean_error
from genbench.metrics.points import check_features

_BATCH = 256
SMALL_SIDE = 16
"""Images with a side below this many pixels take the small SSIM window."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of x and of x̂ by one encoder, (n, d) each."""

    real: Tensor
    reconstructed: Tensor


def squared_errors(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): mean squared difference over the values of each example, float64."""
    parts = [torch.split(side, _BATCH) for side in (x, x_hat)]
    return torch.cat([(a.double() - b.double()).square().flatten(1).mean(1) for a, b in zip(*parts, strict=True)])


def mse(x: Tensor, x_hat: Tensor) -> float:
    """Mean squared difference over all values; ↓ [0, ∞)."""
    return float(squared_errors(x, x_hat).mean())


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
    """(n,): structural similarity of each image pair (n, C, H, W) in [0, 1]; ↑ [−1, 1]. Wang et al. 2004."""
    sigma = window(x).sigma

    def similarity(a: Tensor, b: Tensor) -> Tensor:
        found = structural_similarity_index_measure(b, a, sigma=sigma, data_range=1.0, reduction="none")
        assert isinstance(found, Tensor)
        return found

    return _by_image(similarity, x, x_hat)


def ms_ssim(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): SSIM over five scales, for sides above 160 px; ↑ [0, 1]. Raises `Unsupported` for smaller images."""
    if min(x.shape[-2:]) <= 160:
        raise Unsupported(f"five scales need sides above 160 px, got {x.shape[-2]} × {x.shape[-1]}")
    return _by_image(
        lambda a, b: multiscale_structural_similarity_index_measure(b, a, data_range=1.0, reduction="none"), x, x_hat
    )


def lpips(x: Tensor, x_hat: Tensor) -> Tensor:
    """(n,): learned perceptual distance (AlexNet); ↓. Raises `Unsupported` where the weights are missing."""
    if not list(Path(torch.hub.get_dir(), "checkpoints").glob("alexnet-owt-*.pth")):
        raise Unsupported(
            "it needs AlexNet's weights: `torchvision.models.alexnet(weights='DEFAULT')` fetches them once"
        )
    try:
        from torchmetrics.functional.image.lpips import (  # an opt-in extra
            learned_perceptual_image_patch_similarity as distance,
        )

        colour = [side.expand(-1, 3, -1, -1) if side.shape[1] == 1 else side for side in (x, x_hat)]
        return _by_image(lambda a, b: distance(a, b, net_type="alex", reduction="none", normalize=True), *colour)
    except (ImportError, OSError) as error:
        raise Unsupported(f"its network cannot be loaded: {error}") from error


def _by_image(measure: Callable[[Tensor, Tensor], Tensor], x: Tensor, x_hat: Tensor) -> Tensor:
    parts = [torch.split(side.float(), _BATCH) for side in (x, x_hat)]
    return torch.cat([measure(a, b).flatten().double() for a, b in zip(*parts, strict=True)])


def perceptual(features: Features) -> Tensor:
    """(n,): squared distance of unit-length features of x and x̂; ↓ [0, 4]."""
    sides = [torch.nn.functional.normalize(side.double(), dim=1) for side in (features.real, features.reconstructed)]
    return (sides[0] - sides[1]).square().sum(1)


def frechet_reconstruction(features: Features) -> Value:
    """`frechet` between the features of x and of x̂; ↓ [0, ∞)."""
    real = frechet.moments(check_features(features.real, "reference"))
    made = frechet.moments(check_features(features.reconstructed, "reconstruction"))
    distance = frechet.frechet_distance(real, made)
    interval, reason = frechet.interval(distance, real, made)
    return value(distance, interval, reason=reason)


def reconstruction_metrics(
    x: Tensor, x_hat: Tensor, *, metrics: Sequence[str], features: Features | None = None
) -> dict[str, Value]:
    """Each metric of `metrics` for pairs of examples (n, *shape) in [0, 1] and their reconstructions.

    x̂ is clamped to [0, 1] for images and stays float. Raises `DataError` for unlike shapes or values that are not
    finite; what cannot be measured is a value with a reason.
    """
    x, x_hat = (side.cpu() if side.device.type == "mps" else side for side in (x, x_hat))  # which has no float64
    if x.shape != x_hat.shape:
        raise DataError(f"pairs must be alike, got x {tuple(x.shape)} and its reconstruction {tuple(x_hat.shape)}.")
    for name, side in (("examples", x), ("reconstructions", x_hat)):
        if not bool(torch.isfinite(side).all()):
            raise DataError(f"{name} hold {int((~torch.isfinite(side)).sum())} NaN or inf.")
    return {name: replace(_measure(name, x, x_hat, features), n=len(x), m=len(x)) for name in metrics}


def _measure(name: str, x: Tensor, x_hat: Tensor, features: Features | None) -> Value:
    try:
        if name in ("mse", "psnr"):
            return _pixel_value(name, squared_errors(x, x_hat))
        if name in _IMAGE:
            if x.ndim != 4:
                raise Unsupported(f"it needs images (n, C, H, W), got {tuple(x.shape)}")
            return mean_value(_IMAGE[name](x, x_hat.clamp(0, 1)), low=-1.0, high=math.inf, details=_settings(name, x))
        if features is None:
            raise Unsupported("it stands on features, and no encoder was given")
        return frechet_reconstruction(features) if name == "frechet-reconstruction" else _perceptual_value(features)
    except Unsupported as reason:
        return Value.unsupported(str(reason))


_IMAGE = {"ssim": ssim, "ms-ssim": ms_ssim, "lpips": lpips}


def _settings(name: str, x: Tensor) -> Details:
    used = window(x)
    return {"sigma": used.sigma, "window": used.side} if name == "ssim" else {}


def _perceptual_value(features: Features) -> Value:
    return mean_value(perceptual(features), high=4.0)


def _pixel_value(name: str, errors: Tensor) -> Value:
    if name == "mse":
        return mean_value(errors, high=math.inf)
    pooled = float(errors.mean())
    decibels = psnr(pooled)
    if len(errors) < 2:
        return value(decibels)
    half = Z95 * 10 / math.log(10) * mean_error(errors) / pooled
    return value(decibels, (decibels - half, decibels + half))
