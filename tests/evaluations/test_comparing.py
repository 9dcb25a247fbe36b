"""What evaluations hand to the metrics: the truth's samples, class probabilities, the neighbourhood asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genbench.core import seeds
from genbench.core.values import Kind, Status
from genbench.evaluations import diversity, sample_quality
from genbench.evaluations.comparison import model_law
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.metrics.inception_score import inception_score
from genbench.metrics.laws import SUPPORT
from genbench.models.classical import Gaussian
from genbench.models.controls import Marginals, Noise, Oracle, TestHalf
from genbench.protocols.model import Budget


def evidence(make: type, dataset: str, cache: Path) -> Evidence:
    context = RunContext(root=None, cache=cache, device="cpu")
    data = context.dataset(dataset)
    model = make(data.spec)
    model.fit(data, Budget(images=128), seeds.generator("fit"))
    return Evidence(model.eval(), "", dataset, 0, context)


def test_the_truth_is_measured_from_samples_like_the_others(cache: Path) -> None:
    law = model_law(evidence(Oracle, "ring8", cache), 2_000)
    assert law.log_prob is None and len(law.samples) == 2_000
    config = sample_quality.SampleQualityConfig(
        name="sample-quality", density_samples=5_000, metrics=("kl-reverse", "tv")
    )
    found = {m.metric: m.value for m in sample_quality.evaluate(evidence(Oracle, "ring8", cache), config).measurements}
    assert found["tv"].kind is Kind.ESTIMATE and 0 < found["tv"].value < 0.2  # the noise of a histogram, seen
    assert 0 < found["kl-reverse"].value < 0.05


def test_a_density_is_integrated_over_the_box_of_10000_samples(cache: Path) -> None:
    law = model_law(evidence(Gaussian, "ring8", cache), 1_000)
    assert law.log_prob is not None and law.support is not None
    assert len(law.samples) == 1_000 and len(law.support) == SUPPORT
    assert torch.equal(law.support[:1_000], law.samples)


@pytest.mark.parametrize("make", [TestHalf, Marginals, Noise])
def test_the_inception_score_reads_the_classifiers_probabilities_of_controls_too(make: type, cache: Path) -> None:
    seen = evidence(make, "digits", cache)
    config = sample_quality.SampleQualityConfig(name="sample-quality", metrics=("inception-score", "frechet"))
    found = {m.metric: m.value for m in sample_quality.evaluate(seen, config).measurements}
    classifier = seen.context.encoder("in-domain", seen.dataset)
    expected = inception_score(classifier.probabilities(seen.samples(449))).value
    assert found["inception-score"].status is Status.OK
    assert found["inception-score"].value == pytest.approx(expected, rel=1e-6)


def test_the_neighbourhood_that_was_asked_for_is_used_and_recorded(cache: Path) -> None:
    seen = evidence(TestHalf, "digits", cache)
    found = {}
    for k in (3, 5):
        config = diversity.DiversityConfig(name="diversity", k=k, metrics=("precision", "coverage", "clipped-density"))
        found[k] = {m.metric: m.value for m in diversity.evaluate(seen, config).measurements}
        assert {value.details["k"] for value in found[k].values()} == {k}
    reference, samples = (
        seen.context.encoder("in-domain", seen.dataset).features(x).double()
        for x in (seen.dataset.reference.x, seen.samples(449))
    )
    radii = torch.cdist(reference, reference).sort(1).values[:, 3]
    inside = torch.cdist(samples, reference) < radii
    assert found[3]["precision"].value == pytest.approx(float(inside.any(1).double().mean()))
    assert found[3]["coverage"].value == pytest.approx(float(inside.any(0).double().mean()))
    assert found[5]["coverage"].value > found[3]["coverage"].value
