"""What ADBench's own protocol does to two detectors: rows that come again, scaling, another split; ours beside it.

    GENBENCH_DATA=DATA python -P bench/adbench_protocol.py --out bench/board/adbench_repeated.json

ADBench (data_generator.py of Minqi824/ADBench) blows a table of under 1,000 rows up to 1,000 by drawing rows with
replacement before it splits 70 / 30, and scales columns to [0, 1]. Prints AUROC of isolation forest and of the
distance to the 5th neighbour, mean of --seeds: random splits alone, with either change, with both; the last is written.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from genbench.data.tables import ADBENCH

ROWS = 1_000
WAYS = {"splits": (False, False), "repeated": (True, False), "scaled": (False, True), "both": (True, True)}
"""By name: (rows come again, columns are scaled to [0, 1])."""


def areas(x: np.ndarray, y: np.ndarray, seed: int, *, repeated: bool, scaled: bool) -> dict[str, float]:
    """AUROC of both detectors on one random split of a table (N, D) with outliers y = 1."""
    draw = np.random.default_rng(seed)
    if repeated and len(y) < ROWS:
        again = draw.choice(len(y), ROWS)
        x, y = x[again], y[again]
    train, test, _, truth = train_test_split(x, y, test_size=0.3, stratify=y, random_state=seed)
    scale = (MinMaxScaler() if scaled else StandardScaler()).fit(train)
    train, test = scale.transform(train), scale.transform(test)
    forest = IsolationForest(random_state=seed).fit(train)
    distance, _ = NearestNeighbors(n_neighbors=5).fit(train).kneighbors(test)
    scores = {"isolation-forest": -forest.score_samples(test), "knn": distance[:, -1]}
    return {name: float(roc_auc_score(truth, score)) for name, score in scores.items()}


def table(root: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The rows and the marks of a table."""
    with np.load(Path(root) / "adbench" / f"{ADBENCH[name]}.npz") as file:
        return file["X"], file["y"].astype(int)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", default=os.environ.get("GENBENCH_DATA"))
    parser.add_argument("--tables", nargs="*", default=list(ADBENCH))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    kept: dict[str, Mapping[str, list[float]]] = {}
    print(f"| table | rows | detector | {' | '.join(WAYS)} |\n|---|---|---|{'---|' * len(WAYS)}")
    for name in options.tables:
        x, y = table(options.data_root, name)
        found = {
            way: [areas(x, y, seed, repeated=a, scaled=b) for seed in range(options.seeds)]
            for way, (a, b) in WAYS.items()
        }
        for label in ("isolation-forest", "knn"):
            cells = (f"{np.mean([one[label] for one in found[way]]):.3f}" for way in WAYS)
            print(f"| {name} | {len(y):,} | {label} | {' | '.join(cells)} |", flush=True)
        kept[name] = {label: [round(one[label], 4) for one in found["both"]] for label in found["both"][0]}
    if options.out is not None:
        options.out.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
