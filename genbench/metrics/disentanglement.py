"""How codes (n, latent) divide ground-truth factors (n, F) among them: MIG (Chen 2018), DCI (Eastwood & Williams 2018),
SAP (Kumar 2018). All ↑ [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from torch import Tensor

from genbench.core.errors import Unsupported

BINS = 20
"""Bins of equal width that a latent is cut into for mutual information."""
FEW = 5
"""A factor with at most this many values is predicted as classes, one with more as a number."""
MOST = 256
"""Latents of a code that is divided at all: DCI and SAP fit models to every latent, and pixels are no latents."""


def mig(codes: Tensor, factors: Tensor) -> float:
    """Mean over factors of (I(z₁; v) − I(z₂; v)) / H(v), z₁ and z₂ the latents that know most of v.

    Codes equal to independent factors give 1, codes that are copies of one another 0.
    """
    _check_size(codes)
    cut = [_bins(codes[:, i].double().numpy()) for i in range(codes.shape[1])]
    gaps = []
    for v in _factors(factors):
        known = sorted((mutual_info_score(v, z) for z in cut), reverse=True)
        second = known[1] if len(known) > 1 else 0.0
        gaps.append((known[0] - second) / mutual_info_score(v, v))
    return float(np.mean(gaps))


def _bins(z: NDArray[np.float64]) -> NDArray[np.int64]:
    if np.ptp(z) <= 1e-12 * np.abs(z).max():  # constant, or so narrow that its bins would be empty
        return np.zeros(len(z), np.int64)
    edges = np.histogram_bin_edges(z, BINS)
    return np.digitize(z, edges[1:-1]).astype(np.int64)


def _factors(factors: Tensor) -> list[NDArray[np.int64]]:
    """The factors that vary, each as numbers 0 … of its values.

    One that is not in whole numbers is cut into bins as a latent is: as many values as examples would let any latent
    know all of it.
    """
    values = (v if (v == np.round(v)).all() else _bins(v) for v in factors.double().numpy().T)
    found = [np.unique(v, return_inverse=True)[1].astype(np.int64) for v in values]
    varying = [v for v in found if v.max() > 0]
    if not varying:
        raise Unsupported("no ground-truth factor varies")
    return varying


def _check_size(codes: Tensor) -> None:
    if codes.shape[1] > MOST:
        raise Unsupported(f"it is of codes of at most {MOST} latents, and these have {codes.shape[1]}")


@dataclass(frozen=True, slots=True)
class Dci:
    """The three scores from one set of fits."""

    disentanglement: float
    completeness: float
    informativeness: float


def dci(codes: Tensor, factors: Tensor, seed: int, limit: int = 5_000) -> Dci:
    """Gradient-boosted trees predict each factor; importances (latent × factor) give the first two scores.

    Disentanglement: 1 − entropy over factors of each latent's importances, weighted by the latent's share;
    completeness: the same over latents, mean weighted by factor; informativeness: accuracy on the held-out half (a
    factor with more than 5 values is predicted as a number and rounded). At most `limit` points are used.
    """
    _check_size(codes)
    if bool((codes == codes[0]).all()):
        raise Unsupported("all codes are the same, so no latent has any importance")
    rows = torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed))[:limit]
    z = codes[rows].double().numpy()
    half = len(z) // 2
    columns, right = [], []
    for v in _factors(factors[rows]):
        few = v.max() < FEW
        model = (GradientBoostingClassifier if few else GradientBoostingRegressor)(random_state=seed)
        model.fit(z[:half], v[:half])
        columns.append(model.feature_importances_)
        right.append(float((np.rint(model.predict(z[half:])) == v[half:]).mean()))
    importance = np.stack(columns, 1)
    if importance.sum() == 0:
        raise Unsupported("no tree found a latent that says anything of a factor, so none has any importance")
    return Dci(_focus(importance), _focus(importance.T), float(np.mean(right)))


def _focus(importance: NDArray[np.float64]) -> float:
    """1 − entropy (base: number of columns) of each row, weighted by the row's sum."""
    if importance.shape[1] == 1:
        return 1.0
    weight = importance.sum(1)
    share = importance / np.maximum(weight, 1e-300)[:, None]
    entropy = -np.where(share > 0, share * np.log(np.maximum(share, 1e-300)), 0).sum(1) / np.log(importance.shape[1])
    return float((weight * (1 - entropy)).sum() / weight.sum())


def sap(codes: Tensor, factors: Tensor) -> float:
    """Mean over factors of the gap between the two latents that predict it best, each alone.

    A factor with few values is scored by logistic regression's accuracy, one with more by the squared correlation.
    """
    _check_size(codes)
    z = codes.double().numpy()
    gaps = []
    for v in _factors(factors):
        scores = sorted((_alone(z[:, i], v) for i in range(z.shape[1])), reverse=True)
        gaps.append(scores[0] - (scores[1] if len(scores) > 1 else 0.0))
    return float(np.mean(gaps))


def _alone(z: NDArray[np.float64], v: NDArray[np.int64]) -> float:
    if z.std() == 0:
        return float(np.bincount(v).max() / len(v)) if v.max() < FEW else 0.0
    standard = (z - z.mean()) / z.std()
    if v.max() < FEW:
        return float(LogisticRegression().fit(standard[:, None], v).score(standard[:, None], v))
    return float(np.corrcoef(standard, v)[0, 1] ** 2)
