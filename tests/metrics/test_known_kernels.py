"""Known answers of KID, the Gaussian MMD and CMMD."""

from __future__ import annotations

import math

import pytest
import torch
from oracles import kid, normal, number, values


def test_ones_against_zeros_on_the_line_is_7() -> None:
    assert number(torch.ones(2, 1), torch.zeros(2, 1), "kid") == pytest.approx(7, rel=1e-6)


def test_shifted_normals_on_the_line_are_22_apart_on_average() -> None:
    seen = torch.tensor([number(normal(400, 1, 2 * i), normal(400, 1, 2 * i + 1) + 1, "kid") for i in range(60)])
    assert float(seen.mean()) == pytest.approx(22, abs=3 * float(seen.std()) / math.sqrt(60))


def test_the_null_is_0_on_average_and_negative_about_half_the_time() -> None:
    seen = torch.tensor([number(normal(40, 3, 2 * i), normal(40, 3, 2 * i + 1), "kid") for i in range(300)])
    assert abs(float(seen.mean())) < 3 * float(seen.std()) / math.sqrt(300)
    assert 0.35 < float((seen < 0).double().mean()) < 0.7


@pytest.mark.parametrize(("n", "m", "d"), [(30, 30, 4), (25, 40, 1), (50, 20, 80)])
def test_kid_is_the_formula_pair_by_pair(n: int, m: int, d: int) -> None:
    x, y = normal(n, d) + 0.5, 1.2 * normal(m, d, 1)
    assert number(x, y, "kid") == pytest.approx(kid(x, y), rel=1e-9)


def test_kid_in_float32_blocks_is_the_float64_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genbench.metrics.points.SMALL", 0)
    x, y = (normal(1500, 64) + 0.3).float(), (1.1 * normal(1300, 64, 1) + 0.3).float()
    assert values(x, y, "kid", block=512)["kid"].value == pytest.approx(kid(x, y), rel=1e-6)


def test_mmd_rbf_is_the_mean_of_three_kernels_at_the_reference_median() -> None:
    x, y = normal(120, 5), normal(90, 5, 1) + 0.4
    median = float(torch.pdist(x).quantile(0.5))
    total = 0.0
    for sigma in (median / 2, median, 2 * median):
        k = lambda a, b, s=sigma: torch.exp(-torch.cdist(a, b).square() / (2 * s**2))
        off = lambda a, k=k: (k(a, a).sum() - len(a)) / (len(a) * (len(a) - 1))
        total += float(off(x) + off(y) - 2 * k(x, y).mean()) / 3
    assert number(x, y, "mmd-rbf") == pytest.approx(total, rel=1e-6)


def test_mmd_rbf_grows_to_its_closed_form_in_large_samples() -> None:
    d, mu = 3, 1.0
    x, y = normal(4000, d), normal(4000, d, 1)
    y[:, 0] += mu
    value = values(x, y, "mmd-rbf")["mmd-rbf"]
    median = float(value.details["median_distance"])
    forms = [
        2 * (s / (s + 2)) ** (d / 2) * (1 - math.exp(-(mu**2) / (2 * (s + 2))))
        for s in (median**2 / 4, median**2, 4 * median**2)
    ]
    assert value.value == pytest.approx(sum(forms) / 3, rel=0.1)


def test_cmmd_of_a_set_with_itself_is_0() -> None:
    x = normal(100, 8)
    assert number(x, x, "cmmd") == pytest.approx(0, abs=1e-9)


def test_cmmd_is_ten_times_the_squared_mean_difference_of_unit_vectors() -> None:
    unit = lambda z: z / z.norm(dim=1, keepdim=True)
    x, y = unit(normal(500, 8) * 0.1 + 1), unit(normal(500, 8, 1) * 0.1 + 1.02 + 0.1 * torch.eye(8)[0])
    gap = float((x.mean(0) - y.mean(0)).square().sum())
    assert number(x, y, "cmmd") == pytest.approx(10 * gap, rel=0.01)


def test_the_jackknife_interval_covers_the_truth() -> None:
    real = normal(1000, 2, 10_000)
    truth = number(real, normal(5000, 2, 777) + 0.5, "kid")
    found = [values(real, normal(200, 2, seed) + 0.5, "kid")["kid"] for seed in range(60)]
    assert sum(v.ci_low <= truth <= v.ci_high for v in found) >= 50


def test_rows_of_zeros_have_no_direction_and_cmmd_says_so() -> None:
    x = normal(20, 3)
    y = x.clone()
    y[3] = 0
    value = values(x, y, "cmmd")["cmmd"]
    assert value.value is None
    assert "all 0" in (value.reason or "")
