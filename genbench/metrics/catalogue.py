"""Every metric of genbench, declared: name, direction, range, unit, least n, paper and the formula's place; no torch.

`group` is the evaluation that a metric belongs to. `needs` says what its formula is given; the entry that computes all
metrics of one kind from one look at the data is `panel.feature_metrics` for `features`, `reconstruction_metrics` for
`images`, `outlier_metrics` for `scores`, and the functions of `toys` for `density`.
"""

# fmt: off

from __future__ import annotations

from genbench.core.values import Direction
from genbench.protocols.metric import MetricSpec

_UP, _DOWN, _NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST
_HERE = "genbench.metrics."


def _spec(  # noqa: PLR0913 - a declaration, read as a table
    name: str,
    group: str,
    direction: Direction | float,
    bounds: tuple[float | None, float | None],
    where: str,
    summary: str,
    *,
    title: str = "",
    needs: str = "features",
    least_n: int = 2,
    unit: str = "",
    paper: str = "",
    targets: tuple[str, ...] = (),
    best: float | None = None,
) -> MetricSpec:
    """A number in place of a direction is the value that it is best to be near."""
    low, high = bounds
    return MetricSpec(
        name=name,
        title=title or name.replace("-", " "),
        summary=summary,
        group=group,
        direction=direction if isinstance(direction, Direction) else _NEAR,
        needs=needs,
        measure=_HERE + where,
        low=-float("inf") if low is None else low,
        high=float("inf") if high is None else high,
        best=best if isinstance(direction, Direction) else float(direction),
        unit=unit,
        least_n=least_n,
        paper=paper,
        targets=targets,
        scale=1e-3 if name in ("kid", "mmd-rbf") else 1.0,
        titles={"inception-v3": "FID"} if name == "frechet" else {},
        chance=0.5 if name == "auroc" else None,
    )


_POSITIVE, _UNIT, _ANY = (0.0, None), (0.0, 1.0), (None, None)


def _quality() -> list[MetricSpec]:
    g = "sample-quality"
    return [
        _spec("frechet", g, _DOWN, _POSITIVE, "frechet:frechet_distance", best=0.0, title="Fréchet distance",
              paper="Heusel et al. 2017, arXiv 1706.08500; Dowson & Landau 1982",
              summary="Squared 2-Wasserstein distance between normals fitted to reference and generated features."),
        _spec("frechet-inf", g, _DOWN, _ANY, "frechet:extrapolate", least_n=500, best=0.0,
              title="Fréchet distance, extrapolated", paper="Chong & Forsyth 2020, arXiv 1911.07023",
              summary="The Fréchet distance extrapolated to infinitely many generated samples."),
        _spec("kid", g, _DOWN, _ANY, "kernels:mmd_unbiased", title="KID", best=0.0,
              paper="Bińkowski et al. 2018, arXiv 1801.01401",
              summary="Unbiased squared MMD with the kernel (x·y/d + 1)³ over all pairs; stored raw, printed × 1000."),
        _spec("mmd-rbf", g, _DOWN, _ANY, "kernels:mmd_unbiased", title="MMD, Gaussian kernels", best=0.0,
              paper="Gretton et al. 2012, JMLR 13",
              summary="Unbiased squared MMD, mean of Gaussian kernels at ½, 1, 2 × the reference's median distance."),
        _spec("cmmd", g, _DOWN, _POSITIVE, "kernels:mmd_biased", title="CMMD", best=0.0,
              paper="Jayasumana et al. 2024, arXiv 2401.09603",
              summary="1000 × the biased squared MMD, Gaussian kernel σ = 10, on features of unit length."),
        _spec("inception-score", g, _UP, (1.0, None), "inception_score:inception_score", least_n=10,
              title="Inception score", paper="Salimans et al. 2016, arXiv 1606.03498; Barratt & Sharma 2018",
              summary="exp of the mean KL of class probabilities from their average; blind to the real data."),
        _spec("sliced-wasserstein", g, _DOWN, _POSITIVE, "wasserstein:sliced_wasserstein", best=0.0,
              title="sliced Wasserstein distance", paper="Bonneel et al. 2015",
              summary="Root of the mean squared 1-D 2-Wasserstein distance over whole random orthonormal bases."),
        _spec("c2st", g, 0.5, _UNIT, "two_sample:c2st", least_n=20, title="classifier two-sample test",
              paper="Lopez-Paz & Oquab 2017, arXiv 1610.06545",
              summary="Held-out accuracy of a logistic regression that tells reference from generated."),
        _spec("nn-accuracy", g, 0.5, _UNIT, "two_sample:nn_accuracy", targets=("all", "real", "generated"),
              title="1-NN two-sample accuracy", paper="Xu et al. 2018, arXiv 1806.07755",
              summary="Leave-one-out 1-nearest-neighbour accuracy on both sets; low real + high generated: collapse."),
        _spec("nll", g, _DOWN, _ANY, "likelihood:nll", needs="likelihood", least_n=1, unit="nats",
              title="negative log-likelihood", targets=("nats", "bits-per-dim"),
              summary="−mean log p(x) over the reference; exact, a bound or an estimate, as the model says."),
        _spec("fld", g, _DOWN, _ANY, "fld:feature_likelihood_divergence", least_n=4, best=0.0,
              title="feature likelihood divergence", paper="Jiralerspong et al. 2023, arXiv 2302.04440",
              summary="100 × the excess of the reference's NLL under Gaussians on samples over that on real data."),
    ]


def _diversity() -> list[MetricSpec]:
    g = "diversity"
    naeem = "Naeem et al. 2020, arXiv 2002.09797"
    salvy = "Salvy et al. 2025, arXiv 2507.01761"
    kynk = "Kynkäänniemi et al. 2019, arXiv 1904.06991"
    return [
        _spec("precision", g, _UP, _UNIT, "manifold:precision", least_n=6, paper=kynk,
              summary="Share of samples inside the 5-nearest-neighbour balls of the reference."),
        _spec("recall", g, _UP, _UNIT, "manifold:recall", least_n=6, paper=kynk,
              summary="Share of the reference inside the 5-nearest-neighbour balls of the samples."),
        _spec("density", g, _UP, _POSITIVE, "manifold:density", least_n=6, paper=naeem, best=1.0,
              summary="How many of the reference's balls hold a sample, over k; 1 for the truth."),
        _spec("coverage", g, _UP, _UNIT, "manifold:coverage", least_n=6, paper=naeem,
              summary="Share of the reference's balls that hold a sample."),
        _spec("clipped-density", g, _UP, _UNIT, "clipped:clipped_density", least_n=6, paper=salvy,
              summary="Density with radii and counts clipped and calibrated: linear in the share of good samples."),
        _spec("clipped-coverage", g, _UP, _UNIT, "clipped:clipped_coverage", least_n=6, paper=salvy,
              summary="Coverage with counts clipped and calibrated: linear in the share of good samples."),
        _spec("vendi", g, _UP, (1.0, None), "vendi:vendi_score", least_n=1, title="Vendi score",
              paper="Friedman & Dieng 2023, arXiv 2210.02410",
              summary="Effective number of different samples: exp entropy of the similarity matrix's eigenvalues."),
        _spec("vendi-ratio", g, 1.0, _POSITIVE, "vendi:vendi_score", least_n=1, title="Vendi score, relative",
              paper="Friedman & Dieng 2023, arXiv 2210.02410",
              summary="The samples' Vendi score over the reference's at the same n."),
        _spec("duplicate-rate", g, _DOWN, _UNIT, "duplicates:duplicate_rate", best=0.0,
              summary="Share of samples with another within 0.1 × the reference's median nearest-neighbour distance."),
        _spec("modes", g, _UP, _POSITIVE, "toys:covered_modes", needs="density", least_n=1,
              targets=("", "high-quality"), paper="Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018",
              summary="Modes with a sample within 3 σ; the target high-quality is the share of samples near a mode."),
        _spec("mode-kl", g, _DOWN, _POSITIVE, "toys:mode_kl", needs="density", least_n=1, unit="nats", best=0.0,
              paper="Srivastava et al. 2017, arXiv 1705.07761",
              summary="KL divergence of the samples' histogram over modes from the true weights."),
        _spec("class-spread", g, 1.0, _POSITIVE, "classes:class_spread", least_n=20,
              summary="Mean pairwise feature distance within a class, generated over real."),
        _spec("condition-accuracy", g, _UP, _UNIT, "classes:condition_accuracy", least_n=1,
              paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
              summary="Share of conditional samples that the ruler reads as the class asked for."),
    ]


def _reconstruction() -> list[MetricSpec]:
    g, at = "reconstruction", "reconstruction:"
    ssim = "Wang et al. 2004"
    return [
        _spec("mse", g, _DOWN, _POSITIVE, at + "mse", needs="images", least_n=1, best=0.0, title="mean squared error",
              summary="Mean squared difference over all values."),
        _spec("psnr", g, _UP, _ANY, at + "psnr", needs="images", least_n=1, unit="dB", title="PSNR",
              summary="10 log₁₀(1 / mse) of the pooled mse."),
        _spec("ssim", g, _UP, (-1.0, 1.0), at + "ssim", needs="images", least_n=1, title="SSIM", paper=ssim,
              summary="Structural similarity in a Gaussian window, mean over images (torchmetrics)."),
        _spec("ms-ssim", g, _UP, _UNIT, at + "ms_ssim", needs="images", least_n=1, title="MS-SSIM",
              paper="Wang et al. 2003", summary="Structural similarity over five scales, for sides above 160 px."),
        _spec("lpips", g, _DOWN, _POSITIVE, at + "lpips", needs="images", least_n=1, title="LPIPS", best=0.0,
              paper="Zhang et al. 2018, arXiv 1801.03924",
              summary="Learned perceptual distance (torchmetrics; opt-in, its weights must be there)."),
        _spec("perceptual", g, _DOWN, (0.0, 4.0), at + "perceptual", needs="images", least_n=1, best=0.0,
              summary="Mean squared distance of unit-length features of x and its reconstruction."),
        _spec("frechet-reconstruction", g, _DOWN, _POSITIVE, "frechet:frechet_distance", needs="images", best=0.0,
              title="Fréchet distance of reconstructions", paper="Heusel et al. 2017, arXiv 1706.08500",
              summary="Fréchet distance between the features of x and of the reconstructions."),
    ]


def _outliers() -> list[MetricSpec]:
    g, at = "outlier-detection", "outliers:"
    return [
        _spec("auroc", g, _UP, _UNIT, at + "auroc", needs="scores", title="AUROC", paper="DeLong et al. 1988",
              summary="Chance that an outlier scores higher than an ordinary example; ties count half."),
        _spec("aupr-out", g, _UP, _UNIT, at + "aupr_out", needs="scores", title="AUPR, outliers positive",
              summary="Average precision with the outliers as the positive class."),
        _spec("aupr-in", g, _UP, _UNIT, at + "aupr_in", needs="scores", title="AUPR, ordinary positive",
              summary="Average precision with the ordinary data as the positive class, the score negated."),
        _spec("fpr95", g, _DOWN, _UNIT, at + "fpr95", needs="scores", title="FPR95", best=0.0,
              summary="Share of outliers accepted at the threshold that accepts 95 % of ordinary data."),
        _spec("recall-at-5", g, _UP, _UNIT, at + "recall_at", needs="scores", title="recall at 5 %",
              summary="Share of all outliers among the 5 % strangest."),
    ]


def _memorisation() -> list[MetricSpec]:
    g, at = "memorisation", "memorisation:"
    return [
        _spec("authenticity", g, _UP, _UNIT, at + "authenticity", paper="Alaa et al. 2022, arXiv 2102.08921",
              summary="Share of samples farther from a training point than it is from its own; judge by the ceiling."),
        _spec("ct", g, 0.0, _ANY, at + "data_copying", least_n=20, title="C_T",
              paper="Meehan et al. 2020, arXiv 2004.05675",
              summary="Z-score of nearest-training distances, generated against reference; under −3: copying."),
        _spec("nn-distance-ratio", g, 1.0, _POSITIVE, at + "distance_ratio", title="nearest-neighbour distance ratio",
              summary="Median distance to the training set, samples over reference; 0: copies."),
        _spec("membership-auc", g, 0.5, _UNIT, at + "membership_auc", title="membership AUC",
              targets=("distance", "nll", "reconstruction"), paper="Chen et al. 2020, arXiv 1909.03935",
              summary="How well nearness to the samples tells training members from reference points."),
        _spec("train-test-gap", g, 0.0, _ANY, "frechet:frechet_distance",
              summary="Fréchet distance to training points less the one to the reference, equal n."),
        _spec("copy-rate", g, _DOWN, _UNIT, at + "copy_rate", best=0.0,
              summary="Share of samples within 0.1 × the median nearest-neighbour distance of a training example."),
    ]


def _density() -> list[MetricSpec]:
    g, at = "density", "toys:"
    return [
        _spec("tv", g, _DOWN, _UNIT, at + "total_variation", needs="density", least_n=1, best=0.0,
              title="total variation", summary="½ ∫ |p − q| on a grid."),
        _spec("kl-forward", g, _DOWN, _POSITIVE, at + "kl", needs="density", least_n=1, unit="nats", best=0.0,
              title="KL(p_data ‖ p_model)", summary="∫ p log p/q on a grid."),
        _spec("kl-reverse", g, _DOWN, _POSITIVE, at + "kl", needs="density", least_n=1, unit="nats", best=0.0,
              title="KL(p_model ‖ p_data)", summary="∫ q log q/p on a grid."),
        _spec("dense-error", g, _DOWN, _UNIT, at + "regional_error", needs="density", least_n=1, best=0.0,
              summary="Total variation within the cells that hold the top 80 % of true mass."),
        _spec("sparse-error", g, _DOWN, _UNIT, at + "regional_error", needs="density", least_n=1, best=0.0,
              summary="Total variation within the cells that hold the last 20 % of true mass."),
        _spec("wasserstein-1", g, _DOWN, _POSITIVE, "wasserstein:wasserstein_1", needs="density", least_n=1, best=0.0,
              title="Wasserstein-1 distance", summary="∫ |F − G| between samples of a 1-D law and of the model."),
    ]


def _latents() -> list[MetricSpec]:
    g, at, factors = "latent-structure", "latents:", "disentanglement:"
    eastwood = "Eastwood & Williams 2018"
    return [
        _spec("probe-linear", g, _UP, _UNIT, at + "probe_linear", needs="codes", least_n=20,
              summary="Accuracy of logistic regression on standardised codes."),
        _spec("probe-knn", g, _UP, _UNIT, at + "probe_knn", needs="codes", least_n=20,
              summary="Accuracy of 5 nearest neighbours on standardised codes."),
        _spec("nmi", g, _UP, _UNIT, at + "clustering", needs="codes", title="NMI",
              summary="Normalised mutual information of k-means clusters with the classes."),
        _spec("ari", g, _UP, (-0.5, 1.0), at + "clustering", needs="codes", title="ARI",
              summary="Adjusted Rand index of k-means clusters with the classes."),
        _spec("cluster-accuracy", g, _UP, _UNIT, at + "cluster_accuracy", needs="codes",
              summary="Accuracy of k-means clusters under the best matching with the classes."),
        _spec("trustworthiness", g, _UP, _UNIT, at + "trustworthiness", needs="codes", least_n=22,
              paper="Venna & Kaski 2001", summary="Neighbours in code space that are neighbours in data space too."),
        _spec("continuity", g, _UP, _UNIT, at + "continuity", needs="codes", least_n=22, paper="Venna & Kaski 2001",
              summary="Neighbours in data space that are neighbours in code space too."),
        _spec("mig", g, _UP, _UNIT, factors + "mig", needs="codes", title="mutual information gap", least_n=20,
              paper="Chen et al. 2018, arXiv 1802.04942",
              summary="Entropy-normalised gap of the two most informative latents, mean over factors."),
        _spec("dci-disentanglement", g, _UP, _UNIT, factors + "dci", needs="codes", paper=eastwood, least_n=20,
              title="DCI disentanglement", summary="How far each latent speaks of one factor."),
        _spec("dci-completeness", g, _UP, _UNIT, factors + "dci", needs="codes", paper=eastwood, least_n=20,
              title="DCI completeness", summary="How far each factor is held by one latent."),
        _spec("dci-informativeness", g, _UP, _UNIT, factors + "dci", needs="codes", paper=eastwood, least_n=20,
              title="DCI informativeness", summary="Held-out accuracy of the factors' prediction from codes."),
        _spec("sap", g, _UP, _UNIT, factors + "sap", needs="codes", title="SAP", least_n=20,
              paper="Kumar et al. 2018, arXiv 1711.00848",
              summary="Gap of the two latents that predict a factor best, mean over factors."),
        _spec("active-units", g, _UP, _POSITIVE, at + "active_units", needs="codes",
              paper="Burda et al. 2016, arXiv 1509.00519",
              summary="Latents whose mean code varies by more than 0.01."),
        _spec("collapsed-share", g, _DOWN, _UNIT, at + "collapsed_share", needs="codes", best=0.0,
              summary="1 − active units / latents."),
        _spec("rate", g, _DOWN, _POSITIVE, at + "rate", needs="codes", least_n=1, unit="nats",
              summary="Mean KL divergence of the posterior from the prior."),
        _spec("path-ratio", g, _DOWN, (1.0, None), at + "path_ratio", needs="codes", least_n=1, best=1.0,
              summary="Length in feature space of an 11-point latent interpolation over the distance of its ends."),
        _spec("midpoint-precision", g, _UP, _UNIT, "manifold:precision", needs="codes", least_n=6,
              summary="Share of latent midpoints that decode into the reference's manifold."),
    ]


def _uses() -> list[MetricSpec]:
    aug, bal, at = "augmentation", "balance", "balance:"
    return [
        _spec("cas", aug, _UP, _UNIT, "classes:accuracy", needs="labels", least_n=1, targets=("", "ratio"),
              title="classification accuracy score", paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
              summary="Accuracy on the reference of a classifier trained on generated labelled data alone."),
        _spec("accuracy", aug, _UP, _UNIT, "classes:accuracy", needs="labels", least_n=1,
              summary="Accuracy on the reference of a classifier trained on few real and more data."),
        _spec("train-test-accuracy-gap", aug, _DOWN, (-1.0, 1.0), "classes:accuracy", needs="labels", least_n=1,
              best=0.0, summary="Training accuracy less the accuracy on the reference."),
        _spec("attribute-tv", bal, _DOWN, _UNIT, at + "attribute_tv", needs="labels", least_n=1, best=0.0,
              targets=("data", "uniform"), summary="½ Σ |p − q| between attribute shares of samples and target."),
        _spec("attribute-kl", bal, _DOWN, _POSITIVE, at + "attribute_kl", needs="labels", least_n=1, unit="nats",
              best=0.0, targets=("data", "uniform"),
              summary="KL divergence of the samples' attribute shares from the target, Laplace ½."),
        _spec("minority-recall", bal, 1.0, _POSITIVE, at + "minority_recall", needs="labels", least_n=1,
              targets=("", "worst"), summary="Share of the rare attribute in the samples over its share in the data."),
    ]


def _cost() -> list[MetricSpec]:
    g, at = "speed", "cost:"
    rows = [
        ("train-throughput", _UP, "images/s", "Training images a second."),
        ("time-to-quality", _DOWN, "s", "Seconds of training until the Fréchet distance reaches the suite's target."),
        ("sample-latency", _DOWN, "ms", "Time of one sample, batch 1."),
        ("sample-throughput", _UP, "images/s", "Samples a second at the best power-of-two batch."),
        ("encode-throughput", _UP, "images/s", "Examples encoded a second."),
        ("peak-memory", _DOWN, "bytes", "Peak memory over the baseline."),
        ("parameters", _DOWN, "", "Number of parameters."),
        ("flops", _DOWN, "flop", "Operations of one sample and of one training step, a multiply-add counts 2."),
        ("network-evaluations", _DOWN, "", "Network evaluations a sample."),
        ("energy", _DOWN, "J", "Energy by NVML."),
    ]
    targets = {"sample-latency": ("p50", "p95"), "flops": ("sample", "train-step")}
    return [
        _spec(
            name,
            g,
            way,
            _POSITIVE,
            at + "summary",
            summary,
            needs="cost",
            least_n=1,
            unit=unit,
            targets=targets.get(name, ()),
        )
        for name, way, unit, summary in rows
    ]


SPECS: list[MetricSpec] = [
    *_quality(),
    *_diversity(),
    *_reconstruction(),
    *_outliers(),
    *_memorisation(),
    *_density(),
    *_latents(),
    *_uses(),
    *_cost(),
]

CATALOGUE: list[tuple[MetricSpec, str]] = [(spec, str(spec.measure)) for spec in SPECS]
