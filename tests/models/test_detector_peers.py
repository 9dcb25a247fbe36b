"""Detectors against scikit-learn and PyOD: the same scores on toys, the same AUROC on ADBench's tables."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from model_toys import ring, stripes, table
from sklearn.svm import OneClassSVM as SklearnSVM

from genbench.data.tables import adbench
from genbench.models import detectors
from genbench.protocols.model import Budget

BENCH = Path(__file__).parents[2] / "bench" / "adbench.py"
SMALL = ("glass", "hepatitis", "ionosphere", "lymphography", "pima")


@pytest.fixture(scope="module")
def bench() -> SimpleNamespace:
    pytest.importorskip("pyod", exc_type=ImportError)
    return SimpleNamespace(**runpy.run_path(str(BENCH)))


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("variant", ["contaminated", "clean"])
def test_forest_and_neighbours_have_the_auroc_of_their_peers(
    name: str, variant: str, bench: SimpleNamespace, data_root: Path
) -> None:
    for detector, ours, others in bench.compared(adbench(name, variant, root=str(data_root))):
        for library, theirs in others.items():
            assert ours == pytest.approx(theirs, abs=1e-6), (detector, library)


@pytest.mark.parametrize("make", [ring, stripes, table])
@pytest.mark.parametrize("nu", [0.1, 0.5])
def test_the_one_class_svm_is_scikit_learns(make, nu) -> None:
    data = make()
    model = detectors.OneClassSVM(data.spec, nu=nu)
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(0))
    theirs = SklearnSVM(nu=nu).fit(data.train.x.flatten(1).double().numpy())
    expected = -torch.from_numpy(theirs.decision_function(data.reference.x.flatten(1).double().numpy()))
    torch.testing.assert_close(model.outlier_score(data.reference.x).double(), expected, atol=1e-4, rtol=1e-4)


def test_the_one_class_svm_looks_at_so_many_examples_at_most_and_bears_constant_data() -> None:
    data = table()
    model = detectors.OneClassSVM(data.spec, most=50)
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(0))
    assert 0 < len(model.support) <= 50
    data.train.x.fill_(1.0)
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(0))
    assert bool(model.outlier_score(data.reference.x).isfinite().all())


def test_neighbours_in_the_values_themselves_are_the_model() -> None:
    data = table()
    model = detectors.KNN(data.spec)
    model.fit(data, Budget(images=1), torch.Generator().manual_seed(0))
    x = data.reference.x
    assert torch.equal(model.outlier_score_in(data.train.x, x), model.outlier_score(x))
    assert math.isclose(
        float(model.outlier_score_in(data.train.x[:3], x[:1])),
        float((data.train.x[:3] - x[0]).norm(dim=1).max()),
        rel_tol=1e-5,
    )
