"""Reconstruction: an exact ceiling, planted blur in order, third parties' metrics on features, the search for codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from planted import Given, Maps, blurred, context_of, numbers, outcome
from torch import Tensor

from genbench import Direction, Metric, register_metric
from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Status
from genbench.evaluations import reconstruction
from genbench.models.controls import MeanImage
from genbench.protocols.model import GenerativeModel


class Linear(GenerativeModel):
    """A decoder that is a rotation of the code, without an encoder: every example has a code."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape, self.latent = shape, int(torch.tensor(shape).prod())
        noise = torch.randn(self.latent, self.latent, generator=torch.Generator().manual_seed(0))
        self.basis = torch.linalg.qr(noise).Q

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.basis).view(-1, *self.shape)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.decode(torch.randn(n, self.latent, generator=generator))


class GivenMore(Linear):
    """One whose `sample` gives the decoder more than noise."""

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return super().sample(n, generator=generator) + torch.rand(1, generator=generator)


def test_an_exact_reconstruction_is_the_ceiling(cache: Path) -> None:
    found = {
        m.metric: m.value
        for m in outcome("reconstruction", Maps(lambda x: x), "digits", context_of(cache)).measurements
    }
    assert set(found) == {"mse", "psnr", "ssim", "perceptual", "frechet-reconstruction", "mse-by-class"}
    assert found["mse"].value == found["perceptual"].value == 0 and found["ssim"].value == pytest.approx(1)
    assert found["frechet-reconstruction"].value == pytest.approx(0, abs=1e-9)
    assert found["psnr"].status is Status.UNSUPPORTED and "infinite" in found["psnr"].reason


def test_the_error_of_a_class_is_that_of_its_examples(cache: Path) -> None:
    context = context_of(cache)
    data = context.dataset("digits")
    bad = data.reference.x[data.reference.y == 4].mean(0)
    model = Maps(lambda x: x + 0.1 * bad)
    found = outcome("reconstruction", model, "digits", context, metrics=["mse", "mse-by-class"], samples=150)
    whole = next(m.value for m in found.measurements if m.metric == "mse")
    parts = {m.target: m.value for m in found.measurements if m.metric == "mse-by-class"}
    assert set(parts) == set("0123456789") and sum(one.n for one in parts.values()) == 150
    assert sum(one.n * one.value for one in parts.values()) / 150 == pytest.approx(whole.value)
    assert all(one.ci_low <= one.value <= one.ci_high for one in parts.values())


def test_blur_is_seen_in_order_of_severity_and_the_mean_image_is_the_floor(cache: Path) -> None:
    context = context_of(cache)
    mean = MeanImage(context.dataset("digits").spec)
    mean.fit(context.dataset("digits"), None, None)
    models = [*(Maps(lambda x, n=n: blurred(x, n)) for n in (1, 2, 3)), mean]
    found = [numbers(outcome("reconstruction", model, "digits", context)) for model in models]
    for name, sign in (("mse", 1), ("psnr", -1), ("ssim", -1), ("perceptual", 1), ("frechet-reconstruction", 1)):
        *blur, floor = [sign * f[name] for f in found]
        assert blur == sorted(blur) and floor > blur[0], name


def test_a_third_partys_metric_stands_on_features_of_both_sides(cache: Path) -> None:
    @register_metric(
        Metric(name="feature-gap", summary="Mean distance.", direction=Direction.LOWER, needs="image-features")
    )
    def feature_gap(inputs):  # type: ignore[no-untyped-def]
        features = inputs.encoded()
        return (features.real - features.reconstructed).norm(dim=1).mean()

    asked = {"metrics": ["mse", "feature-gap"]}
    found = outcome("reconstruction", Maps(lambda x: blurred(x, 1)), "digits", context_of(cache), **asked)
    gap = next(m for m in found.measurements if m.metric == "feature-gap")
    assert gap.value.value > 0 and gap.encoder == "in-domain"


def test_a_model_without_an_encoder_is_unsupported_unless_a_search_is_asked_for(cache: Path) -> None:
    context = context_of(cache)
    with pytest.raises(Unsupported, match="no encoder"):
        outcome("reconstruction", Linear((1, 8, 8)), "digits", context)


def test_the_search_finds_the_code_of_a_rotation_and_is_a_column_of_its_own(cache: Path) -> None:
    asked = {"search": True, "search_samples": 30}
    found = outcome("reconstruction", Linear((1, 8, 8)), "digits", context_of(cache), **asked)
    whole = [m for m in found.measurements if m.metric not in reconstruction.EVALUATION.by_class]
    assert {m.target for m in whole} == {"opt4x200"}
    assert all(m.value.kind is Kind.ESTIMATE for m in found.measurements if m.value.value is not None)
    mse = next(m.value for m in found.measurements if m.metric == "mse")
    assert mse.value < 1e-3 and mse.n == 30
    assert "search" in found.images[0].caption


def test_a_model_with_an_encoder_is_not_searched(cache: Path) -> None:
    found = outcome("reconstruction", Maps(lambda x: x), "digits", context_of(cache), search=True)
    assert {m.target for m in found.measurements} == {"", *"0123456789"}


@pytest.mark.parametrize("model", [GivenMore((1, 8, 8)), Given(torch.rand(10, 1, 8, 8))])
def test_only_a_decoder_of_the_prior_is_searched(model: GenerativeModel, cache: Path) -> None:
    with pytest.raises(Unsupported, match=r"no decoder of N\(0, I\)"):
        outcome("reconstruction", model, "digits", context_of(cache), search=True)


class Board:
    """A table with the mse of one model and of the mean image."""

    models = ("vae",)
    controls = {"control-mean-image": "control-mean-image"}  # noqa: RUF012

    def __init__(self, model: float, floor: float) -> None:
        self.means = {"vae": model, "control-mean-image": floor}

    def cell(self, label: str, metric: str, target: str = "") -> object:
        return type("Cell", (), {"mean": self.means.get(label)})() if metric == "mse" else None


def test_a_floor_that_no_model_is_better_than_is_named() -> None:
    assert list(reconstruction.sanity(None, Board(0.02, 0.07))) == []
    assert "no model reconstructs better" in next(reconstruction.sanity(None, Board(0.08, 0.07)))
