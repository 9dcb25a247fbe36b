"""Statistics of codes, what they know and how they lie: probes, clusters, neighbourhoods, active units, paths.

Probes and clusters are scikit-learn's; their settings are part of the definition.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from genbench.core.errors import Unsupported
from genbench.metrics.two_sample import Hits

ACTIVE = 0.01
"""A latent is active where its mean code varies by more than this (Burda et al. 2016)."""

PROBE_K = 5
"""Neighbours that vote in `probe-knn`."""


@dataclass(frozen=True, slots=True)
class LabelledCodes:
    """Codes `z` (n, latent) with the classes `y` (n,) of what they stand for."""

    z: Tensor
    y: Tensor


def probe_linear(train: LabelledCodes, test: LabelledCodes) -> Tensor:
    """(n,): whether L2 logistic regression on standardised codes, trained on the train codes, reads each right; ↑."""
    return _probe(LogisticRegression(max_iter=500, tol=1e-3), train, test)


def probe_knn(train: LabelledCodes, test: LabelledCodes, k: int = PROBE_K) -> Tensor:
    """(n,): whether k nearest neighbours on standardised codes read each right; ↑."""
    return _probe(KNeighborsClassifier(k), train, test)


def _probe(classifier: LogisticRegression | KNeighborsClassifier, train: LabelledCodes, test: LabelledCodes) -> Tensor:
    scaler = StandardScaler().fit(train.z.numpy())
    classifier.fit(scaler.transform(train.z.numpy()), train.y.numpy())
    found = classifier.predict(scaler.transform(test.z.double().cpu().numpy()))
    return torch.from_numpy(found == test.y.numpy())


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


def distances(x: Tensor) -> Tensor:
    """(n, n) Euclidean distances of points (n, ...), float64; infinite on the diagonal: no point is its own
    neighbour."""
    flat = x.flatten(1).double()
    flat = flat - flat.mean(0)  # distances come from products
    return torch.cdist(flat, flat).fill_diagonal_(torch.inf)


def trustworthiness(x: Tensor, z: Tensor, k: int = 10) -> float:
    """How far the k neighbours of each code are neighbours in data space too, from `distances` within the data x and
    within the codes z; ↑ [0, 1]. Venna & Kaski 2001. n > 2k. Points that are equally far in the data share their mean
    rank; of codes that tie for the last of the k places, any is taken."""
    n = len(x)
    if n <= 2 * k:
        raise Unsupported(f"neighbourhoods of {k} need more than {2 * k} points, got {n}")
    reach = x.gather(1, z.topk(k, largest=False).indices)
    ordered = torch.from_numpy(np.sort(x.numpy(), axis=1))  # thrice as fast as torch's
    nearer, as_near = (torch.searchsorted(ordered, reach, right=right) for right in (False, True))
    ranks = 0.5 * (nearer + as_near + 1).double()
    return 1 - float((ranks - k).clamp(min=0).sum()) * (2 / (n * k * (2 * n - 3 * k - 1)))


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


def path_ratio(paths: Tensor, least: float = 0.0) -> Tensor:
    """(P,): length of each path of features (P, steps, d) over the distance of its ends; ≥ 1 ↓, 1 for a straight line.

    Paths whose ends are no farther apart than `least` are left out.
    """
    steps = paths.double().diff(dim=1).norm(dim=2).sum(1)
    ends = (paths[:, -1].double() - paths[:, 0].double()).norm(dim=1)
    ratios: Tensor = steps[ends > least] / ends[ends > least]
    return ratios
