"""The metrics of diversity, declared."""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

UP, DOWN, NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST
_metric = partial(Metric, group="diversity")

METRICS: list[Metric] = [
    _metric(
        name="precision", direction=UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:precision",
        sweep=("balls",), paper="Kynkäänniemi et al. 2019, arXiv 1904.06991",
        version=2,
        summary="Share of samples inside the 5-nearest-neighbour balls of the reference.",
    ),
    _metric(
        name="recall", direction=UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:recall",
        sweep=("balls",), paper="Kynkäänniemi et al. 2019, arXiv 1904.06991",
        version=2,
        summary="Share of the reference inside the 5-nearest-neighbour balls of the samples.",
    ),
    _metric(
        name="density", direction=UP, best=1.0, low=0.0, least_n=6, measure="genbench.metrics.diversity:density",
        sweep=("balls",), paper="Naeem et al. 2020, arXiv 2002.09797",
        summary="How many of the reference's balls hold a sample, over k; 1 for the truth.",
    ),
    _metric(
        name="coverage", direction=UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:coverage",
        sweep=("balls",), paper="Naeem et al. 2020, arXiv 2002.09797",
        version=2,
        summary="Share of the reference's balls that hold a sample.",
    ),
    _metric(
        name="clipped-density", direction=UP, low=0.0, high=1.0, least_n=6,
        measure="genbench.metrics.diversity:clipped_density", sweep=("balls",),
        paper="Salvy et al. 2025, arXiv 2507.01761",
        version=2,
        summary="Density with radii and counts clipped and calibrated: linear in the share of good samples.",
    ),
    _metric(
        name="clipped-coverage", direction=UP, low=0.0, high=1.0, least_n=6,
        measure="genbench.metrics.diversity:clipped_coverage", sweep=("balls",),
        paper="Salvy et al. 2025, arXiv 2507.01761",
        summary="Coverage with counts clipped and calibrated: linear in the share of good samples.",
    ),
    _metric(
        name="vendi", title="Vendi score", direction=UP, low=1.0, least_n=1,
        measure="genbench.metrics.diversity:vendi", paper="Friedman & Dieng 2023, arXiv 2210.02410",
        summary="Effective number of different samples: exp entropy of the similarity matrix's eigenvalues.",
    ),
    _metric(
        name="vendi-ratio", title="Vendi score, relative", direction=NEAR, best=1.0, low=0.0, least_n=1,
        measure="genbench.metrics.diversity:vendi_ratio", paper="Friedman & Dieng 2023, arXiv 2210.02410",
        summary="The samples' Vendi score over the reference's at the same n.",
    ),
    _metric(
        name="rke", title="RKE score", direction=UP, low=1.0, least_n=1, measure="genbench.metrics.diversity:rke",
        paper="Jalali et al. 2023, NeurIPS 36",
        summary="The Vendi score of order 2, 1 / Σ λ²: the number of frequent kinds, to which few samples are enough.",
    ),
    _metric(
        name="duplicate-rate", direction=DOWN, best=0.0, low=0.0, high=1.0,
        measure="genbench.metrics.diversity:duplicate_rate", sweep=("neighbours",),
        version=2,
        summary="Share of samples with another within 0.1 × the reference's median nearest-neighbour distance.",
    ),
    _metric(
        name="modes", direction=UP, low=0.0, needs="modes", data=("modes",), least_n=1,
        targets=("", "high-quality"), measure="genbench.metrics.toys:covered_modes",
        paper="Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018",
        summary="Modes with a sample within 3 σ; the target high-quality is the share of samples near a mode.",
    ),
    _metric(
        name="mode-kl", direction=DOWN, best=0.0, low=0.0, unit="nats", needs="modes", data=("modes",), least_n=1,
        measure="genbench.metrics.toys:mode_divergence", paper="Srivastava et al. 2017, arXiv 1705.07761",
        version=2,
        summary="KL divergence of the samples' histogram over modes from the true weights.",
    ),
    _metric(
        name="class-spread", direction=NEAR, best=1.0, low=0.0, needs="probabilities", data=("images", "labels"),
        least_n=20,
        measure="genbench.metrics.diversity:class_spread",
        summary="Mean pairwise feature distance within a class, generated over real.",
    ),
    _metric(
        name="condition-accuracy", direction=UP, low=0.0, high=1.0, needs="condition", data=("images", "labels"),
        least_n=1, measure="genbench.metrics.diversity:condition_accuracy",
        paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
        version=2,
        summary="Share of conditional samples that the ruler reads as the class asked for.",
    ),
    _metric(
        name="condition-accuracy-by-class", title="condition accuracy", direction=UP, low=0.0, high=1.0,
        needs="condition", data=("images", "labels"), least_n=1,
        measure="genbench.metrics.diversity:condition_accuracy_by_class",
        paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
        summary="Share of the samples asked for each class that the ruler reads as that class.",
    ),
]
