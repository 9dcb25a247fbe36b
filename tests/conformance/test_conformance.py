"""The conformance kit passes honest models and names, in a sentence, what a dishonest one does wrong."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from torch import nn

from genbench import registry
from genbench.conformance import check_model
from genbench.conformance.names import names_are_known
from genbench.conformance.subject import Subject
from genbench.conformance.training import numbers_are_numbers
from genbench.core.errors import UnknownName
from genbench.data.loading import load_dataset
from genbench.models.score_based import EDM
from genbench.models.vae import VAE
from genbench.protocols.model import DataSpec, GenerativeModel, Objective
from genbench.protocols.space import Choice, Range
from genbench.registry import register_model


def findings(cls: type, *, family: str = "test") -> dict[str, str]:
    """What the kit finds wrong with a class: check -> sentences."""
    name = f"conformance-{cls.__name__}"
    register_model(name, family=family, summary="A model with one fault.")(cls)
    try:
        found = check_model(name)
    finally:
        registry.models._own.pop(name)
    wrong: dict[str, str] = {}
    for finding in found:
        if finding.status == "wrong":
            wrong[finding.check] = f"{wrong.get(finding.check, '')} {finding.sentence}".strip()
    return wrong


@pytest.mark.parametrize("name", ["vae", "wgan-gp", "edm", "oracle"])
def test_honest_models_pass(name):
    found = check_model(name)
    assert [f for f in found if f.status == "wrong"] == []
    assert len({f.check for f in found}) == 22


@pytest.mark.parametrize("name", ["vae", "sngan", "gaussian"])
def test_points_without_bounds_need_noise_beyond_them(name):
    """Between the modes of a ring noise is ordinary to a Gaussian; far away a critic knows nothing."""
    assert [f for f in check_model(name, datasets=["ring8"]) if f.status == "wrong"] == []


def test_an_inverted_score_is_found_on_points_too():
    register_model("conformance-inverted", family="test", summary="A model with one fault.")(Inverted)
    try:
        found = check_model("conformance-inverted", datasets=["ring8"])
    finally:
        registry.models._own.pop("conformance-inverted")
    assert [f.check for f in found if f.status == "wrong"] == ["outliers"]


def test_a_space_of_an_option_that_there_is_not_is_found():
    register_model("conformance-space", family="test", summary="A fault.", space={"latnt": Choice(2, 4)})(VAE)
    try:
        found = check_model("conformance-space")
    finally:
        registry.models._own.pop("conformance-space")
    (wrong,) = [f for f in found if f.status == "wrong"]
    assert wrong.check == "space" and "did you mean 'latent'" in wrong.sentence


def test_an_unknown_name_is_a_usage_error():
    with pytest.raises(UnknownName):
        check_model("vea")


class GlobalNoise(VAE):
    def sample(self, n, *, generator):
        return self.decode(torch.randn(n, self.latent))


class OneTooMany(VAE):
    def sample(self, n, *, generator):
        return super().sample(n + 1, generator=generator)


class NotATensor(VAE):
    def sample(self, n, *, generator):
        return super().sample(n, generator=generator).numpy()


class NaNs(VAE):
    def sample(self, n, *, generator):
        return super().sample(n, generator=generator) * float("nan")


class Remembers(VAE):
    def sample(self, n, *, generator):
        self.log_scale += 1e-3
        return super().sample(n, generator=generator) * self.log_scale.sigmoid()


class OutOfRange(VAE):
    def reconstruct(self, x):
        return 2 * super().reconstruct(x)


class BatchMates(VAE):
    def encode(self, x):
        return super().encode(x) - super().encode(x).mean(0)


class WrongRate(VAE):
    def kl(self, x):
        return super().kl(x)[:, None]


class WrongShape(VAE):
    def log_prob(self, x):
        return super().log_prob(x)[:, None]


class Inverted(VAE):
    outlier_score_name = "negative log-likelihood"

    def outlier_score(self, x):
        return self.log_prob(x)


class Idle(VAE):
    def __init__(self, data):
        super().__init__(data)
        self.unused = nn.Parameter(torch.zeros(3))

    def objectives(self):
        return [Objective("elbo", [p for p in self.parameters() if p is not self.unused], self.loss)]


class Loose(VAE):
    def __init__(self, data):
        super().__init__(data)
        self.offset = torch.zeros(1)

    def sample(self, n, *, generator):
        return super().sample(n, generator=generator)


class NotSaved(VAE):
    def __init__(self, data):
        super().__init__(data)
        self.seen = 0.0

    def loss(self, batch):
        self.seen += 1.0
        return super().loss(batch)

    def decode(self, z):
        return super().decode(z) / (1 + self.seen)


class Explodes(VAE):
    def loss(self, batch):
        return super().loss(batch) * float("nan")


class Crashes(VAE):
    def decode(self, z):
        raise ValueError("my decoder is broken")


class AsksWrongly(VAE):
    def loss(self, batch):
        return super().encode(batch).mean()  # a batch is no tensor: genbench's own code raises


class Unseeded(VAE):
    built: ClassVar = itertools.count()

    def __init__(self, data):
        super().__init__(data)
        with torch.no_grad():
            self.log_scale += torch.randn((), generator=torch.Generator().manual_seed(next(self.built)))


class TooFewStated(EDM):
    solvers: ClassVar = {"heun": lambda steps: 2 * steps - 1, "euler": lambda steps: 1}


class Misspelt(GenerativeModel):
    latent = 2

    def __init__(self, data):
        super().__init__()
        self.net = nn.Linear(data.size, 2)

    def objectives(self):
        return [Objective("squares", self.parameters(), self.loss)]

    def loss(self, batch):
        return self.encoded(batch.x).square().mean()

    def encoded(self, x):  # like `encode`, but used by the model itself
        return self.net(x.flatten(1))

    def sampel(self, n, *, generator):
        return torch.rand(n, 1, 8, 8, generator=generator)


@pytest.mark.parametrize(
    "cls, check, words",
    [
        (TooFewStated, "solvers", "euler3 (1 evaluation) evaluates the network 3 times"),
        (GlobalNoise, "samples", "draw only from `generator`"),
        (OneTooMany, "samples", "sample gives the shape (9, 1, 8, 8): expected (8, 1, 8, 8)"),
        (NotATensor, "samples", "sample gives ndarray: expected a tensor"),
        (NaNs, "samples", "sample gives NaN or inf"),
        (Remembers, "evaluation mode", "changed 'log_scale'"),
        (OutOfRange, "reconstructs", "leaves the data's range"),
        (BatchMates, "encodes", "batch mates"),
        (WrongRate, "encodes", "kl gives the shape (8, 1)"),
        (WrongShape, "density", "expected (8,)"),
        (Inverted, "outliers", "ranks noise below real data"),
        (Idle, "objectives", "no objective moves unused"),
        (Loose, "state", "offset is a bare tensor"),
        (NotSaved, "save and load", "differs after saving"),
        (Explodes, "training", "became NaN or inf"),
        (Crashes, "encodes", "ValueError: my decoder is broken"),
        (Unseeded, "builds from its seed", "differ in 'log_scale'"),
    ],
)
def test_each_broken_promise_is_named(cls, check, words):
    wrong = findings(cls)
    assert words in wrong.get(check, ""), wrong


def test_samples_that_are_not_finite_are_named_once():
    """They were said not to draw from the generator, to be no prefix of more, and to differ after saving, too."""
    assert list(findings(NaNs)) == ["samples"]


def test_a_misspelt_method_is_named_and_one_that_the_model_uses_itself_is_not():
    subject = SimpleNamespace(fresh=lambda: Misspelt(DataSpec((1, 8, 8))))
    (sentence,) = names_are_known(subject)
    assert sentence == "it has a method 'sampel', which nothing calls: did you mean 'sample'?"


def test_an_error_is_named_with_the_line_of_the_models_own_file():
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    raised = 1 + next(i for i, line in enumerate(lines) if 'raise ValueError("my decoder' in line)
    wrong = findings(Crashes)
    assert wrong["encodes"] == wrong["samples"]
    assert wrong["encodes"].endswith(f"test_conformance.py:{raised})")
    asked = 1 + next(i for i, line in enumerate(lines) if "super().encode(batch)" in line)
    assert findings(AsksWrongly)["objectives"].endswith(f"test_conformance.py:{asked})")


def test_a_wrong_card_and_a_loss_that_does_not_fall_are_named():
    class Flat(VAE):
        def loss(self, batch):
            return super().loss(batch).detach() * 0 + (self.decoder[0][0].weight * 0).sum() + 1.0

    assert "did not fall" in findings(Flat)["training"]
    name = "conformance-card"
    register_model(name, family="test", summary="A card that is older than the class.")(VAE)
    entry = registry.models._own.pop(name)
    card = type(entry.card)(name=name, family="test", summary="x", capabilities=("samples",))
    registry.models.add(card, VAE)
    try:
        assert any(f.check == "card" and f.status == "wrong" for f in check_model(name))
    finally:
        registry.models._own.pop(name)


def test_a_model_that_cannot_be_stacked_says_why():
    class Choosy(VAE):
        def loss(self, batch):
            return super().loss(batch) if batch.x.mean() > -1 else batch.x.sum()

    name = "conformance-choosy"
    register_model(name, family="test", summary="Looks at its data's values in Python.")(Choosy)
    try:
        (note,) = [f for f in check_model(name) if f.check == "stacking"]
    finally:
        registry.models._own.pop(name)
    assert note.status == "note" and "data-dependent" in note.sentence


class Hidden(VAE):
    """Keeps its weight where no stack can see it."""

    numbers = ("weight",)

    def __init__(self, data, *, weight: float = 1.0):
        super().__init__(data)
        self.weighed = lambda kl: weight * kl

    def loss(self, batch):
        log_likelihood, kl, _ = self.elbo(batch.x)
        return (self.weighed(kl) - log_likelihood).mean()


class Shown(Hidden):
    def __init__(self, data, *, weight: float = 1.0):
        super().__init__(data)
        self.weight = weight
        self.weighed = lambda kl: self.weight * kl


class Unknown(VAE):
    numbers = ("wieght",)


WIDE = {"weight": Range(0.1, 100.0)}


@pytest.mark.parametrize(
    "cls, space, said",
    [(Hidden, WIDE, "weight = "), (Shown, WIDE, None), (Unknown, None, "'wieght', which is no option")],
)
def test_an_option_that_is_called_a_number_and_is_none_is_named(cls, space, said):
    name = f"conformance-numbers-{cls.__name__}"
    register_model(name, family="test", summary="x", space=space)(cls)
    try:
        sentences = list(numbers_are_numbers(Subject(name, load_dataset("ring8"), torch.device("cpu"))))
    finally:
        registry.models._own.pop(name)
    assert len(sentences) == (said is not None) and all(said in sentence for sentence in sentences)


class NoWidth(GenerativeModel):
    """Encodes and decodes, and does not say how wide its codes are."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def fit(self, data, budget, generator): ...

    def encode(self, x):
        return x.flatten(1)

    def decode(self, z):
        return z.view(-1, *self.data.shape)


def test_codes_without_a_width_are_a_sentence_of_our_own():
    found = " ".join(findings(NoWidth).values())
    assert "encode needs `latent` beside it" in found and "has no attribute" not in found
