"""Is it a copy? Authenticity (Alaa 2022), C_T (Meehan 2020), distance ratios and membership (Chen 2020).

All from distances to the nearest training example; none of them can prove that nothing was copied.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from genbench.metrics import auc
from genbench.metrics.manifold import median


def authenticity(nearest2: Tensor, own2: Tensor) -> Tensor:
    """Per pair (g, x*): 1 where ‖g − x*‖ exceeds the distance from x* to its nearest other training point.

    `nearest2`, `own2` (p,): squared distances of g to x*, the training point nearest to it, and of x* to its own
    nearest; a sample with several nearest takes the mean over them. Mean ↑; the truth gives 1/3 in 1-D and more in
    more dimensions, never simply ½.
    """
    return (nearest2 > own2).double()


def distance_ratio(g2: Tensor, r2: Tensor) -> float:
    """Median nearest-training distance of the samples over the reference's; → 1, 0 for copies."""
    return float(median(g2.sqrt()) / median(r2.sqrt()))


@dataclass(frozen=True, slots=True)
class Copying:
    """C_T, its standard error under the null (each cell's Z has sd 1), and the cells that counted."""

    value: float
    error: float
    cells: int


def data_copying(g_distance: Tensor, r_distance: Tensor, g_cell: Tensor, r_cell: Tensor, least: int = 20) -> Copying:
    """C_T: Z-scored Mann-Whitney U of nearest-training distances in each cell, weighted by reference share.

    Cells with fewer than `least` of either set are skipped. → 0; under −3 copying, over 3 too far. Raises `ValueError`
    where no cell is left.
    """
    scores, weights = [], []
    for cell in torch.unique(r_cell).tolist():
        g, r = g_distance[g_cell == cell], r_distance[r_cell == cell]
        if min(len(g), len(r)) >= least:
            scores.append(mann_whitney_z(g, r))
            weights.append(float(len(r)))
    if not scores:
        raise ValueError(f"no cell holds {least} points of either set")
    share = np.asarray(weights) / sum(weights)
    return Copying(float(share @ np.asarray(scores)), float(np.sqrt((share**2).sum())), len(scores))


def mann_whitney_z(x: Tensor, y: Tensor) -> float:
    """(U − nm/2) / √(nm(n + m + 1)/12), U the pairs with x > y, ties half."""
    n, m = len(x), len(y)
    u = float(auc.placements(x, y).sum()) * m
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


CELLS = 10


def clusters(train: Tensor) -> KMeans:
    """The k-means cells of a training set, from a fixed seed: all rows of a table share them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than cells: then fewer cells
        return KMeans(CELLS, n_init=1, random_state=0).fit(train.double().cpu().numpy())


def cell_of(x: Tensor, cells: KMeans) -> Tensor:
    """(n,): the number of the cell that each row lies in."""
    return torch.from_numpy(cells.predict(x.double().cpu().numpy()).astype(np.int64))


membership_auc = auc.auc
"""AUROC of a score that should be higher for training members than for others; → ½ (Chen et al. 2020).

With the score −distance to the nearest sample; with log-likelihood or −reconstruction error where a model has one.
"""
