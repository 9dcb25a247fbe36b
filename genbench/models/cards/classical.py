"""Cards of the family `classical`."""

from __future__ import annotations

from genbench.protocols.card import ModelCard
from genbench.protocols.space import Choice, Range

CARDS: list[tuple[ModelCard, str]] = [
    (
        ModelCard(
            name="gaussian",
            family="classical",
            summary="One normal law with full covariance, shrunk as Ledoit and Wolf do.",
            paper="Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4",
            objective="max Σ log N(x; μ, Σ)",
            capabilities=("samples", "density"),
            sampler="exact",
            likelihood="gaussian, exact",
            weaknesses="One mode; means and covariances are all that it knows.",
        ),
        "genbench.models.classical:Gaussian",
    ),
    (
        ModelCard(
            name="ppca",
            family="classical",
            summary="Probabilistic PCA: a linear code and round noise, at its maximum likelihood.",
            paper="Tipping & Bishop 1999, doi:10.1111/1467-9868.00196",
            objective="max Σ log N(x; μ, WWᵀ + σ²I)",
            capabilities=(
                "samples",
                "reconstructs",
                "encodes",
                "density",
            ),
            sampler="exact",
            likelihood="ppca, exact",
            weaknesses="Linear; one mode.",
        ),
        "genbench.models.classical:PPCA",
    ),
    (
        ModelCard(
            name="pca",
            family="classical",
            summary="Principal components as a linear code: the bar of every autoencoder of its size.",
            paper="Pearson 1901, doi:10.1080/14786440109462720; Hotelling 1933, doi:10.1037/h0071325",
            objective="min E‖x − μ − P Pᵀ(x − μ)‖², PᵀP = I",
            capabilities=("reconstructs", "encodes"),
            weaknesses="Linear; cannot sample by itself.",
        ),
        "genbench.models.principal:PCA",
    ),
    (
        ModelCard(
            name="gmm",
            family="classical",
            summary="Ten Gaussians in the principal subspace by EM, round noise outside it.",
            paper="Dempster, Laird & Rubin 1977; Tipping & Bishop 1999 (mixtures)",
            objective="max Σ log Σ_k w_k N(Pᵀ(x − μ); μ_k, Σ_k) · N(rest; 0, σ²I)",
            capabilities=(
                "samples",
                "density",
            ),
            sampler="exact",
            likelihood="gmm10, exact",
            weaknesses="Local optima of EM; one subspace for all components.",
            deviations=("EM works in at most 16 principal directions; what they leave out is one round Gaussian.",),
            space={"components": Choice(5, 10, 20, 40), "subspace": Choice(8, 16, 32)},
        ),
        "genbench.models.classical:GMM",
    ),
    (
        ModelCard(
            name="kde",
            family="classical",
            summary="Kernel density with the bandwidth of the best leave-one-out likelihood.",
            paper="Parzen 1962; Duin 1976",
            objective="p(x) = (1/N) Σ_i N(x; x_i, h²I)",
            capabilities=(
                "samples",
                "density",
            ),
            sampler="exact",
            likelihood="kde, exact",
            weaknesses="Its samples are training examples with noise; hopeless in many dimensions.",
            deviations=("The bandwidth is chosen on at most 2,000 training points.",),
        ),
        "genbench.models.classical:KDE",
    ),
    (
        ModelCard(
            name="isolation-forest",
            family="classical",
            summary="Outlier scores from the depth at which random splits set a point apart.",
            paper="Liu, Ting & Zhou 2008, doi:10.1109/ICDM.2008.17",
            objective="score = 2^(−E h(x)/c(n))",
            capabilities=("outliers",),
            weaknesses="Splits along single values: weak on images.",
            space={"trees": Choice(50, 100, 200, 400)},
        ),
        "genbench.models.detectors:IsolationForest",
    ),
    (
        ModelCard(
            name="knn",
            family="classical",
            summary="Outlier score: distance to the fifth nearest training example.",
            paper="Ramaswamy, Rastogi & Shim 2000, doi:10.1145/342009.335437",
            objective="score = r_5(x)",
            capabilities=("outliers",),
            weaknesses="Keeps the training set; pixel distance knows no meaning.",
            space={"k": Choice(1, 3, 5, 10, 20)},
        ),
        "genbench.models.detectors:KNN",
    ),
    (
        ModelCard(
            name="pca-residual",
            family="classical",
            summary="Outlier score: what the principal components of 95 % variance leave out.",
            paper="Jackson & Mudholkar 1979, doi:10.1080/00401706.1979.10489779",
            objective="score = ‖x − x̂‖²/D",
            capabilities=(
                "reconstructs",
                "outliers",
            ),
            weaknesses="Linear; blind to outliers within the subspace.",
            space={"share": Range(0.5, 0.99, "linear")},
        ),
        "genbench.models.detectors:PCAResidual",
    ),
    (
        ModelCard(
            name="one-class-svm",
            family="classical",
            summary="Outlier score: how far a point is outside a region of a Gaussian kernel's space.",
            paper="Schölkopf et al. 2001, doi:10.1162/089976601750264965",
            objective="score = ρ − Σ_i α_i k(x, x_i)",
            capabilities=("outliers",),
            weaknesses="Slow beyond some thousands of examples: it looks at 10,000; one width of kernel for all.",
            space={"nu": Range(0.01, 0.5)},
        ),
        "genbench.models.detectors:OneClassSVM",
    ),
]
