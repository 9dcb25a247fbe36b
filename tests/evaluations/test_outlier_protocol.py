"""Which outliers are looked at: in an order of their own, equally many or all; what the overview and a tuner read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor, nn

from genbench.core.values import Direction, Status
from genbench.data.derived import only_class
from genbench.data.loading import load_dataset
from genbench.data.splits import shuffled
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.outlier_detection import OutlierDetectionConfig, evaluate
from genbench.metrics.auc import auc
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.tuning.search import _headline_rows
from genbench.tuning.targets import Target


class FirstColumn(nn.Module):
    """Calls unusual what has a large first value."""

    outlier_score_name = "first"

    def outlier_score(self, x: Tensor) -> Tensor:
        return x[:, 0]


def points(n: int, mean: float, seed: int) -> Tensor:
    return mean + torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def dataset(whole: frozenset[str] = frozenset()) -> Dataset:
    """100 ordinary points; 400 outliers in a file that begins with those that are easily found."""
    part = Split(points(100, 0.0, 0))
    outliers = torch.cat([points(100, 4.0, 1), points(300, 0.5, 2)])
    return Dataset("sorted", DataSpec((2,)), part, part, part, part, {"classes": Split(outliers)}, whole=whole)


def measured(data: Dataset, tmp_path: Path, **config: int) -> dict[str, object]:
    context = RunContext(root=None, cache=tmp_path, device="cpu")
    context.once(("dataset", data.name), lambda: data)
    evidence = Evidence(FirstColumn(), "", data.name, 0, context)
    found = evaluate(evidence, OutlierDetectionConfig(name="outlier-detection", **config))
    return {m.metric: m.value for m in found.measurements}


def expected(ordinary: Tensor, unusual: Tensor) -> tuple[float, float]:
    y = torch.cat([torch.zeros(len(ordinary)), torch.ones(len(unusual))]).numpy()
    scores = torch.cat([ordinary[:, 0], unusual[:, 0]]).numpy()
    return roc_auc_score(y, scores), average_precision_score(y, scores)


def test_outliers_are_taken_in_a_fixed_random_order_not_in_the_files(tmp_path: Path) -> None:
    data = dataset()
    x = data.outliers["classes"].x
    rows = shuffled(400, "outliers", data.outlier_fingerprints["classes"])[:100]
    found = measured(data, tmp_path)
    auroc, aupr = expected(data.reference.x, x[torch.from_numpy(rows)])
    assert found["auroc"].value == pytest.approx(auroc) and found["aupr-out"].value == pytest.approx(aupr)
    assert found["auroc"].value < expected(data.reference.x, x[:100])[0] - 0.1  # the file's own order
    assert found["auroc"].value == pytest.approx(expected(data.reference.x, x)[0], abs=0.06)
    assert found["aupr-out"].m == 100 and found["aupr-out"].details["prevalence"] == 0.5


def test_a_set_that_is_compared_whole_is(tmp_path: Path) -> None:
    data = dataset(frozenset({"classes"}))
    found = measured(data, tmp_path)
    auroc, aupr = expected(data.reference.x, data.outliers["classes"].x)
    assert found["auroc"].value == pytest.approx(auroc) and found["aupr-out"].value == pytest.approx(aupr)
    assert found["aupr-out"].m == 400 and found["aupr-out"].details["prevalence"] == 0.8
    assert measured(data, tmp_path, samples=50)["auroc"].m == 50


def test_one_class_is_against_all_others() -> None:
    base = load_dataset("digits")
    data = only_class(base, "4")
    assert data.whole == data.near == {"other-classes"}
    assert len(data.outliers["other-classes"]) == len(base.reference) - len(data.reference)


def test_a_row_is_tuned_for_its_first_score_on_the_hard_sets() -> None:
    rows = [
        ("auroc", score, target, value)
        for score, shift in (("own", 0.0), ("nll", -0.4))
        for target, value in (("near", 0.7 + shift), ("hard", 0.8 + shift), ("far", 1.0 + shift))
    ]
    table = pd.DataFrame(rows, columns=["metric", "score", "target", "value"]).assign(status=str(Status.OK))
    aim = Target(OutlierDetectionConfig(name="outlier-detection"), "auroc", Direction.HIGHER)
    assert _headline_rows(table, aim, {"near", "hard"}).value.mean() == pytest.approx(0.75)
    assert _headline_rows(table, aim, set()).value.mean() == pytest.approx((0.7 + 0.8 + 1.0) / 3)
    assert _headline_rows(table.iloc[:0], aim, {"near"}).empty


def test_mnist_one_class_4_is_against_all_others_and_not_the_files_first(data_root: Path) -> None:
    data = load_dataset("mnist-only-4", root=str(data_root))
    pca = PCA(0.95, random_state=0).fit(data.train.x.flatten(1).numpy())

    def residual(x: Tensor) -> Tensor:
        flat = x.flatten(1).numpy()
        return torch.from_numpy(((flat - pca.inverse_transform(pca.transform(flat))) ** 2).mean(1))

    others = data.outliers["other-classes"].x
    assert len(others) + len(data.reference) == 10_000
    ordinary, unusual = residual(data.reference.x), residual(others)
    assert auc(unusual, ordinary) == pytest.approx(0.905, abs=0.002)
    assert auc(unusual[: len(ordinary)], ordinary) == pytest.approx(0.879, abs=0.002)  # what the file's order gave
    chosen = shuffled(len(others), "outliers", data.outlier_fingerprints["other-classes"])[: len(ordinary)]
    assert auc(unusual[torch.from_numpy(chosen)], ordinary) == pytest.approx(0.904, abs=0.015)
