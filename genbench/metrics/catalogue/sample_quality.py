"""The metrics of sample quality, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN, NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST
_metric = partial(Metric, group="sample-quality")

METRICS: list[Metric] = [
    _metric(
        name="frechet", title="Fréchet distance", titles={"inception-v3": "FID"}, direction=DOWN, best=0.0, low=0.0,
        measure="genbench.metrics.quality:frechet_distance",
        paper="Heusel et al. 2017, arXiv 1706.08500; Dowson & Landau 1982",
        summary="Squared 2-Wasserstein distance between normals fitted to reference and generated features.",
    ),
    _metric(
        name="frechet-inf", title="Fréchet distance, extrapolated", direction=DOWN, best=0.0,
        measure="genbench.metrics.quality:frechet_extrapolated", paper="Chong & Forsyth 2020, arXiv 1911.07023",
        version=2,
        summary="The Fréchet distance extrapolated to infinitely many samples, from 8 a feature, 500 at least.",
    ),
    _metric(
        name="kid", title="KID", direction=DOWN, best=0.0, scale=1e-3, measure="genbench.metrics.quality:kid",
        sweep=("cubic-kernel",), paper="Bińkowski et al. 2018, arXiv 1801.01401",
        summary="Unbiased squared MMD with the kernel (x·y/d + 1)³ over all pairs; stored raw, printed × 1000.",
    ),
    _metric(
        name="mmd-rbf", title="MMD, Gaussian kernels", direction=DOWN, best=0.0, scale=1e-3,
        measure="genbench.metrics.quality:mmd_rbf", sweep=("gaussian-kernels",), paper="Gretton et al. 2012, JMLR 13",
        version=2,
        summary="Unbiased squared MMD, mean of Gaussian kernels at ½, 1, 2 × the reference's median distance.",
    ),
    _metric(
        name="cmmd", title="CMMD", direction=DOWN, best=0.0, low=0.0, measure="genbench.metrics.quality:cmmd",
        sweep=("unit-gaussian-kernel",), paper="Jayasumana et al. 2024, arXiv 2401.09603",
        summary="1000 × the biased squared MMD, Gaussian kernel σ = 10, on features of unit length.",
    ),
    _metric(
        name="inception-score", title="Inception score", direction=UP, low=1.0, needs="probabilities",
        data=("images", "labels"), least_n=10, measure="genbench.metrics.quality:inception",
        paper="Salimans et al. 2016, arXiv 1606.03498; Barratt & Sharma 2018",
        summary="exp of the mean KL of class probabilities from their average; blind to the real data.",
    ),
    _metric(
        name="sliced-wasserstein", title="sliced Wasserstein distance", direction=DOWN, best=0.0, low=0.0,
        measure="genbench.metrics.quality:sliced_wasserstein", paper="Bonneel et al. 2015",
        version=2,
        summary="Root of the mean squared 1-D 2-Wasserstein distance over whole random orthonormal bases.",
    ),
    _metric(
        name="mind", title="Monge inception distance", titles={"inception-v3": "MIND"}, direction=DOWN, best=0.0,
        low=0.0, measure="genbench.metrics.quality:mind", paper="Berthet et al. 2026, arXiv 2605.06797",
        summary="3 d × the squared sliced 2-Wasserstein distance in d features: like a Fréchet distance, at smaller n.",
    ),
    _metric(
        name="c2st", title="classifier two-sample test", direction=NEAR, best=0.5, low=0.0, high=1.0, least_n=20,
        measure="genbench.metrics.quality:c2st", paper="Lopez-Paz & Oquab 2017, arXiv 1610.06545",
        version=2,
        summary="Held-out accuracy of a logistic regression that tells reference from generated.",
    ),
    _metric(
        name="nn-accuracy", title="1-NN two-sample accuracy", direction=NEAR, best=0.5, low=0.0, high=1.0,
        targets=("all", "real", "generated"), measure="genbench.metrics.quality:nn_accuracy",
        sweep=("neighbours", "nearest-reference", "nearest-sample"), paper="Xu et al. 2018, arXiv 1806.07755",
        version=2,
        summary="Leave-one-out 1-nearest-neighbour accuracy on both sets; low real + high generated: collapse.",
    ),
    _metric(
        name="nll", title="negative log-likelihood", direction=DOWN, unit="nats", needs="likelihood", least_n=1,
        targets=("", "bits-per-dim"), measure="genbench.metrics.likelihood:negative_log_likelihood",
        summary="−mean log p(x) over the reference; exact, a bound or an estimate, as the model says.",
    ),
    _metric(
        name="fld", needs="training-features",
        title="feature likelihood divergence", direction=DOWN, best=0.0, least_n=4,
        measure="genbench.metrics.quality:likelihood_divergence", paper="Jiralerspong et al. 2023, arXiv 2302.04440",
        version=2,
        summary="100 × the excess of the reference's NLL under Gaussians on samples over that on real data.",
    ),
]
