"""Metrics of third parties go the same way as genbench's own, and a broken one takes no other with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from laws import ring8
from oracles import gen, normal, values

from genbench import registry
from genbench.core.errors import DataError, Unavailable, UnknownName, Unsupported
from genbench.core.values import Direction, Kind, Status, Value
from genbench.metrics import disentanglement, modes
from genbench.metrics.augmentation import ClassifierInputs
from genbench.metrics.balance import Attributes
from genbench.metrics.classes import Readings
from genbench.metrics.features import FeatureInputs, feature_inputs
from genbench.metrics.inputs import (
    AttributeInputs,
    CodeInputs,
    DensityInputs,
    ImageInputs,
    Inputs,
    LikelihoodInputs,
    ModeInputs,
    ScoreInputs,
    Sizes,
)
from genbench.metrics.latents import Codes, latent_metrics
from genbench.metrics.laws import ModelLaw
from genbench.metrics.measure import measured
from genbench.metrics.mining import MiningInputs, Read
from genbench.metrics.modes import Modes
from genbench.metrics.pointset import PointSet
from genbench.metrics.reconstruction import Features
from genbench.metrics.toys import density_metrics
from genbench.protocols.metric import NEEDS, Metric

BOTH = normal(30, 3), normal(20, 3, 1)
TRAINING = normal(40, 3, 2)


@dataclass(frozen=True)
class Timed:
    """Inputs of a kind that genbench's metrics know nothing of."""

    seconds: float
    gives = frozenset({"cost"})
    sizes = Sizes()


def features(**options: Any) -> FeatureInputs:
    return feature_inputs(PointSet(BOTH[0]), BOTH[1], generator=gen(), **options)


def codes(n: int = 30) -> CodeInputs:
    y = torch.arange(n) % 3
    return CodeInputs(codes=Codes(test=normal(n, 2), test_y=y, factors=y[:, None]), generator=gen())


def law() -> DensityInputs:
    return DensityInputs(density=ring8(), model=ModelLaw(ring8().sample(40, generator=gen())), generator=gen())


SEEN: dict[str, tuple[Inputs, Callable[[Any], float], tuple[int | None, int | None]]] = {
    "features": (features(), lambda i: i.real.features.mean() - i.generated.features.mean(), (30, 20)),
    "training-features": (
        features(train=TRAINING),
        lambda i: i.train.features.mean() - i.generated.features.mean(),
        (30, 20),
    ),
    "probabilities": (
        features(readings=Readings(probabilities=torch.full((20, 2), 0.5))),
        lambda i: i.readings.probabilities.max(),
        (30, 20),
    ),
    "condition": (
        features(readings=Readings(generated=torch.arange(20) % 2, asked=torch.zeros(20, dtype=torch.int64))),
        lambda i: (i.readings.generated == i.readings.asked).double().mean(),
        (30, 20),
    ),
    "images": (
        ImageInputs(x=torch.zeros(4, 1, 2, 2), reconstruction=torch.ones(4, 1, 2, 2)),
        lambda i: (i.x - i.reconstruction).abs().max(),
        (4, 4),
    ),
    "codes": (codes(), lambda i: i.codes.test.std(), (30, None)),
    "labelled-codes": (codes(), lambda i: i.labels.max(), (30, None)),
    "factor-codes": (codes(), lambda i: i.factors.max(), (30, None)),
    "image-features": (
        ImageInputs(
            x=torch.zeros(7, 1, 4, 4),
            reconstruction=torch.ones(7, 1, 4, 4),
            features=Features(normal(7, 3), normal(7, 3, 1)),
        ),
        lambda i: (i.encoded().real - i.encoded().reconstructed).abs().mean(),
        (7, 7),
    ),
    "modes": (law(), lambda i: i.modes.mode.double().mean(), (None, 40)),
    "density": (law(), lambda i: i.density.log_prob(i.model.samples).mean(), (None, 40)),
    "likelihood": (
        LikelihoodInputs(log_prob=torch.arange(5.0), size=3, kind=Kind.EXACT),
        lambda i: i.log_prob.median(),
        (5, None),
    ),
    "scores": (
        ScoreInputs(ordinary=torch.zeros(6), unusual=torch.ones(3), generator=gen()),
        lambda i: i.unusual.mean() - i.ordinary.mean(),
        (6, 3),
    ),
    "mining": (
        MiningInputs(
            read={"base": Read(rare=torch.ones(4, dtype=torch.float64), ordinary=torch.zeros(6, dtype=torch.float64))},
            taken=torch.tensor([True, False]),
            prevalence=0.05,
        ),
        lambda i: i.taken.double().mean(),
        (4, 6),
    ),
    "classifiers": (ClassifierInputs(arms={}, labels=torch.arange(5)), lambda i: i.labels.max(), (5, None)),
    "resampled": (
        ClassifierInputs(arms={}, labels=torch.arange(5), gives=frozenset({"resampled"})),
        lambda i: i.labels.max(),
        (5, None),
    ),
    "labels": (
        AttributeInputs(
            attributes=Attributes(
                read=torch.tensor([0, 1, 1]), confusion=torch.eye(2), data=torch.tensor([0.5, 0.5]), accuracy=0.99
            ),
            generator=gen(),
        ),
        lambda i: i.attributes.read.sum(),
        (None, 3),
    ),
    "cost": (Timed(2.5), lambda i: i.seconds, (None, None)),
}


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    registry.metrics.names()  # read before it is copied
    monkeypatch.setattr(registry.metrics, "_own", dict(registry.metrics._own))


def register(function: Callable[[Any], Any], name: str = "mine", **options: Any) -> None:
    registry.register_metric(Metric(name=name, summary="A test's own.", direction=Direction.LOWER, **options))(function)


def answers(error: object) -> Callable[[Any], Any]:
    def measure(inputs: object) -> object:
        if isinstance(error, Exception):
            raise error
        return error

    return measure


def test_there_is_a_case_for_every_need() -> None:
    assert set(SEEN) == set(NEEDS)


@pytest.mark.parametrize("need", NEEDS)
def test_a_third_partys_metric_of_each_need_is_measured(need: str) -> None:
    inputs, function, sizes = SEEN[need]
    register(function, needs=need)
    found = measured(inputs, ["mine"])["mine"]
    assert found.value == float(function(inputs))
    assert (found.n, found.m) == sizes


@pytest.mark.parametrize("need", sorted(set(NEEDS) - {"cost"}))
def test_what_lacks_the_need_says_what_it_is(need: str) -> None:
    register(lambda inputs: 1.0, needs=need)
    found = measured(Timed(1.0), ["mine"])["mine"]
    assert (found.status, found.reason) == (Status.UNSUPPORTED, f"it needs {NEEDS[need]}, and there are none")


@pytest.mark.parametrize("need", ["training-features", "probabilities", "condition"])
def test_features_alone_serve_no_metric_that_needs_more(need: str) -> None:
    register(lambda inputs: 1.0, needs=need)
    found = measured(features(), ["mine"])["mine"]
    assert (found.status, found.reason) == (Status.UNSUPPORTED, f"it needs {NEEDS[need]}, and there are none")


def test_a_broken_metric_leaves_the_others() -> None:
    register(lambda inputs: 1 / 0, "broken")
    register(lambda inputs: "three", "words")
    register(lambda inputs, more: 1.0, "greedy")
    r, g = normal(40, 3), normal(50, 3, 1)
    found = values(r, g, "frechet", "broken", "words", "greedy", "sliced-wasserstein")
    assert found["broken"].status is Status.FAILED
    assert found["broken"].reason == "ZeroDivisionError: division by zero"
    assert "ValueError" in found["words"].reason
    assert "TypeError" in found["greedy"].reason
    rest = {name: found[name] for name in ("frechet", "sliced-wasserstein")}
    assert rest == values(r, g, "frechet", "sliced-wasserstein")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), torch.tensor(float("-inf"))])
def test_a_number_that_is_not_finite_is_a_failure_with_a_sentence(number: object) -> None:
    register(answers(number))
    found = measured(features(), ["mine"])["mine"]
    assert (found.value, found.status) == (None, Status.FAILED)
    assert "which is no number" in found.reason


def test_a_value_that_cannot_be_made_is_a_failure() -> None:
    register(lambda inputs: Value(value=float("nan")))
    assert "finite" in measured(features(), ["mine"])["mine"].reason


def test_targets_become_keys_and_fail_apart() -> None:
    register(answers({"": 1, "left": Value(value=2.0, n=7), "right": float("nan")}))
    found = measured(features(), ["mine"])
    assert {key: value.value for key, value in found.items()} == {"mine": 1, "mine:left": 2, "mine:right": None}
    assert [value.n for value in found.values()] == [30, 7, 30]


def test_what_is_missing_for_now_is_tried_again_and_what_cannot_be_is_not() -> None:
    register(answers(Unavailable("its weights are not here")), "weights")
    register(answers(ModuleNotFoundError("No module named 'lpips'")), "package")
    register(answers(Unsupported("it is not for points")), "never")
    found = measured(features(), ["weights", "package", "never"])
    assert {name: (value.status, value.retry) for name, value in found.items()} == {
        "weights": (Status.UNSUPPORTED, True),
        "package": (Status.UNSUPPORTED, True),
        "never": (Status.UNSUPPORTED, False),
    }
    assert "'lpips'" in found["package"].reason


def test_what_genbench_refuses_on_purpose_goes_through() -> None:
    register(answers(DataError("features hold NaN.")))
    with pytest.raises(DataError, match="hold NaN"):
        measured(features(), ["mine"])
    with pytest.raises(UnknownName, match="did you mean 'frechet'"):
        measured(features(), ["frechett"])


@pytest.mark.parametrize(("least", "words"), [(21, "21 or more generated points, got 20"), (31, "31 or more ref")])
def test_either_side_must_have_the_least_n(least: int, words: str) -> None:
    register(lambda inputs: 1.0, least_n=least)
    assert words in measured(features(), ["mine"])["mine"].reason


def test_where_there_is_one_side_it_alone_must_have_the_least_n() -> None:
    register(lambda inputs: 1.0, needs="codes", least_n=30)
    assert measured(codes(30), ["mine"])["mine"].value == 1
    assert "got 29" in measured(codes(29), ["mine"])["mine"].reason


def test_a_third_partys_metric_reads_the_panels_sweep() -> None:
    register(lambda inputs: (inputs.pair.held.real_balls > 0).double().mean(), sweep=("balls",))
    found = values(normal(60, 3), normal(50, 3, 1), "mine", "precision")
    assert found["mine"].value == found["precision"].value


def test_a_word_that_the_panel_does_not_know_costs_time_alone() -> None:
    register(lambda inputs: inputs.real.neighbours.nearest2.mean(), sweep=("neighbors",))
    assert values(normal(60, 3), normal(50, 3, 1), "mine")["mine"].value > 0


def test_the_three_scores_of_dci_share_their_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, right = [], disentanglement.dci
    monkeypatch.setattr(disentanglement, "dci", lambda *args: seen.append(1) or right(*args))
    names = ("dci-disentanglement", "dci-completeness", "dci-informativeness")
    found = latent_metrics(codes(60).codes, metrics=names, generator=gen())
    assert all(value.value is not None for value in found.values())
    assert len(seen) == 1


def test_modes_and_their_divergence_share_the_nearest_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, right = [], modes.nearest_modes
    monkeypatch.setattr(modes, "nearest_modes", lambda *args: seen.append(1) or right(*args))
    samples = ring8().sample(100, generator=gen())
    found = density_metrics(ring8(), samples, metrics=["modes", "mode-kl"], generator=gen())
    assert set(found) == {"modes", "modes:high-quality", "mode-kl"}
    assert len(seen) == 1


def test_where_only_modes_are_known_a_density_is_not() -> None:
    known = ModeInputs(modes=Modes(mode=torch.arange(8), weights=torch.full((8,), 1 / 8)))
    found = measured(known, ["modes", "tv", "wasserstein-1"])
    assert found["modes"].value == 8
    assert all("needs a known density" in found[name].reason for name in ("tv", "wasserstein-1"))


def test_midpoint_precision_is_the_precision_of_midpoints() -> None:
    midpoints = features()
    found = latent_metrics(
        Codes(test=normal(9, 2), midpoints=midpoints), metrics=["midpoint-precision"], generator=gen()
    )["midpoint-precision"]
    expected = measured(midpoints, ["precision"])["precision"]
    assert (found.value, found.n, found.m) == (expected.value, 30, 20)
