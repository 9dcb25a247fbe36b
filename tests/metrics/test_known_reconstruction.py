"""Known answers of reconstruction metrics."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from oracles import gen, normal, number
from torchmetrics.functional.image import peak_signal_noise_ratio

from genbench.core.errors import DataError
from genbench.core.values import Status
from genbench.metrics.reconstruction import Features, reconstruction_metrics
from genbench.metrics.similarity import window

PIXELS = ("mse", "psnr", "ssim")


def noise(n: int = 8, side: int = 28) -> torch.Tensor:
    return torch.rand(n, 1, side, side, generator=gen())


def test_a_constant_offset_of_a_tenth() -> None:
    x = 0.5 * noise()
    found = reconstruction_metrics(x, x + 0.1, metrics=["mse", "psnr"])
    assert found["mse"].value == pytest.approx(0.01, rel=1e-6)
    assert found["psnr"].value == pytest.approx(20, rel=1e-6)


def test_psnr_is_torchmetrics() -> None:
    x, y = noise(), noise().flip(0)
    expected = float(peak_signal_noise_ratio(y.double(), x.double(), data_range=1.0))
    assert reconstruction_metrics(x, y, metrics=["psnr"])["psnr"].value == pytest.approx(expected, rel=1e-6)


def test_an_exact_copy_has_ssim_1_and_an_infinite_psnr_that_is_a_status() -> None:
    x = noise()
    found = reconstruction_metrics(x, x, metrics=PIXELS)
    assert found["mse"].value == 0
    assert found["ssim"].value == pytest.approx(1, abs=1e-6)
    assert found["psnr"].value is None
    assert "infinite" in (found["psnr"].reason or "")


def test_ssim_of_dimmed_noise() -> None:
    x = torch.rand(32, 1, 64, 64, generator=gen())
    value = reconstruction_metrics(x, 0.9 * x, metrics=["ssim"])["ssim"].value
    assert value == pytest.approx((1.8 / 1.81) ** 2, abs=2e-4)


@pytest.mark.parametrize(("side", "sigma", "wide"), [(8, 0.5, 5), (15, 0.5, 5), (16, 1.5, 11), (28, 1.5, 11)])
def test_the_window_follows_the_side_and_is_recorded(side: int, sigma: float, wide: int) -> None:
    x = noise(2, side)
    assert (window(x).sigma, window(x).side) == (sigma, wide)
    details = reconstruction_metrics(x, 0.5 * x, metrics=["ssim"])["ssim"].details
    assert details == {"sigma": sigma, "window": wide}


def test_ms_ssim_needs_large_images() -> None:
    small, large = noise(2), torch.rand(1, 1, 176, 176, generator=gen())
    assert "160" in (reconstruction_metrics(small, small, metrics=["ms-ssim"])["ms-ssim"].reason or "")
    assert reconstruction_metrics(large, large, metrics=["ms-ssim"])["ms-ssim"].value == pytest.approx(1, abs=1e-6)
    almost = torch.rand(1, 1, 175, 200, generator=gen())
    assert "176" in (reconstruction_metrics(almost, almost, metrics=["ms-ssim"])["ms-ssim"].reason or "")


def test_lpips_without_its_weights_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    value = reconstruction_metrics(noise(), noise(), metrics=["lpips"])["lpips"]
    assert (value.status, value.retry) == (Status.UNSUPPORTED, True)
    assert "alexnet" in (value.reason or "")


def test_pca_loses_the_eigenvalues_it_drops() -> None:
    x = normal(500, 8) @ torch.diag(torch.arange(1, 9).double())
    mean = x.mean(0)
    values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    kept = vectors[:, 5:]
    made = mean + (x - mean) @ kept @ kept.T
    assert reconstruction_metrics(x, made, metrics=["mse"])["mse"].value * 8 == pytest.approx(float(values[:5].sum()))


def test_frechet_of_reconstructions_is_frechet_of_features() -> None:
    a, b = normal(100, 5), 1.3 * normal(100, 5, 1)
    x = noise(4)
    found = reconstruction_metrics(x, x, metrics=["frechet-reconstruction", "perceptual"], features=Features(a, b))
    assert found["frechet-reconstruction"].value == number(a, b, "frechet")
    assert 0 < found["perceptual"].value < 4


def test_without_an_encoder_perceptual_metrics_say_so() -> None:
    x = noise(3)
    found = reconstruction_metrics(x, x, metrics=["perceptual", "frechet-reconstruction"])
    assert all("needs features of examples and of their rec" in (v.reason or "") for v in found.values())


def test_unlike_shapes_and_nan_are_errors_that_say_which() -> None:
    x = noise(3)
    with pytest.raises(DataError, match="alike"):
        reconstruction_metrics(x, x[:2], metrics=["mse"])
    with pytest.raises(DataError, match="reconstructions hold 1 NaN"):
        reconstruction_metrics(
            x, x.clone().index_put_((torch.tensor(0),) * 4, torch.tensor(float("nan"))), metrics=["mse"]
        )
