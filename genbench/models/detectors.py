"""Outlier detectors that generate nothing: isolation forest, nearest neighbours, PCA residual, one-class SVM."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.ensemble import IsolationForest as SklearnForest
from sklearn.svm import OneClassSVM as SklearnSVM
from torch import Tensor

from genbench.models.principal import principal_axes
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, DataSpec, GenerativeModel


class IsolationForest(GenerativeModel):
    """An outlier is what few random splits set apart (Liu, Ting & Zhou 2008, doi:10.1109/ICDM.2008.17), fitted by
    scikit-learn with its defaults (100 trees of 256 points); the trees are kept as tensors and read by torch.

    Score: 2^(-E h(x) / c(n)), checked against scikit-learn's `-score_samples`.
    """

    outlier_score_name = "isolation-forest"

    def __init__(self, data: DataSpec, *, trees: int = 100) -> None:
        super().__init__()
        self.trees = trees
        self.links: Tensor
        self.splits: Tensor
        self.depths: Tensor
        self.normal: Tensor
        self.register_buffer("links", torch.zeros(trees, 1, 3, dtype=torch.int64))  # left, right, feature
        self.register_buffer("splits", torch.zeros(trees, 1, dtype=torch.float64))
        self.register_buffer("depths", torch.zeros(trees, 1, dtype=torch.float64))
        self.register_buffer("normal", torch.ones((), dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget
        x = data.train.x.flatten(1).cpu().numpy()
        seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
        forest = SklearnForest(n_estimators=self.trees, random_state=seed).fit(x)
        trees = [estimator.tree_ for estimator in forest.estimators_]
        size, device = max(t.node_count for t in trees), data.train.x.device
        links, splits = np.zeros((self.trees, size, 3), np.int64), np.zeros((self.trees, size))
        depths = np.zeros((self.trees, size))
        for i, (tree, features) in enumerate(zip(trees, forest.estimators_features_, strict=True)):
            leaf = tree.children_left < 0
            own = np.arange(tree.node_count)
            links[i, : len(own), 0] = np.where(leaf, own, tree.children_left)
            links[i, : len(own), 1] = np.where(leaf, own, tree.children_right)
            links[i, : len(own), 2] = features[np.where(leaf, 0, tree.feature)]
            splits[i, : len(own)] = tree.threshold
            depths[i, : len(own)] = _depths(tree) + average_path(tree.n_node_samples)
        self.links, self.splits = torch.from_numpy(links).to(device), torch.from_numpy(splits).to(device)
        self.depths = torch.from_numpy(depths).to(device)
        self.normal = torch.from_numpy(average_path(np.array([forest.max_samples_])))[0].to(device)

    def outlier_score(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        tree = torch.arange(self.trees, device=x.device)
        node = torch.zeros(len(x), self.trees, dtype=torch.int64, device=x.device)
        for _ in range(64):
            left, right, feature = self.links[tree, node].unbind(2)
            after = torch.where(x.gather(1, feature).double() <= self.splits[tree, node], left, right)
            if bool((after == node).all()):
                break
            node = after
        return torch.exp2(-self.depths[tree, node].mean(1) / self.normal).float()


def average_path(n: np.ndarray) -> np.ndarray:
    """c(n), the mean path length of an unsuccessful search in a binary tree of n points (Liu et al. 2008, eq. 1)."""
    n = np.asarray(n, np.float64)
    safe = np.maximum(n, 3)
    long = 2 * (np.log(safe - 1) + np.euler_gamma) - 2 * (safe - 1) / safe
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, long))


def _depths(tree: object) -> np.ndarray:
    """The number of splits above each node."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    depths = np.zeros(len(left))
    for node in range(len(left)):
        if left[node] >= 0:
            depths[left[node]] = depths[right[node]] = depths[node] + 1
    return depths


class KNN(GenerativeModel):
    """An outlier is what lies far from its k-th nearest training example (Ramaswamy et al. 2000), k = 5, in pixels."""

    outlier_score_name = "knn-5 distance"

    def __init__(self, data: DataSpec, *, k: int = 5) -> None:
        super().__init__()
        self.k = k
        self.points: Tensor
        self.register_buffer("points", torch.zeros(0, data.size))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        self.points = data.train.x.flatten(1).clone()

    def outlier_score(self, x: Tensor) -> Tensor:
        return self.outlier_score_in(self.points, x)

    def outlier_score_in(self, train: Tensor, features: Tensor) -> Tensor:
        distances = torch.cdist(features.flatten(1).double(), train.flatten(1).double())
        return distances.kthvalue(min(self.k, len(train)), 1).values.float()


class PCAResidual(GenerativeModel):
    """An outlier is what the leading principal components (95 % of the variance) leave out: ‖x - x̂‖²/D."""

    outlier_score_name = "pca residual, 95 % variance"

    def __init__(self, data: DataSpec, *, share: float = 0.95) -> None:
        super().__init__()
        self.share, self.value_range = share, data.value_range
        self.mean: Tensor
        self.basis: Tensor
        self.register_buffer("mean", torch.zeros(data.size, dtype=torch.float64))
        self.register_buffer("basis", torch.zeros(data.size, 1, dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget, generator
        x = data.train.x.flatten(1).double()
        values, vectors = principal_axes(x)
        shares = values.cumsum(0) / values.sum().clamp(min=1e-12)
        kept = min(int((shares < self.share).sum()) + 1, len(values))
        self.mean, self.basis = x.mean(0), vectors[:, :kept].contiguous()

    def reconstruct(self, x: Tensor) -> Tensor:
        centred = x.flatten(1).double() - self.mean
        back = (self.mean + centred @ self.basis @ self.basis.T).float().view_as(x)
        return back if self.value_range is None else back.clamp(*self.value_range)

    def outlier_score(self, x: Tensor) -> Tensor:
        centred = x.flatten(1).double() - self.mean
        return (centred - centred @ self.basis @ self.basis.T).square().mean(1).float()


class OneClassSVM(GenerativeModel):
    """An outlier is what lies outside the region that holds a share 1 - ν of the data in the space of a Gaussian kernel
    (Schölkopf et al. 2001, doi:10.1162/089976601750264965), fitted by scikit-learn with its defaults (ν = 0.5, γ = 1 /
    (D · variance)) on at most `most` training examples.

    Score: ρ - Σ_i α_i exp(-γ ‖x - x_i‖²), checked against scikit-learn's `-decision_function`.
    """

    outlier_score_name = "one-class svm"

    def __init__(self, data: DataSpec, *, nu: float = 0.5, most: int = 10_000) -> None:
        super().__init__()
        self.nu, self.most = nu, most
        self.support: Tensor
        self.weights: Tensor
        self.gamma: Tensor
        self.rho: Tensor
        self.register_buffer("support", torch.zeros(0, data.size, dtype=torch.float64))
        self.register_buffer("weights", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("gamma", torch.ones((), dtype=torch.float64))
        self.register_buffer("rho", torch.zeros((), dtype=torch.float64))

    def fit(self, data: Dataset, budget: Budget, generator: torch.Generator) -> None:
        del budget
        x = data.train.x.flatten(1)
        if len(x) > self.most:
            order = torch.randperm(len(x), generator=generator, device=generator.device)
            x = x[order[: self.most].to(x.device)]
        flat = x.double().cpu().numpy()
        machine = SklearnSVM(nu=self.nu).fit(flat)
        variance = float(flat.var())
        gamma = 1 / (flat.shape[1] * variance) if variance else 1.0
        found = (machine.support_vectors_, machine.dual_coef_[0], gamma, machine.offset_[0])
        tensors = [torch.from_numpy(np.array(values, np.float64)).to(x.device) for values in found]
        self.support, self.weights, self.gamma, self.rho = tensors

    def outlier_score(self, x: Tensor) -> Tensor:
        squares = torch.cdist(x.flatten(1).double(), self.support).square()
        return (self.rho - torch.exp(-self.gamma * squares) @ self.weights).float()
