"""Degenerate input ends in a status with a sentence: no error, no stand-in; and every interval holds its own value."""

from __future__ import annotations

import pytest
import torch
from oracles import gen, normal, values

from genbench.core.errors import DataError
from genbench.core.values import Status, Value
from genbench.metrics.balance import Attributes, balance_metrics
from genbench.metrics.catalogue import METRICS
from genbench.metrics.classes import Readings
from genbench.metrics.latents import Codes, latent_metrics
from genbench.metrics.panel import feature_metrics
from genbench.metrics.pointset import PointSet
from genbench.metrics.reconstruction import reconstruction_metrics

STANDING_ON_FEATURES = [
    m.name for m in METRICS if m.needs in ("features", "training-features", "probabilities", "condition")
]
LATENT = [m.name for m in METRICS if m.needs in ("codes", "labelled-codes", "factor-codes")]


def one(codes: Codes, name: str) -> Value:
    return latent_metrics(codes, metrics=[name], generator=gen())[name]


def rows(n: int, kind: str, seed: int) -> torch.Tensor:
    x = normal(n, 4, seed).float()
    made = {"constant": torch.ones(n, 4), "twice": x[torch.arange(n) // 2], "binary": (x > 0).float()}
    return {**made, "one-hot": torch.eye(4)[torch.arange(n) % 4], "tiny": 1e-30 * x}[kind]


@pytest.mark.parametrize("kind", ["constant", "twice", "binary", "one-hot", "tiny"])
@pytest.mark.parametrize(("n", "m"), [(1, 3), (3, 3), (3, 45), (7, 2), (20, 20), (45, 45)])
def test_every_feature_metric_has_a_number_in_its_interval_or_a_reason(kind: str, n: int, m: int) -> None:
    p = torch.rand(m, 3, generator=gen(5)).softmax(1)
    p[:, 2] = 0  # a class that is never read, and two that the reference does not hold
    read = Readings(
        real=torch.zeros(n, dtype=torch.int64), generated=p.argmax(1), probabilities=p, asked=p.argmax(1), accuracy=0.9
    )
    found = feature_metrics(
        PointSet(rows(n, kind, 1)), rows(m, kind, 2), train=rows(25, kind, 3), metrics=STANDING_ON_FEATURES,
        generator=gen(), readings=read,
    )  # fmt: skip
    for key, value in found.items():
        assert value.status is Status.OK or (value.status is Status.UNSUPPORTED and value.reason), (key, value.reason)
        if value.ci_low is not None:
            assert value.ci_low <= value.value <= value.ci_high, key


def test_constant_codes_have_no_importance() -> None:
    factors = torch.stack([torch.arange(60) % 3, torch.arange(60) % 2], 1)
    for name in ("dci-disentanglement", "dci-completeness", "dci-informativeness"):
        found = one(Codes(test=torch.zeros(60, 3), factors=factors), name)
        assert found.status is Status.UNSUPPORTED and "all codes are the same" in (found.reason or "")


def test_a_posterior_without_variance_has_an_infinite_rate() -> None:
    variance = torch.ones(30, 3)
    variance[4, 1] = 0
    found = one(Codes(test=normal(30, 3), variance=variance), "rate")
    assert found.status is Status.UNSUPPORTED and "1 of 3 latents" in (found.reason or "")


@pytest.mark.parametrize("name", ["probe-linear", "probe-knn", "nmi", "ari", "cluster-accuracy"])
def test_one_class_alone_is_nothing_to_tell_apart(name: str) -> None:
    y = torch.zeros(40, dtype=torch.int64)
    found = one(Codes(test=normal(40, 3), test_y=y, train=normal(50, 3, 1), train_y=torch.zeros(50)), name)
    assert found.status is Status.UNSUPPORTED and "one class alone" in (found.reason or "")


def test_a_probe_needs_as_many_training_codes_as_neighbours() -> None:
    codes = Codes(test=normal(20, 2), test_y=torch.arange(20) % 2, train=normal(4, 2), train_y=torch.arange(4) % 2)
    assert "5 training codes, got 4" in (one(codes, "probe-knn").reason or "")


@pytest.mark.parametrize("z", [torch.zeros(60, 3), torch.full((60, 3), 1e30), normal(60, 3)])
def test_every_latent_metric_has_a_number_or_a_reason(z: torch.Tensor) -> None:
    y = torch.arange(60) % 3
    codes = Codes(test=z, test_y=y, train=z, train_y=y, factors=torch.stack([y, y * 0], 1), data=normal(60, 4, 1))
    for key, value in latent_metrics(codes, metrics=LATENT, generator=gen()).items():
        assert value.status in (Status.OK, Status.UNSUPPORTED), (key, value.reason)


@pytest.mark.parametrize("shares", [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
def test_a_minority_that_the_data_lack_has_no_recall_but_the_others_do(shares: list[float]) -> None:
    read = torch.arange(50) % 3
    seen = Attributes(read=read, confusion=torch.eye(3), data=torch.tensor(shares), accuracy=0.99)
    found = balance_metrics(seen, metrics=["minority-recall"], generator=gen())
    assert found["minority-recall"].status is Status.UNSUPPORTED
    assert found["minority-recall:worst"].value == pytest.approx(17 / 50 / max(shares), abs=0.02)


def test_bytes_are_255ths() -> None:
    x = torch.randint(0, 200, (20, 1, 8, 8), generator=gen(), dtype=torch.uint8)
    found = reconstruction_metrics(x, x + 16, metrics=["mse", "psnr", "ssim"])
    assert found["mse"].value == pytest.approx((16 / 255) ** 2)
    assert found["mse"].value == pytest.approx(0.0039369, abs=1e-7)  # not 256
    assert found == reconstruction_metrics(x.float() / 255, (x + 16).float() / 255, metrics=["mse", "psnr", "ssim"])
    with pytest.raises(DataError, match="bytes, got torch.int64"):
        reconstruction_metrics(x.long(), x.long(), metrics=["mse"])


@pytest.mark.parametrize("side", [1, 2, 3, 4, 15, 16])
def test_ssim_of_small_images_is_a_number_or_a_reason(side: int) -> None:
    x = torch.rand(4, 1, side, side, generator=gen())
    found = reconstruction_metrics(x, x, metrics=["ssim"])["ssim"]
    if side < 3:
        assert f"3 px, got {side} × {side}" in (found.reason or "")
    else:
        assert found.value == pytest.approx(1)


@pytest.mark.parametrize("side", [160, 161, 175])
def test_ms_ssim_needs_176_px_and_not_161(side: int) -> None:
    # torchmetrics says "larger than 160" and refuses up to 175: its window of 11 px must fit a 16th of the side
    found = reconstruction_metrics(torch.rand(1, 1, side, side), torch.rand(1, 1, side, side), metrics=["ms-ssim"])
    assert found["ms-ssim"].status is Status.UNSUPPORTED and "176 at least" in (found["ms-ssim"].reason or "")


def test_a_class_of_identical_real_rows_has_no_spread() -> None:
    x, y = torch.ones(60, 3), torch.zeros(60, dtype=torch.int64)
    found = feature_metrics(
        PointSet(x), normal(60, 3), metrics=["class-spread"], generator=gen(), readings=Readings(real=y, generated=y)
    )["class-spread"]
    assert found.status is Status.UNSUPPORTED and "differ" in (found.reason or "")


def test_the_value_of_full_precision_lies_in_its_interval() -> None:
    x = normal(400, 3)
    found = values(x, x.clone(), "precision", "recall", "coverage")
    assert all(value.value == value.ci_high == 1.0 and value.ci_low == pytest.approx(0.9905, abs=1e-3)
               for value in found.values())  # fmt: skip
