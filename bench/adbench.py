"""Outlier detectors on the tables of ADBench against scikit-learn's and PyOD's: AUROC, and the largest difference.

    python -P bench/adbench.py [--data-root DIR] [--variant contaminated]

(`-P`: another script here is called coverage, which is also a package that PyOD's own packages look for.)

Isolation forest (100 trees, the same random state) and the distance to the 5th nearest neighbour, fitted to the
training part of `adbench:NAME?variant=VARIANT`, scored on its test part. Prints the table of
docs/evaluations/outlier-detection.md.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from genbench.data.tables import ADBENCH, VARIANTS, adbench
from genbench.metrics.auc import auc
from genbench.models import detectors
from genbench.protocols.dataset import Dataset
from genbench.protocols.model import Budget, GenerativeModel

SEED = 0


def of_genbench(data: Dataset, model: GenerativeModel) -> float:
    """The AUROC of a detector of ours."""
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(SEED))  # type: ignore[operator]
    score = model.outlier_score  # type: ignore[union-attr]
    return auc(score(data.outliers["outliers"].x).double(), score(data.reference.x).double())


def of_others(data: Dataset, score: np.ndarray) -> float:
    """The AUROC of scores (n + m,) of the test part, its ordinary rows first.

    Scores that differ by 1e-12 are one: on internetads the sum over trees sets apart what has equal path lengths.
    """
    y = np.r_[np.zeros(len(data.reference)), np.ones(len(data.outliers["outliers"]))]
    return float(roc_auc_score(y, np.round(score, 12)))


def forest_state() -> int:
    """The random state that our forest draws from its generator."""
    return int(torch.randint(2**31, (), generator=torch.Generator().manual_seed(SEED)))


def tested(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Training rows, and test rows with the ordinary ones first."""
    rows: Tensor = torch.cat([data.reference.x, data.outliers["outliers"].x])
    return data.train.x.numpy(), rows.numpy()


def compared(data: Dataset) -> Iterator[tuple[str, float, dict[str, float]]]:
    """For each detector its name, our AUROC, and those of the others by library."""
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN

    train, test = tested(data)
    state = forest_state()
    forest = IsolationForest(random_state=state).fit(train)
    theirs = IForest(n_estimators=100, random_state=state).fit(train)
    yield (
        "isolation-forest",
        of_genbench(data, detectors.IsolationForest(data.spec)),
        {
            "scikit-learn": of_others(data, -forest.score_samples(test)),
            "PyOD": of_others(data, theirs.decision_function(test)),
        },
    )
    distances, _ = NearestNeighbors(n_neighbors=5).fit(train.astype(np.float64)).kneighbors(test.astype(np.float64))
    nearest = KNN(n_neighbors=5, method="largest").fit(train.astype(np.float64))
    yield (
        "knn",
        of_genbench(data, detectors.KNN(data.spec)),
        {
            "scikit-learn": of_others(data, distances[:, -1]),
            "PyOD": of_others(data, nearest.decision_function(test.astype(np.float64))),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", default=os.environ.get("GENBENCH_DATA"))
    parser.add_argument("--variant", choices=VARIANTS, default="contaminated")
    parser.add_argument("--tables", nargs="*", default=list(ADBENCH))
    options = parser.parse_args()
    print("| table | rows | columns | isolation forest | k-NN | largest difference |\n|---|---|---|---|---|---|")
    for name in options.tables:
        data = adbench(name, options.variant, root=options.data_root)
        found = list(compared(data))
        gap = max(abs(ours - value) for _, ours, others in found for value in others.values())
        rows = len(data.train) + len(data.reference) + len(data.outliers["outliers"])
        numbers = " | ".join(f"{ours:.4f}" for _, ours, _ in found)
        print(f"| {name} | {rows:,} | {data.spec.size} | {numbers} | {gap:.0e} |", flush=True)


if __name__ == "__main__":
    main()
