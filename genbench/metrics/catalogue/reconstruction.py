"""The metrics of reconstruction, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN = Direction.HIGHER, Direction.LOWER
_metric = partial(Metric, group="reconstruction")

METRICS: list[Metric] = [
    _metric(
        name="mse", title="mean squared error", direction=DOWN, best=0.0, low=0.0, needs="images", least_n=1,
        measure="genbench.metrics.reconstruction:mse",
        summary="Mean squared difference over all values.",
    ),
    _metric(
        name="mse-by-class", title="mean squared error", direction=DOWN, best=0.0, low=0.0, needs="images",
        data=("labels",), least_n=1, measure="genbench.metrics.reconstruction:mse_by_class",
        summary="Mean squared difference over all values, of each class's examples.",
    ),
    _metric(
        name="psnr", title="PSNR", direction=UP, unit="dB", needs="images", least_n=1,
        measure="genbench.metrics.reconstruction:psnr",
        summary="10 log₁₀(1 / mse) of the pooled mse.",
    ),
    _metric(
        name="ssim", title="SSIM", direction=UP, low=-1.0, high=1.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:ssim", paper="Wang et al. 2004",
        summary="Structural similarity in a Gaussian window, mean over images (torchmetrics).",
    ),
    _metric(
        name="ms-ssim", title="MS-SSIM", direction=UP, low=0.0, high=1.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:ms_ssim", paper="Wang et al. 2003",
        summary="Structural similarity over five scales, for sides of 176 px and more.",
    ),
    _metric(
        name="lpips", title="LPIPS", direction=DOWN, best=0.0, low=0.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:lpips", paper="Zhang et al. 2018, arXiv 1801.03924",
        summary="Learned perceptual distance (torchmetrics; opt-in, its weights must be there).",
    ),
    _metric(
        name="perceptual", direction=DOWN, best=0.0, low=0.0, high=4.0, needs="image-features", least_n=1,
        measure="genbench.metrics.reconstruction:perceptual",
        version=2,
        summary="Mean squared distance of unit-length features of x and its reconstruction.",
    ),
    _metric(
        name="frechet-reconstruction", title="Fréchet distance of reconstructions", direction=DOWN, best=0.0, low=0.0,
        needs="image-features", measure="genbench.metrics.reconstruction:frechet_reconstruction",
        paper="Heusel et al. 2017, arXiv 1706.08500",
        version=2,
        summary="Fréchet distance between the features of x and of the reconstructions.",
    ),
]
