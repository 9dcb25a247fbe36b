"""Measures of reconstruction, from pairs x, x̂; the window of SSIM is part of the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Value
from genbench.metrics import frechet, similarity
from genbench.metrics.intervals import Z95, from_error, mean_error
from genbench.metrics.measure import Sizes, measured
from genbench.metrics.points import check_features
from genbench.metrics.values import Details, class_values, mean_value, value


@dataclass(frozen=True, slots=True)
class Features:
    """Features of x and of x̂ by one encoder, (n, d) each."""

    real: Tensor
    reconstructed: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInputs:
    """Examples `x` (n, *shape) in [0, 1] with their reconstructions, their classes `labels` (n,), and an encoder's
    features of both."""

    x: Tensor
    reconstruction: Tensor
    features: Features | None = None
    labels: Tensor | None = None

    @property
    def gives(self) -> frozenset[str]:
        """Pairs, and their features where an encoder made them."""
        return frozenset({"images"} if self.features is None else {"images", "image-features"})

    @property
    def sizes(self) -> Sizes:
        """Examples and reconstructions, equally many."""
        return Sizes(len(self.x), len(self.reconstruction), ("examples", "reconstructions"))

    def images(self) -> tuple[Tensor, Tensor]:
        """Both sides within [0, 1]. Raises `Unsupported` where they are no images (n, C, H, W)."""
        if self.x.ndim != 4:
            raise Unsupported(f"it needs images (n, C, H, W), got {tuple(self.x.shape)}")
        return self.x, self.reconstruction.clamp(0, 1)

    def encoded(self) -> Features:
        """The features. Raises `Unsupported` where there are none."""
        if self.features is None:
            raise Unsupported("it stands on features, and no encoder was given")
        return self.features


def reconstruction_metrics(
    x: Tensor,
    x_hat: Tensor,
    *,
    metrics: Sequence[str],
    features: Features | None = None,
    labels: Tensor | None = None,
) -> dict[str, Value]:
    """Each metric of `metrics` for pairs of examples (n, *shape) in [0, 1], or as bytes, and their reconstructions;
    `labels` (n,) are the examples' classes.

    x̂ is clamped to [0, 1] for images and stays float. Raises `DataError` for unlike shapes, other whole numbers or
    values that are not finite; what cannot be measured is a value with a reason.
    """
    x, x_hat = (side.cpu() if side.device.type == "mps" else side for side in (x, x_hat))  # which has no float64
    x, x_hat = _widened(x), _widened(x_hat)
    if x.shape != x_hat.shape:
        raise DataError(f"pairs must be alike, got x {tuple(x.shape)} and its reconstruction {tuple(x_hat.shape)}.")
    for name, side in (("examples", x), ("reconstructions", x_hat)):
        if not bool(torch.isfinite(side).all()):
            raise DataError(f"{name} hold {int((~torch.isfinite(side)).sum())} NaN or inf.")
    known = None if labels is None else labels.to(x.device)
    return measured(ImageInputs(x=x, reconstruction=x_hat, features=features, labels=known), metrics)


def _widened(x: Tensor) -> Tensor:
    """Bytes as 255ths, truth values as 0 and 1, half precision as float32."""
    if x.dtype == torch.uint8:
        return x.float() / 255
    if not (x.is_floating_point() or x.dtype == torch.bool):
        raise DataError(f"examples are floats in [0, 1] or bytes, got {x.dtype}: say by what they are to be divided.")
    return x if x.dtype == torch.float64 else x.float()


def mse(inputs: ImageInputs) -> Value:
    """`mse`, the interval from the spread over examples: a little narrow (91 %) where few examples make the error."""
    return mean_value(similarity.squared_errors(inputs.x, inputs.reconstruction), high=math.inf)


def mse_by_class(inputs: ImageInputs) -> dict[str, Value]:
    """`mse-by-class`: the interval of `mse`, of each class's examples."""
    if inputs.labels is None:
        raise Unsupported("it needs the examples' classes, and there are none")
    errors = similarity.squared_errors(inputs.x, inputs.reconstruction)
    return class_values(inputs.labels, lambda rows: mean_value(errors[rows], high=math.inf))


def psnr(inputs: ImageInputs) -> Value:
    """`psnr`, the interval by the slope of the logarithm, as narrow as that of `mse`."""
    errors = similarity.squared_errors(inputs.x, inputs.reconstruction)
    pooled = float(errors.mean())
    decibels = similarity.psnr(pooled)
    if len(errors) < 2:
        return value(decibels)
    half = Z95 * 10 / math.log(10) * mean_error(errors) / pooled
    return value(decibels, (decibels - half, decibels + half))


def ssim(inputs: ImageInputs) -> Value:
    """`ssim`, with its window."""
    used = similarity.window(inputs.x)
    return _by_image(similarity.ssim, inputs, {"sigma": used.sigma, "window": used.side})


def ms_ssim(inputs: ImageInputs) -> Value:
    """`ms-ssim`, the interval from the spread over images."""
    return _by_image(similarity.ms_ssim, inputs)


def lpips(inputs: ImageInputs) -> Value:
    """`lpips`, the interval from the spread over images."""
    return _by_image(similarity.lpips, inputs)


def _by_image(
    similar: Callable[[Tensor, Tensor], Tensor], inputs: ImageInputs, details: Details | None = None
) -> Value:
    return mean_value(similar(*inputs.images()), low=-1.0, high=math.inf, details=details)


def perceptual(inputs: ImageInputs) -> Value:
    """`perceptual`, the interval from the spread over examples."""
    features = inputs.encoded()
    return mean_value(similarity.perceptual(features.real, features.reconstructed), high=4.0)


def frechet_reconstruction(inputs: ImageInputs) -> Value:
    """`frechet-reconstruction`, the interval by the influence functions of both sides, example by example."""
    features = inputs.encoded()
    real = frechet.moments(check_features(features.real, "reference"))
    made = frechet.moments(check_features(features.reconstructed, "reconstruction"))
    distance = frechet.frechet_distance(real, made)
    error = frechet.pair_error(real, made)
    if error is None:
        return value(distance, reason=frechet.interval(distance, real, made)[1])
    return value(distance, from_error(distance, error, low=0.0))
