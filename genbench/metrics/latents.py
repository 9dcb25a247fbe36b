"""What codes know and how they lie: probes, clusters, neighbourhoods, active units, paths.

Probes, clusters and neighbourhoods are scikit-learn's; their settings are part of the definition.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from genbench.core.errors import DataError, Unsupported
from genbench.core.values import Kind, Value
from genbench.metrics import disentanglement
from genbench.metrics.case import mean_value, share_value, value
from genbench.metrics.two_sample import Hits

ACTIVE = 0.01
"""A latent is active where its mean code varies by more than this (Burda et al. 2016)."""
POINTS = 2_000
"""At most this many points enter the neighbourhood metrics, whose cost is quadratic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Codes `test` (n, latent) of the reference, with what each metric needs beside them.

    `train` codes and labels `train_y`, `test_y` for probes and clusters; `data` (n, ...) the examples themselves;
    `variance` (n, latent) of the posterior; `factors` (n, F) integer ground truth; `paths` (P, 11, d) features along
    latent interpolations.
    """

    test: Tensor
    test_y: Tensor | None = None
    train: Tensor | None = None
    train_y: Tensor | None = None
    data: Tensor | None = None
    variance: Tensor | None = None
    factors: Tensor | None = None
    paths: Tensor | None = None


def probe_linear(codes: Codes) -> Hits:
    """Hits of L2 logistic regression on standardised codes, trained on the train codes; ↑."""
    return _probe(codes, LogisticRegression(max_iter=500, tol=1e-3))


def probe_knn(codes: Codes, k: int = 5) -> Hits:
    """Hits of k nearest neighbours on standardised codes; ↑."""
    return _probe(codes, KNeighborsClassifier(k))


def _probe(codes: Codes, classifier: LogisticRegression | KNeighborsClassifier) -> Hits:
    train, labels = _asked(codes.train, "training codes"), _asked(codes.train_y, "training labels")
    truth = _asked(codes.test_y, "labels").numpy()
    scaler = StandardScaler().fit(train.numpy())
    classifier.fit(scaler.transform(train.numpy()), labels.numpy())
    return Hits(
        int((classifier.predict(scaler.transform(codes.test.double().cpu().numpy())) == truth).sum()), len(truth)
    )


def clustering(codes: Tensor, classes: int, seed: int) -> Tensor:
    """(n,): k-means clusters with the true number of classes, ten starts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct codes than classes: then fewer clusters
        found = KMeans(classes, n_init=10, random_state=seed).fit_predict(codes.numpy())
    return torch.from_numpy(found.astype(np.int64))


def nmi(clusters: Tensor, labels: Tensor) -> float:
    """Normalised mutual information (arithmetic mean); ↑ [0, 1], blind to names of clusters."""
    return float(normalized_mutual_info_score(labels.numpy(), clusters.numpy()))


def ari(clusters: Tensor, labels: Tensor) -> float:
    """Adjusted Rand index; ↑ [−½, 1], 0 on average for random labels."""
    return float(adjusted_rand_score(labels.numpy(), clusters.numpy()))


def cluster_accuracy(clusters: Tensor, labels: Tensor) -> Hits:
    """Hits under the best one-to-one matching of clusters with classes (Hungarian); ↑."""
    size = int(max(clusters.max(), labels.max())) + 1
    table = torch.bincount(clusters * size + labels, minlength=size * size).view(size, size)
    rows, columns = linear_sum_assignment(table.numpy(), maximize=True)
    return Hits(int(table[rows, columns].sum()), len(labels))


def trustworthiness(x: Tensor, z: Tensor, k: int = 10) -> float:
    """How far the k neighbours of each code are neighbours in data space too; ↑ [0, 1]. Venna & Kaski 2001. n > 2k."""
    if len(x) <= 2 * k:
        raise Unsupported(f"neighbourhoods of {k} need more than {2 * k} points, got {len(x)}")
    return float(sklearn_trustworthiness(x.flatten(1).numpy(), z.flatten(1).numpy(), n_neighbors=k))


def continuity(x: Tensor, z: Tensor, k: int = 10) -> float:
    """How far neighbours in data space stay neighbours among codes: `trustworthiness` the other way round; ↑ [0, 1]."""
    return trustworthiness(z, x, k)


def active_units(codes: Tensor) -> int:
    """Number of latents with Var_x E[z_u|x] > 0.01; ↑. Burda et al. 2016."""
    return int((codes.double().var(0) > ACTIVE).sum())


def collapsed_share(codes: Tensor) -> float:
    """1 − active units / latents; ↓ [0, 1]."""
    return 1 - active_units(codes) / codes.shape[1]


def rate(mean: Tensor, variance: Tensor) -> Tensor:
    """(n,): KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − ln σ²) of each posterior, nats; ↓."""
    mean, variance = mean.double(), variance.double()
    return 0.5 * (mean.square() + variance - 1 - variance.log()).sum(1)


def path_ratio(paths: Tensor) -> Tensor:
    """(P,): length of each path of features (P, steps, d) over the distance of its ends; ≥ 1 ↓, 1 for a straight line.

    Paths whose ends coincide are left out.
    """
    steps = paths.double().diff(dim=1).norm(dim=2).sum(1)
    ends = (paths[:, -1].double() - paths[:, 0].double()).norm(dim=1)
    ratios: Tensor = steps[ends > 0] / ends[ends > 0]
    return ratios


def latent_metrics(codes: Codes, *, metrics: Sequence[str], generator: torch.Generator) -> dict[str, Value]:
    """Each metric of `metrics` from codes; what was not given makes a value with that reason.

    `midpoint-precision` is `precision` of `feature_metrics` on the features of decoded latent midpoints. Raises
    `DataError` for codes that are not finite.
    """
    if not bool(torch.isfinite(codes.test).all()):
        raise DataError(f"codes hold {int((~torch.isfinite(codes.test)).sum())} NaN or inf.")
    codes = _on_cpu(codes)
    seed = int(torch.randint(2**31 - 1, (1,), generator=generator))
    found = {name: _measure(name, codes, seed) for name in metrics if not name.startswith("dci-")}
    wanted = [name for name in metrics if name.startswith("dci-")]
    found.update(_dci(codes, seed, wanted) if wanted else {})
    return {name: replace(one, n=len(codes.test)) for name, one in found.items()}


def _on_cpu(codes: Codes) -> Codes:
    def moved(tensor: Tensor | None, *, to: torch.dtype | None = None) -> Tensor | None:
        return None if tensor is None else tensor.detach().cpu().to(to or tensor.dtype)

    return Codes(
        test=codes.test.detach().cpu().double(),
        test_y=moved(codes.test_y),
        train=moved(codes.train, to=torch.float64),
        train_y=moved(codes.train_y),
        data=moved(codes.data, to=torch.float64),
        variance=moved(codes.variance),
        factors=moved(codes.factors),
        paths=moved(codes.paths),
    )


def _asked(tensor: Tensor | None, what: str) -> Tensor:
    if tensor is None:
        raise Unsupported(f"it needs {what}, and there are none")
    return tensor


def _measure(name: str, codes: Codes, seed: int) -> Value:
    measure = _MEASURES.get(name)
    if measure is None:
        return Value.unsupported(f"{name} is not measured on codes")
    try:
        return measure(codes, seed)
    except Unsupported as reason:
        return Value.unsupported(str(reason))


def _clusters(codes: Codes, seed: int) -> tuple[Tensor, Tensor]:
    labels = _asked(codes.test_y, "labels")
    return clustering(codes.test, len(torch.unique(labels)), seed), labels


def _neighbourhood(measure: Callable[[Tensor, Tensor], float]) -> Callable[[Codes, int], Value]:
    def run(codes: Codes, seed: int) -> Value:
        data = _asked(codes.data, "the examples themselves")
        rows = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:POINTS]
        number = measure(data[rows], codes.test[rows])
        return value(number, reason="no interval: neighbourhoods overlap", details={"points": len(rows), "k": 10})

    return run


def _paths(codes: Codes, seed: int) -> Value:
    ratios = path_ratio(_asked(codes.paths, "features along latent paths"))
    if not len(ratios):
        raise Unsupported("every path ends where it starts")
    return mean_value(ratios, low=1.0, high=float("inf"))


def _rate(codes: Codes, seed: int) -> Value:
    return mean_value(rate(codes.test, _asked(codes.variance, "posterior variances")), high=float("inf"))


def _count(codes: Codes, seed: int) -> Value:
    return value(active_units(codes.test), reason="no interval: a count", details={"of": codes.test.shape[1]})


def _collapsed(codes: Codes, seed: int) -> Value:
    return value(collapsed_share(codes.test), reason="no interval: a count", details={"of": codes.test.shape[1]})


def _cluster_value(measure: Callable[[Tensor, Tensor], float]) -> Callable[[Codes, int], Value]:
    return lambda codes, seed: value(
        measure(*_clusters(codes, seed)), kind=Kind.ESTIMATE, reason="no interval: clusters of the whole set"
    )


def _dci(codes: Codes, seed: int, metrics: Sequence[str]) -> dict[str, Value]:
    """The three scores from one set of fits."""
    try:
        fitted = disentanglement.dci(codes.test, _asked(codes.factors, "ground-truth factors"), seed)
    except Unsupported as reason:
        return {name: Value.unsupported(str(reason)) for name in metrics}
    why = "no interval: it is fitted on the whole set"
    scores = {name: getattr(fitted, name.removeprefix("dci-")) for name in metrics}
    return {name: value(score, kind=Kind.ESTIMATE, reason=why) for name, score in scores.items()}


def _factor_value(name: str) -> Callable[[Codes, int], Value]:
    def run(codes: Codes, seed: int) -> Value:
        factors = _asked(codes.factors, "ground-truth factors")
        number = disentanglement.MEASURES[name](codes.test, factors, seed)
        return value(number, kind=Kind.ESTIMATE, reason="no interval: it is fitted on the whole set")

    return run


_MEASURES: dict[str, Callable[[Codes, int], Value]] = {
    "probe-linear": lambda codes, seed: share_value(probe_linear(codes)),
    "probe-knn": lambda codes, seed: share_value(probe_knn(codes)),
    "nmi": _cluster_value(nmi),
    "ari": _cluster_value(ari),
    "cluster-accuracy": lambda codes, seed: share_value(cluster_accuracy(*_clusters(codes, seed)), kind=Kind.ESTIMATE),
    "trustworthiness": _neighbourhood(trustworthiness),
    "continuity": _neighbourhood(continuity),
    "active-units": _count,
    "collapsed-share": _collapsed,
    "rate": _rate,
    "path-ratio": _paths,
    **{name: _factor_value(name) for name in disentanglement.MEASURES},
}
