"""The outlier scores that follow from what a model can do: each by its own formula, and none takes another with it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from genbench.core.errors import Unsupported
from genbench.core.values import Kind, Status
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.latent_search import latent_search
from genbench.evaluations.outlier_detection import CHEAP, OutlierDetectionConfig, ScoreName, evaluate
from genbench.evaluations.outlier_scores import SCORES, Examples, png_bits, scores
from genbench.models.detectors import KNN
from genbench.models.gans import GAN
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Normal(nn.Module):
    """N(0, I) with every capability there is: encodes by the identity, keeps half of each value."""

    latent, outlier_score_name = 3, "norm"
    likelihood, likelihood_kind = "normal, iwae-64", Kind.BOUND
    asked: list[int]

    def outlier_score(self, x: Tensor) -> Tensor:
        return x.flatten(1).norm(dim=1)

    def reconstruct(self, x: Tensor) -> Tensor:
        return 0.5 * x

    def partial_reconstruction(self, x: Tensor) -> Tensor:
        return 0.9 * x

    def encode(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        return z

    def kl(self, x: Tensor) -> Tensor:
        return 0.5 * x.flatten(1).square().sum(1)

    def log_prob(self, x: Tensor, k: int = 64) -> Tensor:
        self.asked = [*getattr(self, "asked", []), k]
        return -0.5 * (x.flatten(1).square() + math.log(2 * math.pi)).sum(1)


def points(n: int, shift: float, seed: int) -> Tensor:
    return shift + torch.randn(n, 3, generator=seeded(seed))


def made(tmp_path: Path, model: nn.Module, spec: DataSpec | None = None, **splits: Tensor) -> Evidence:
    train, reference = (splits.get(name, points(300, 0, i)) for i, name in enumerate(("train", "reference")))
    outliers = {"far": Split(splits.get("far", points(200, 3, 2)))}
    spec = spec or DataSpec(tuple(train.shape[1:]))
    parts = [Split(train), Split(train[:0]), Split(reference), Split(reference)]
    data = Dataset("mine", spec, *parts, outliers=outliers)
    context = RunContext(root=None, cache=tmp_path, device="cpu")
    context.once(("dataset", "mine"), lambda: data)
    return Evidence(model, "", "mine", 0, context)


def config(**settings: object) -> OutlierDetectionConfig:
    return OutlierDetectionConfig.model_validate({"name": "outlier-detection", **settings})


def test_the_names_of_the_record_are_those_that_can_be_made() -> None:
    assert tuple(SCORES) == ScoreName.__args__ and set(SCORES) - set(CHEAP) == {"anogan"}
    with pytest.raises(ValidationError, match="reconstruction"):
        config(scores=["recon"])


def test_each_score_is_its_formula(tmp_path: Path) -> None:
    evidence = made(tmp_path, Normal())
    x = points(50, 1, 7)
    found = {score.name: score.rule(Examples("x", x)).double() for score in scores(evidence, CHEAP)}
    squares = x.double().square().sum(1)
    nll = 0.5 * (squares + 3 * math.log(2 * math.pi))
    train = 0.5 * (evidence.dataset.train.x.double().square().sum(1) + 3 * math.log(2 * math.pi))
    expected = {
        "norm": squares.sqrt(),
        "reconstruction": squares / 12,
        "nll, iwae-16": nll,
        "kl": squares / 2,
        "typicality": (nll - train.mean()).abs(),
        "partial-reconstruction": squares / 300,
    }
    assert list(found) == [*list(expected)[:5], "latent-distance", "latent-density", "partial-reconstruction"]
    for name, values in expected.items():
        torch.testing.assert_close(found[name], values, atol=1e-4, rtol=1e-4)
    ranks = found["latent-distance"].argsort().argsort().double()
    assert torch.corrcoef(torch.stack([ranks, squares.argsort().argsort().double()]))[0, 1] > 0.98
    assert torch.corrcoef(torch.stack([found["latent-density"], squares]))[0, 1] > 0.8


def test_a_likelihood_is_asked_once_of_each_set_with_16_draws(tmp_path: Path) -> None:
    model = Normal()
    evaluate(made(tmp_path, model), config(scores=["nll", "typicality"]))
    assert model.asked == [16] * 3  # reference, outliers, training examples


def test_complexity_is_subtracted_in_nats(tmp_path: Path) -> None:
    images = [torch.rand(20, 1, 8, 8, generator=seeded(i)) for i in range(3)]
    images[2][:] = images[2][:, :, :1, :1]
    spec = DataSpec((1, 8, 8), (0.0, 1.0))
    evidence = made(tmp_path, Normal(), spec, train=images[0], reference=images[1], far=images[2])
    names = list(scores(evidence, ["nll", "complexity-corrected"]))
    nll, corrected = (score.rule(Examples("x", images[2])) for score in names)
    torch.testing.assert_close(nll - corrected, png_bits(images[2]) * math.log(2))
    assert float(png_bits(images[2]).mean()) < float(png_bits(images[1]).mean())


class HalfBroken(Normal):
    def kl(self, x: Tensor) -> Tensor:
        return x.flatten(1).sum(1) * math.nan


def test_a_score_that_is_no_number_takes_no_other_with_it(tmp_path: Path) -> None:
    outcome = evaluate(made(tmp_path, HalfBroken()), config(metrics=["auroc"], scores=["own", "kl", "latent-density"]))
    by_score = {m.score: m.value for m in outcome.measurements}
    assert by_score["norm"].value == pytest.approx(1.0, abs=0.02)
    assert by_score["kl"].status is Status.DIVERGED and "'kl' is NaN or inf for 300 of 300" in by_score["kl"].reason
    assert by_score["latent-density"].status is Status.OK


def test_too_few_codes_for_ten_gaussians_are_a_sentence(tmp_path: Path) -> None:
    evidence = made(tmp_path, Normal(), train=points(8, 0, 0))
    found = {m.score: m.value for m in evaluate(evidence, config(metrics=["auroc"])).measurements}
    assert found["latent-density"].status is Status.UNSUPPORTED and "too few" in found["latent-density"].reason
    assert found["norm"].status is Status.OK


def linear_gan() -> GAN:
    """A generator of the plane x₃ = 0 in three dimensions."""
    torch.manual_seed(0)
    model = GAN(DataSpec((3,)), latent=2).eval().requires_grad_(False)
    model.generator = nn.Linear(2, 3, bias=False)
    model.generator.weight = nn.Parameter(torch.eye(3)[:, :2].clone(), requires_grad=False)
    return model


def test_anogan_sees_what_the_generator_cannot_make_and_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    flat = [points(30, 0, i) * torch.tensor([1.0, 1.0, 0.0]) for i in range(3)]
    far = flat[2] + torch.tensor([0.0, 0.0, 0.5])
    evidence = made(tmp_path, linear_gan(), train=flat[0], reference=flat[1], far=far)
    default = {m.score for m in evaluate(evidence, config()).measurements}
    assert default == {"discriminator"}
    found = evaluate(evidence, config(metrics=["auroc"], scores=["anogan"])).measurements
    assert [m.score for m in found] == ["anogan-opt4x200"] and found[0].value.value == 1.0


def test_anogan_is_the_residual_of_the_search(tmp_path: Path) -> None:
    from genbench.core import seeds

    model, x = linear_gan(), points(10, 0, 5)
    (score,) = scores(made(tmp_path, model), ["anogan"])
    back = latent_search(model.decode, x, 2, generator=seeds.generator("evaluation", 0, "anogan")).x
    features = (model.critic_features(x) - model.critic_features(back)).abs().sum(1)
    torch.testing.assert_close(score.rule(Examples("x", x)), 0.9 * (x - back).abs().sum(1) + 0.1 * features)


class Pixels:
    """An encoder whose features are twice the values."""

    name, fingerprint, dim = "in-domain", "twice", 64

    def features(self, x: Tensor) -> Tensor:
        return 2 * x.flatten(1)


def labelled(tmp_path: Path) -> Evidence:
    """Neighbours fitted to images of two classes, outliers brighter than any."""
    x = torch.rand(40, 1, 8, 8, generator=seeded(0))
    part = Split(x, torch.arange(40) % 2)
    data = Dataset("mine", DataSpec((1, 8, 8), (0.0, 1.0), 2), *[part] * 4, outliers={"far": Split(x + 1)})
    context = RunContext(root=None, cache=tmp_path, device="cpu")
    context.once(("dataset", "mine"), lambda: data)
    model = KNN(data.spec)
    model.fit(data, Budget(images=1), seeded(0))
    return Evidence(model, "", "mine", 0, context)


def test_neighbours_are_looked_for_in_a_classifiers_features_too(tmp_path: Path) -> None:
    evidence = labelled(tmp_path)
    evidence.context.once(("encoder", "in-domain", evidence.dataset.fingerprint), Pixels)
    pixels, features = scores(evidence, CHEAP)
    x = Examples("x", torch.rand(10, 1, 8, 8, generator=seeded(1)))
    assert features.name == "knn-5 distance @ in-domain"
    torch.testing.assert_close(features.rule(x), 2 * pixels.rule(x))


def test_a_classifier_that_is_refused_leaves_the_values_their_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: RunContext, name: str, dataset: Dataset) -> None:
        raise Unsupported("it reads too few rightly")

    monkeypatch.setattr(RunContext, "encoder", refuse)
    outcome = evaluate(labelled(tmp_path), config(metrics=["auroc"]))
    found = {m.score: m.value for m in outcome.measurements}
    assert found["knn-5 distance"].value == 1.0
    assert found["knn-5 distance @ in-domain"].reason == "it reads too few rightly"
