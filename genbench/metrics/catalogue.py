"""Every metric of genbench, declared once each; what reports, plans and the panel know of one is derived from here.

Torch-free. The measures are in the files that their strings name; each takes the inputs record of its need
(`genbench.metrics.inputs`).
"""

# fmt: off

from __future__ import annotations

from functools import partial

from genbench.core.values import Direction
from genbench.protocols.metric import Metric

_UP, _DOWN, _NEAR = Direction.HIGHER, Direction.LOWER, Direction.NEAREST

_sample_quality = partial(Metric, group="sample-quality")
_diversity = partial(Metric, group="diversity")
_reconstruction = partial(Metric, group="reconstruction")
_outlier_detection = partial(Metric, group="outlier-detection")
_memorisation = partial(Metric, group="memorisation")
_density = partial(Metric, group="density")
_latent_structure = partial(Metric, group="latent-structure")
_augmentation = partial(Metric, group="augmentation")
_balance = partial(Metric, group="balance")
_speed = partial(Metric, group="speed")

METRICS: list[Metric] = [
    _sample_quality(
        name="frechet", title="Fréchet distance", titles={"inception-v3": "FID"}, direction=_DOWN, best=0.0, low=0.0,
        measure="genbench.metrics.quality:frechet_distance",
        paper="Heusel et al. 2017, arXiv 1706.08500; Dowson & Landau 1982",
        summary="Squared 2-Wasserstein distance between normals fitted to reference and generated features.",
    ),
    _sample_quality(
        name="frechet-inf", title="Fréchet distance, extrapolated", direction=_DOWN, best=0.0,
        measure="genbench.metrics.quality:frechet_extrapolated", paper="Chong & Forsyth 2020, arXiv 1911.07023",
        version=2,
        summary="The Fréchet distance extrapolated to infinitely many samples, from 8 a feature, 500 at least.",
    ),
    _sample_quality(
        name="kid", title="KID", direction=_DOWN, best=0.0, scale=1e-3, measure="genbench.metrics.quality:kid",
        sweep=("cubic-kernel",), paper="Bińkowski et al. 2018, arXiv 1801.01401",
        summary="Unbiased squared MMD with the kernel (x·y/d + 1)³ over all pairs; stored raw, printed × 1000.",
    ),
    _sample_quality(
        name="mmd-rbf", title="MMD, Gaussian kernels", direction=_DOWN, best=0.0, scale=1e-3,
        measure="genbench.metrics.quality:mmd_rbf", sweep=("gaussian-kernels",), paper="Gretton et al. 2012, JMLR 13",
        version=2,
        summary="Unbiased squared MMD, mean of Gaussian kernels at ½, 1, 2 × the reference's median distance.",
    ),
    _sample_quality(
        name="cmmd", title="CMMD", direction=_DOWN, best=0.0, low=0.0, measure="genbench.metrics.quality:cmmd",
        sweep=("unit-gaussian-kernel",), paper="Jayasumana et al. 2024, arXiv 2401.09603",
        summary="1000 × the biased squared MMD, Gaussian kernel σ = 10, on features of unit length.",
    ),
    _sample_quality(
        name="inception-score", title="Inception score", direction=_UP, low=1.0, needs="probabilities",
        data=("images", "labels"), least_n=10, measure="genbench.metrics.quality:inception",
        paper="Salimans et al. 2016, arXiv 1606.03498; Barratt & Sharma 2018",
        summary="exp of the mean KL of class probabilities from their average; blind to the real data.",
    ),
    _sample_quality(
        name="sliced-wasserstein", title="sliced Wasserstein distance", direction=_DOWN, best=0.0, low=0.0,
        measure="genbench.metrics.quality:sliced_wasserstein", paper="Bonneel et al. 2015",
        version=2,
        summary="Root of the mean squared 1-D 2-Wasserstein distance over whole random orthonormal bases.",
    ),
    _sample_quality(
        name="c2st", title="classifier two-sample test", direction=_NEAR, best=0.5, low=0.0, high=1.0, least_n=20,
        measure="genbench.metrics.quality:c2st", paper="Lopez-Paz & Oquab 2017, arXiv 1610.06545",
        version=2,
        summary="Held-out accuracy of a logistic regression that tells reference from generated.",
    ),
    _sample_quality(
        name="nn-accuracy", title="1-NN two-sample accuracy", direction=_NEAR, best=0.5, low=0.0, high=1.0,
        targets=("all", "real", "generated"), measure="genbench.metrics.quality:nn_accuracy",
        sweep=("neighbours", "nearest-reference", "nearest-sample"), paper="Xu et al. 2018, arXiv 1806.07755",
        version=2,
        summary="Leave-one-out 1-nearest-neighbour accuracy on both sets; low real + high generated: collapse.",
    ),
    _sample_quality(
        name="nll", title="negative log-likelihood", direction=_DOWN, unit="nats", needs="likelihood", least_n=1,
        targets=("", "bits-per-dim"), measure="genbench.metrics.likelihood:negative_log_likelihood",
        summary="−mean log p(x) over the reference; exact, a bound or an estimate, as the model says.",
    ),
    _sample_quality(
        name="fld", needs="training-features",
        title="feature likelihood divergence", direction=_DOWN, best=0.0, least_n=4,
        measure="genbench.metrics.quality:likelihood_divergence", paper="Jiralerspong et al. 2023, arXiv 2302.04440",
        version=2,
        summary="100 × the excess of the reference's NLL under Gaussians on samples over that on real data.",
    ),
    _diversity(
        name="precision", direction=_UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:precision",
        sweep=("balls",), paper="Kynkäänniemi et al. 2019, arXiv 1904.06991",
        version=2,
        summary="Share of samples inside the 5-nearest-neighbour balls of the reference.",
    ),
    _diversity(
        name="recall", direction=_UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:recall",
        sweep=("balls",), paper="Kynkäänniemi et al. 2019, arXiv 1904.06991",
        version=2,
        summary="Share of the reference inside the 5-nearest-neighbour balls of the samples.",
    ),
    _diversity(
        name="density", direction=_UP, best=1.0, low=0.0, least_n=6, measure="genbench.metrics.diversity:density",
        sweep=("balls",), paper="Naeem et al. 2020, arXiv 2002.09797",
        summary="How many of the reference's balls hold a sample, over k; 1 for the truth.",
    ),
    _diversity(
        name="coverage", direction=_UP, low=0.0, high=1.0, least_n=6, measure="genbench.metrics.diversity:coverage",
        sweep=("balls",), paper="Naeem et al. 2020, arXiv 2002.09797",
        version=2,
        summary="Share of the reference's balls that hold a sample.",
    ),
    _diversity(
        name="clipped-density", direction=_UP, low=0.0, high=1.0, least_n=6,
        measure="genbench.metrics.diversity:clipped_density", sweep=("balls",),
        paper="Salvy et al. 2025, arXiv 2507.01761",
        version=2,
        summary="Density with radii and counts clipped and calibrated: linear in the share of good samples.",
    ),
    _diversity(
        name="clipped-coverage", direction=_UP, low=0.0, high=1.0, least_n=6,
        measure="genbench.metrics.diversity:clipped_coverage", sweep=("balls",),
        paper="Salvy et al. 2025, arXiv 2507.01761",
        summary="Coverage with counts clipped and calibrated: linear in the share of good samples.",
    ),
    _diversity(
        name="vendi", title="Vendi score", direction=_UP, low=1.0, least_n=1,
        measure="genbench.metrics.diversity:vendi", paper="Friedman & Dieng 2023, arXiv 2210.02410",
        summary="Effective number of different samples: exp entropy of the similarity matrix's eigenvalues.",
    ),
    _diversity(
        name="vendi-ratio", title="Vendi score, relative", direction=_NEAR, best=1.0, low=0.0, least_n=1,
        measure="genbench.metrics.diversity:vendi_ratio", paper="Friedman & Dieng 2023, arXiv 2210.02410",
        summary="The samples' Vendi score over the reference's at the same n.",
    ),
    _diversity(
        name="duplicate-rate", direction=_DOWN, best=0.0, low=0.0, high=1.0,
        measure="genbench.metrics.diversity:duplicate_rate", sweep=("neighbours",),
        version=2,
        summary="Share of samples with another within 0.1 × the reference's median nearest-neighbour distance.",
    ),
    _diversity(
        name="modes", direction=_UP, low=0.0, needs="density", data=("modes",), least_n=1,
        targets=("", "high-quality"), measure="genbench.metrics.toys:covered_modes",
        paper="Srivastava et al. 2017, arXiv 1705.07761; Lin et al. 2018",
        summary="Modes with a sample within 3 σ; the target high-quality is the share of samples near a mode.",
    ),
    _diversity(
        name="mode-kl", direction=_DOWN, best=0.0, low=0.0, unit="nats", needs="density", data=("modes",), least_n=1,
        measure="genbench.metrics.toys:mode_divergence", paper="Srivastava et al. 2017, arXiv 1705.07761",
        version=2,
        summary="KL divergence of the samples' histogram over modes from the true weights.",
    ),
    _diversity(
        name="class-spread", direction=_NEAR, best=1.0, low=0.0, needs="probabilities", data=("images", "labels"),
        least_n=20,
        measure="genbench.metrics.diversity:class_spread",
        summary="Mean pairwise feature distance within a class, generated over real.",
    ),
    _diversity(
        name="condition-accuracy", direction=_UP, low=0.0, high=1.0, needs="condition", data=("images", "labels"),
        least_n=1, measure="genbench.metrics.diversity:condition_accuracy",
        paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
        version=2,
        summary="Share of conditional samples that the ruler reads as the class asked for.",
    ),
    _reconstruction(
        name="mse", title="mean squared error", direction=_DOWN, best=0.0, low=0.0, needs="images", least_n=1,
        measure="genbench.metrics.reconstruction:mse",
        summary="Mean squared difference over all values.",
    ),
    _reconstruction(
        name="psnr", title="PSNR", direction=_UP, unit="dB", needs="images", least_n=1,
        measure="genbench.metrics.reconstruction:psnr",
        summary="10 log₁₀(1 / mse) of the pooled mse.",
    ),
    _reconstruction(
        name="ssim", title="SSIM", direction=_UP, low=-1.0, high=1.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:ssim", paper="Wang et al. 2004",
        summary="Structural similarity in a Gaussian window, mean over images (torchmetrics).",
    ),
    _reconstruction(
        name="ms-ssim", title="MS-SSIM", direction=_UP, low=0.0, high=1.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:ms_ssim", paper="Wang et al. 2003",
        summary="Structural similarity over five scales, for sides of 176 px and more.",
    ),
    _reconstruction(
        name="lpips", title="LPIPS", direction=_DOWN, best=0.0, low=0.0, needs="images", data=("images",), least_n=1,
        measure="genbench.metrics.reconstruction:lpips", paper="Zhang et al. 2018, arXiv 1801.03924",
        summary="Learned perceptual distance (torchmetrics; opt-in, its weights must be there).",
    ),
    _reconstruction(
        name="perceptual", direction=_DOWN, best=0.0, low=0.0, high=4.0, needs="images", least_n=1,
        measure="genbench.metrics.reconstruction:perceptual",
        version=2,
        summary="Mean squared distance of unit-length features of x and its reconstruction.",
    ),
    _reconstruction(
        name="frechet-reconstruction", title="Fréchet distance of reconstructions", direction=_DOWN, best=0.0, low=0.0,
        needs="images", measure="genbench.metrics.reconstruction:frechet_reconstruction",
        paper="Heusel et al. 2017, arXiv 1706.08500",
        version=2,
        summary="Fréchet distance between the features of x and of the reconstructions.",
    ),
    _outlier_detection(
        name="auroc", title="AUROC", direction=_UP, chance=0.5, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:auroc", paper="DeLong et al. 1988",
        version=2,
        summary="Chance that an outlier scores higher than an ordinary example; ties count half.",
    ),
    _outlier_detection(
        name="aupr-out", title="AUPR, outliers positive", direction=_UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:aupr_out",
        version=2,
        summary="Average precision with the outliers as the positive class.",
    ),
    _outlier_detection(
        name="aupr-in", title="AUPR, ordinary positive", direction=_UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:aupr_in",
        version=2,
        summary="Average precision with the ordinary data as the positive class, the score negated.",
    ),
    _outlier_detection(
        name="fpr95", title="FPR95", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:fpr95",
        version=2,
        summary="Share of outliers accepted at the threshold that accepts 95 % of ordinary data.",
    ),
    _outlier_detection(
        name="recall-at-5", title="recall at 5 %", direction=_UP, low=0.0, high=1.0, needs="scores",
        measure="genbench.metrics.outliers:recall_at_5",
        version=2,
        summary="Share of all outliers among the 5 % strangest.",
    ),
    _memorisation(
        name="authenticity", needs="training-features",
        direction=_UP, low=0.0, high=1.0, measure="genbench.metrics.copying:authenticity",
        sweep=("nearest-training", "training-neighbours"), paper="Alaa et al. 2022, arXiv 2102.08921",
        version=2,
        summary="Share of samples farther from a training point than it is from its own; judge by the ceiling.",
    ),
    _memorisation(
        name="ct", needs="training-features",
        title="C_T", direction=_NEAR, best=0.0, least_n=20, measure="genbench.metrics.copying:data_copying",
        sweep=("nearest-training",), paper="Meehan et al. 2020, arXiv 2004.05675",
        version=2,
        summary="Z-score of nearest-training distances, generated against reference; under −3: copying.",
    ),
    _memorisation(
        name="nn-distance-ratio", needs="training-features",
        title="nearest-neighbour distance ratio", direction=_NEAR, best=1.0, low=0.0,
        measure="genbench.metrics.copying:distance_ratio", sweep=("nearest-training",),
        summary="Median distance to the training set, samples over reference; 0: copies.",
    ),
    _memorisation(
        name="membership-auc", needs="training-features",
        title="membership AUC", direction=_NEAR, best=0.5, low=0.0, high=1.0,
        targets=("distance", "nll", "reconstruction"), measure="genbench.metrics.copying:membership_auc",
        sweep=("nearest-sample", "nearest-sample-to-training"), paper="Chen et al. 2020, arXiv 1909.03935",
        version=2,
        summary="How well nearness to the samples tells training members from reference points.",
    ),
    _memorisation(
        name="train-test-gap", needs="training-features",
        direction=_NEAR, best=0.0, measure="genbench.metrics.copying:train_test_gap",
        version=2,
        summary="Fréchet distance to training points less the one to the reference, equal n.",
    ),
    _memorisation(
        name="copy-rate", needs="training-features",
        direction=_DOWN, best=0.0, low=0.0, high=1.0, measure="genbench.metrics.copying:copy_rate",
        sweep=("nearest-training", "training-neighbours"),
        version=2,
        summary="Share of samples within 0.1 × the median nearest-neighbour distance of a training example.",
    ),
    _density(
        name="tv", title="total variation", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="density",
        data=("density",), least_n=1, measure="genbench.metrics.toys:total_variation",
        summary="½ ∫ |p − q| on a grid.",
    ),
    _density(
        name="kl-forward", title="KL(p_data ‖ p_model)", direction=_DOWN, best=0.0, low=0.0, unit="nats",
        needs="density", data=("density",), least_n=1, measure="genbench.metrics.toys:kl_forward",
        summary="∫ p log p/q on a grid.",
    ),
    _density(
        name="kl-reverse", title="KL(p_model ‖ p_data)", direction=_DOWN, best=0.0, low=0.0, unit="nats",
        needs="density", data=("density",), least_n=1, measure="genbench.metrics.toys:kl_reverse",
        version=2,
        summary="∫ q log q/p on a grid.",
    ),
    _density(
        name="dense-error", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="density", data=("density",),
        least_n=1, measure="genbench.metrics.toys:dense_error",
        summary="Total variation within the cells that hold the top 80 % of true mass.",
    ),
    _density(
        name="sparse-error", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="density", data=("density",),
        least_n=1, measure="genbench.metrics.toys:sparse_error",
        summary="Total variation within the cells that hold the last 20 % of true mass.",
    ),
    _density(
        name="wasserstein-1", title="Wasserstein-1 distance", direction=_DOWN, best=0.0, low=0.0, needs="density",
        data=("density", "line"), least_n=1, measure="genbench.metrics.toys:wasserstein_1",
        version=2,
        summary="∫ |F − G| between samples of a 1-D law and of the model.",
    ),
    _latent_structure(
        name="probe-linear", direction=_UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",), least_n=20,
        measure="genbench.metrics.latents:probe_linear",
        summary="Accuracy of logistic regression on standardised codes.",
    ),
    _latent_structure(
        name="probe-knn", direction=_UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",), least_n=20,
        measure="genbench.metrics.latents:probe_knn",
        summary="Accuracy of 5 nearest neighbours on standardised codes.",
    ),
    _latent_structure(
        name="nmi", title="NMI", direction=_UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:nmi",
        version=2,
        summary="Normalised mutual information of k-means clusters with the classes.",
    ),
    _latent_structure(
        name="ari", title="ARI", direction=_UP, low=-0.5, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:ari",
        version=2,
        summary="Adjusted Rand index of k-means clusters with the classes.",
    ),
    _latent_structure(
        name="cluster-accuracy", direction=_UP, low=0.0, high=1.0, needs="labelled-codes", data=("labels",),
        measure="genbench.metrics.latents:cluster_accuracy",
        version=2,
        summary="Accuracy of k-means clusters under the best matching with the classes.",
    ),
    _latent_structure(
        name="trustworthiness", direction=_UP, low=0.0, high=1.0, needs="codes", least_n=22,
        measure="genbench.metrics.latents:trustworthiness", paper="Venna & Kaski 2001",
        version=2,
        summary="Neighbours in code space that are neighbours in data space too.",
    ),
    _latent_structure(
        name="continuity", direction=_UP, low=0.0, high=1.0, needs="codes", least_n=22,
        measure="genbench.metrics.latents:continuity", paper="Venna & Kaski 2001",
        version=2,
        summary="Neighbours in data space that are neighbours in code space too.",
    ),
    _latent_structure(
        name="mig", title="mutual information gap", direction=_UP, low=0.0, high=1.0, needs="factor-codes",
        data=("factors",), least_n=20, measure="genbench.metrics.latents:mig",
        paper="Chen et al. 2018, arXiv 1802.04942",
        summary="Entropy-normalised gap of the two most informative latents, mean over factors.",
    ),
    _latent_structure(
        name="dci-disentanglement", title="DCI disentanglement", direction=_UP, low=0.0, high=1.0,
        needs="factor-codes", data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_disentanglement",
        paper="Eastwood & Williams 2018",
        version=2,
        summary="How far each latent speaks of one factor.",
    ),
    _latent_structure(
        name="dci-completeness", title="DCI completeness", direction=_UP, low=0.0, high=1.0, needs="factor-codes",
        data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_completeness",
        paper="Eastwood & Williams 2018",
        version=2,
        summary="How far each factor is held by one latent.",
    ),
    _latent_structure(
        name="dci-informativeness", title="DCI informativeness", direction=_UP, low=0.0, high=1.0,
        needs="factor-codes", data=("factors",), least_n=20, measure="genbench.metrics.latents:dci_informativeness",
        paper="Eastwood & Williams 2018",
        version=2,
        summary="Held-out accuracy of the factors' prediction from codes.",
    ),
    _latent_structure(
        name="sap", title="SAP", direction=_UP, low=0.0, high=1.0, needs="factor-codes", data=("factors",), least_n=20,
        measure="genbench.metrics.latents:sap", paper="Kumar et al. 2018, arXiv 1711.00848",
        summary="Gap of the two latents that predict a factor best, mean over factors.",
    ),
    _latent_structure(
        name="active-units", direction=_UP, low=0.0, needs="codes", measure="genbench.metrics.latents:active_units",
        paper="Burda et al. 2016, arXiv 1509.00519",
        summary="Latents whose mean code varies by more than 0.01.",
    ),
    _latent_structure(
        name="collapsed-share", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="codes",
        measure="genbench.metrics.latents:collapsed_share",
        summary="1 − active units / latents.",
    ),
    _latent_structure(
        name="rate", direction=_DOWN, low=0.0, unit="nats", needs="codes", least_n=1,
        measure="genbench.metrics.latents:rate",
        summary="Mean KL divergence of the posterior from the prior.",
    ),
    _latent_structure(
        name="path-ratio", direction=_DOWN, best=1.0, low=1.0, needs="codes", least_n=1,
        measure="genbench.metrics.latents:path_ratio",
        summary="Length in feature space of an 11-point latent interpolation over the distance of its ends.",
    ),
    _latent_structure(
        name="midpoint-precision", direction=_UP, low=0.0, high=1.0, needs="codes", least_n=6,
        measure="genbench.metrics.latents:midpoint_precision",
        summary="Share of latent midpoints that decode into the reference's manifold.",
    ),
    _augmentation(
        name="cas", title="classification accuracy score", direction=_UP, low=0.0, high=1.0, needs="labels",
        data=("labels",), least_n=1, targets=("", "ratio"), measure="genbench.metrics.classes:accuracy",
        paper="Ravuri & Vinyals 2019, arXiv 1905.10887",
        summary="Accuracy on the reference of a classifier trained on generated labelled data alone.",
    ),
    _augmentation(
        name="accuracy", direction=_UP, low=0.0, high=1.0, needs="labels", data=("labels",), least_n=1,
        measure="genbench.metrics.classes:accuracy",
        summary="Accuracy on the reference of a classifier trained on few real and more data.",
    ),
    _augmentation(
        name="train-test-accuracy-gap", direction=_DOWN, best=0.0, low=-1.0, high=1.0, needs="labels",
        data=("labels",), least_n=1, measure="genbench.metrics.classes:accuracy",
        summary="Training accuracy less the accuracy on the reference.",
    ),
    _balance(
        name="attribute-tv", direction=_DOWN, best=0.0, low=0.0, high=1.0, needs="labels", least_n=1,
        targets=("data", "uniform"), measure="genbench.metrics.balance:share_distance",
        summary="½ Σ |p − q| between attribute shares of samples and target.",
    ),
    _balance(
        name="attribute-kl", direction=_DOWN, best=0.0, low=0.0, unit="nats", needs="labels", least_n=1,
        targets=("data", "uniform"), measure="genbench.metrics.balance:share_divergence",
        summary="KL divergence of the samples' attribute shares from the target, Laplace ½.",
    ),
    _balance(
        name="minority-recall", direction=_NEAR, best=1.0, low=0.0, needs="labels", least_n=1, targets=("", "worst"),
        measure="genbench.metrics.balance:rare_share",
        summary="Share of the rare attribute in the samples over its share in the data.",
    ),
    _speed(
        name="train-throughput", direction=_UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:train_throughput",
        summary="Training images a second.",
    ),
    _speed(
        name="time-to-quality", direction=_DOWN, low=0.0, unit="s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:time_to_quality",
        summary="Seconds of training until the Fréchet distance reaches the suite's target.",
    ),
    _speed(
        name="sample-latency", direction=_DOWN, low=0.0, unit="ms", needs="cost", least_n=1, targets=("p50", "p95"),
        measure="genbench.evaluations.timing:sample_latency",
        summary="Time of one sample, batch 1.",
    ),
    _speed(
        name="sample-throughput", direction=_UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:sample_throughput",
        summary="Samples a second at the best power-of-two batch.",
    ),
    _speed(
        name="encode-throughput", direction=_UP, low=0.0, unit="images/s", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:encode_throughput",
        summary="Examples encoded a second.",
    ),
    _speed(
        name="peak-memory", direction=_DOWN, low=0.0, unit="bytes", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:peak_memory",
        summary="Peak memory over the baseline.",
    ),
    _speed(
        name="parameters", direction=_DOWN, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.timing:parameters",
        summary="Number of parameters.",
    ),
    _speed(
        name="flops", direction=_DOWN, low=0.0, unit="flop", needs="cost", least_n=1, targets=("sample", "train-step"),
        measure="genbench.evaluations.timing:flops",
        summary="Operations of one sample and of one training step, a multiply-add counts 2.",
    ),
    _speed(
        name="network-evaluations", direction=_DOWN, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.timing:network_evaluations",
        summary="Network evaluations a sample.",
    ),
    _speed(
        name="updates", direction=_UP, low=0.0, needs="cost", least_n=1,
        measure="genbench.evaluations.timing:updates",
        summary="Optimiser steps that the network that samples was trained for.",
    ),
    _speed(
        name="energy", direction=_DOWN, low=0.0, unit="J", needs="cost", least_n=1,
        measure="genbench.evaluations.timing:energy",
        summary="Energy by NVML.",
    ),
]

CATALOGUE = METRICS
