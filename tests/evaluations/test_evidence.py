"""What evaluations read of a model: samples that are too many to keep are drawn and encoded piece by piece."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench import registry
from genbench.core import seeds
from genbench.core.errors import Diverged, Unsupported
from genbench.evaluations import evidence as module
from genbench.evaluations.context import RunContext
from genbench.evaluations.diversity import DiversityConfig, evaluate
from genbench.evaluations.evidence import Evidence
from genbench.models.controls import TrainCopy
from genbench.models.vae import VAE
from genbench.protocols.model import Budget
from genbench.training.trainer import fit

N = 1_300


class Halves:
    """An encoder that keeps the first two values, and the sizes of what it was given."""

    name, fingerprint, dim = "halves", "0", 2

    def __init__(self):
        self.given = []

    def features(self, x):
        self.given.append(len(x))
        return x.flatten(1)[:, :2]


def evidence(tmp_path, make=VAE):
    bench = RunContext(root=None, cache=tmp_path, device=torch.device("cpu"))
    data = bench.dataset("ring8")
    torch.manual_seed(0)
    model = make(data.spec)
    if make is TrainCopy:
        model.fit(data, None, seeds.generator("fit"))
    return Evidence(model.eval(), "", "ring8", 0, bench)


@pytest.mark.parametrize("make", [VAE, TrainCopy])
def test_features_piece_by_piece_are_those_of_all_samples(tmp_path, monkeypatch, make):
    whole, pieces = Halves(), Halves()
    kept = evidence(tmp_path, make).features(N, whole)
    monkeypatch.setattr(module, "HELD", 0)
    found = evidence(tmp_path, make)
    assert torch.equal(found.features(N, pieces), kept) and kept.shape == (N, 2)
    assert torch.equal(found.samples(N)[:, :2], kept)
    assert whole.given == [N]
    assert max(pieces.given) <= seeds.CHUNK and sum(pieces.given) >= N


@pytest.mark.parametrize("make", [VAE, TrainCopy])
def test_more_samples_go_on_with_those_that_there_are(tmp_path, make):
    few, fresh = evidence(tmp_path, make), evidence(tmp_path, make)
    some = few.samples(700).clone()
    many = few.samples(20_300)  # more than there are training points
    assert torch.equal(many, fresh.samples(20_300)) and torch.equal(many[:700], some)


def test_samples_that_may_not_be_given_twice_are_not(tmp_path):
    found = evidence(tmp_path, TrainCopy)
    found.model.replayed, found.model.repeats = found.model.replayed[:900], False
    assert len(found.samples(700).unique(dim=0)) == 700
    assert len(found.samples(900).unique(dim=0)) == 900
    with pytest.raises(Unsupported, match="it has 900 samples, and 950 are needed"):
        found.samples(950)


def test_features_are_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HELD", 0)
    encoder, found = Halves(), evidence(tmp_path)
    assert found.features(N, encoder) is found.features(N, encoder)
    assert len(encoder.given) == 3


@pytest.mark.parametrize("held", [0, 2**27])
def test_a_sample_that_is_not_finite_is_named(tmp_path, monkeypatch, held):
    monkeypatch.setattr(module, "HELD", held)
    found = evidence(tmp_path)
    found.model.sample = lambda n, *, generator: torch.full((n, 2), float("nan"))
    with pytest.raises(Diverged, match="samples contain NaN or inf"):
        found.features(N, Halves())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("model", "sampler"), [("vae", "gmm10"), ("gaussian", "")])
def test_a_model_on_a_gpu_is_measured_against_a_known_law(tmp_path, model, sampler):
    context = RunContext(root=None, cache=tmp_path, device="cuda")
    data = context.dataset("ring8")
    trained = registry.models.get(model).load()(data.spec)
    fit(trained, data, Budget(steps=20, batch=128), seed=0, device=torch.device("cuda"))
    asked = DiversityConfig(name="diversity", samples=100, metrics=("modes",))
    with torch.no_grad():
        (found, *_) = evaluate(Evidence(trained, sampler, "ring8", 0, context), asked).measurements
    assert found.value.status.value == "ok"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda x: (255 * x).to(torch.uint8), "reconstruct gave .* of torch.uint8, expected .* of float32"),
        (lambda x: 255 * x, r"reconstruct gave values with the mean .* divide bytes by 255"),
        (lambda x: x.flatten(1), r"reconstruct gave \(449, 64\)"),
        (lambda x: x.numpy(), "reconstruct gave ndarray"),
    ],
)
def test_reconstructions_keep_the_promises_of_samples(tmp_path, made, words):
    context = RunContext(root=None, cache=tmp_path, device=torch.device("cpu"))
    model = VAE(context.dataset("digits").spec).eval()
    found = Evidence(model, "", "digits", 0, context)
    model.reconstruct = lambda x: x
    assert all(torch.equal(*found.reconstructions(n)) for n in (5, 449))
    model.reconstruct = made
    with pytest.raises((TypeError, ValueError), match=words):
        Evidence(model, "", "digits", 0, context).reconstructions(449)


def test_a_model_says_itself_why_it_cannot(tmp_path) -> None:
    context = RunContext(root=None, cache=tmp_path, device=torch.device("cpu"))
    model = registry.models.get("cvae").load()(context.dataset("digits").spec)
    evidence = Evidence(model, "", "digits", 0, context)
    for capability, words in (("reconstructs", "its encoder reads the class"), ("density", "gives no density")):
        with pytest.raises(Unsupported, match=words):
            evidence.need(capability)
    evidence.need("conditional")


def test_a_model_with_codes_is_not_said_to_have_no_encoder(tmp_path) -> None:
    class Codes(nn.Module):
        def encode(self, x):
            return x

        def decode(self, z):
            return z

    context = RunContext(root=None, cache=tmp_path, device=torch.device("cpu"))
    for model, words in ((Codes(), "no method `reconstruct`, though it encodes"), (nn.Module(), "it has no encoder")):
        with pytest.raises(Unsupported, match=words):
            Evidence(model, "", "digits", 0, context).need("reconstructs")
