"""The same numbers as the packages that others use; each is skipped where it is not installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import frechet, kid, normal, values
from sklearn.datasets import load_digits

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the peers, which are older

SIZES = [(300, 300, 16), (400, 250, 64), (120, 100, 300), (1500, 1200, 40)]


def sides(n: int, m: int, d: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two unlike float32 sets with a common centre off the origin and unlike scales."""
    scale = torch.linspace(0.3, 2, d).double()
    return (normal(n, d) * scale + 1).float(), (normal(m, d, 1) * scale * 1.1 + 1.1).float()


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Real data: two halves of scikit-learn's digits through a fixed layer of random features."""
    x = torch.from_numpy(load_digits().data).float() / 16
    features = (x @ normal(64, 128).float() / 8).relu() + 1e-3 * normal(len(x), 128, 5).float()
    return features[::2], features[1::2]


CASES = [*(sides(*size) for size in SIZES), digits()]


@pytest.fixture(params=range(len(CASES)), ids=[*("x".join(map(str, s)) for s in SIZES), "digits"])
def pair(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor]:
    return CASES[request.param]


@pytest.fixture(params=["float64 products", "float32 blocks"])
def precision_of_products(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "float32 blocks":
        monkeypatch.setattr("genbench.metrics.points.SMALL", 0)


@pytest.mark.usefixtures("precision_of_products")
def test_precision_recall_density_coverage_are_prdcs(pair: tuple[torch.Tensor, torch.Tensor], capsys) -> None:
    prdc = pytest.importorskip("prdc", reason="pip install prdc")
    real, fake = pair
    expected = prdc.compute_prdc(real.double().numpy(), fake.double().numpy(), 5)
    found = values(real, fake, *expected)
    assert {key: v.value for key, v in found.items()} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("side", [0, 1])
def test_vendi_is_vendi_scores(pair: tuple[torch.Tensor, torch.Tensor], side: int) -> None:
    vendi = pytest.importorskip("vendi_score.vendi", reason="pip install vendi-score")
    x = pair[side].double().numpy()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    expected = vendi.score_K(unit @ unit.T)
    assert values(pair[1 - side], pair[side], "vendi")["vendi"].value == pytest.approx(expected, rel=1e-4)


def test_frechet_is_the_closed_form(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert values(*pair, "frechet")["frechet"].value == pytest.approx(frechet(*pair), rel=1e-4)


def test_frechet_is_pytorch_fids(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    fid = pytest.importorskip("pytorch_fid.fid_score", reason="pip install pytorch-fid")
    moments = [(x.double().mean(0).numpy(), np.cov(x.double().numpy(), rowvar=False)) for x in pair]
    expected = fid.calculate_frechet_distance(*moments[0], *moments[1])
    assert values(*pair, "frechet")["frechet"].value == pytest.approx(float(expected), rel=1e-4)


def test_frechet_is_torch_fidelitys(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    metric = pytest.importorskip("torch_fidelity.metric_fid", reason="pip install torch-fidelity")
    statistics = [metric.fid_features_to_statistics(x.double()) for x in pair]
    expected = metric.fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert values(*pair, "frechet")["frechet"].value == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.usefixtures("precision_of_products")
def test_kid_is_the_formula_in_float64(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert values(*pair, "kid")["kid"].value == pytest.approx(kid(*pair), rel=1e-6, abs=2e-8)


def test_kid_is_torch_fidelitys_on_one_whole_subset() -> None:
    metric = pytest.importorskip("torch_fidelity.metric_kid", reason="pip install torch-fidelity")
    real, fake = (x.double()[:250] for x in sides(400, 250, 64))
    options = {"kid_subsets": 1, "kid_subset_size": 250, "kid_degree": 3, "kid_coef0": 1, "kid_gamma": None}
    found = metric.kid_features_to_metric(real, fake, verbose=False, rng_seed=0, kid_kernel="poly", **options)
    expected = found["kernel_inception_distance_mean"]
    assert values(real, fake, "kid")["kid"].value == pytest.approx(float(expected), rel=1e-6)


def test_real_features_of_letters_agree_with_prdc_and_the_closed_form(data_root: Path) -> None:
    prdc = pytest.importorskip("prdc", reason="pip install prdc")
    raw = np.load(data_root / "notmnist.npz")["images"][::10].reshape(1000, -1) / 255.0
    x = torch.from_numpy(raw).float() @ normal(784, 96).float() / 28
    real, fake = x[::2], x[1::2]
    expected = prdc.compute_prdc(real.double().numpy(), fake.double().numpy(), 5)
    found = values(real, fake, "frechet", *expected)
    assert found.pop("frechet").value == pytest.approx(frechet(real, fake), rel=1e-4)
    assert {key: v.value for key, v in found.items()} == pytest.approx(expected, abs=1e-12)
