"""Known answers of what classifiers of several arms answer, and of weights by the density of codes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from genbench.core.values import Status
from genbench.metrics.augmentation import Arm, ClassifierInputs, classifier_metrics, difference_interval
from genbench.metrics.balance import BINS, Attributes, balance_metrics, effective_share, resampling_weights

LABELS = torch.arange(10) % 5
ALL = ["cas", "accuracy", "train-test-accuracy-gap", "augmentation-gain"]


def arm(right: int, *, train: float = 1.0, classifiers: int = 2) -> Arm:
    """Classifiers that are right on the first examples, and on a share of four training examples."""
    answers = (torch.arange(10) < right).expand(classifiers, -1)
    return Arm(right=answers, train_right=(torch.arange(4) < 4 * train).expand(classifiers, -1))


def inputs(**arms: Arm) -> ClassifierInputs:
    named = {name.replace("_", "-"): one for name, one in arms.items()}
    return ClassifierInputs(arms=named, labels=LABELS, rare=(4,), absent={"real": "there is no more"})


def found(given: ClassifierInputs, metrics: list[str] = ALL) -> dict[str, float | None]:
    return {name: value.value for name, value in classifier_metrics(given, metrics=metrics).items()}


def test_every_number_is_a_share_a_difference_or_a_ratio() -> None:
    given = inputs(alone=arm(5), generated=arm(8), generated_only=arm(4), classical=arm(6), generated_rare=arm(10))
    values = found(given)
    assert values["cas"] == 0.4 and values["cas:ratio"] == pytest.approx(0.8)
    assert values["accuracy:alone"] == 0.5 and values["accuracy:generated"] == 0.8
    assert values["accuracy:rare"] == 0.5 and values["accuracy:generated-rare"] == 1.0  # examples 4 and 9
    assert values["train-test-accuracy-gap:generated"] == pytest.approx(0.2)
    assert values["augmentation-gain:generated"] == pytest.approx(0.3)
    assert values["augmentation-gain:rare"] == 0.5
    assert list(values)[-4:] == [f"augmentation-gain:{name}" for name in ("generated", "classical", "real", "rare")]


def test_an_arm_that_is_not_there_is_a_reason_and_takes_no_other_with_it() -> None:
    values = classifier_metrics(inputs(alone=arm(5), generated=arm(8)), metrics=ALL)
    assert values["augmentation-gain:real"].reason == "there is no more"
    assert values["cas"].status is Status.UNSUPPORTED and "generated-only" in (values["cas"].reason or "")
    assert values["augmentation-gain:generated"].value == pytest.approx(0.3)


def test_every_value_has_an_interval_that_holds_it() -> None:
    given = inputs(alone=arm(5), generated=arm(5), generated_only=arm(10), classical=arm(0), generated_rare=arm(0))
    for name, value in classifier_metrics(given, metrics=ALL).items():
        if value.status is Status.OK:
            assert value.ci_low is not None and value.ci_high is not None, name
            assert value.ci_low <= value.value <= value.ci_high and value.ci_low < value.ci_high, name


def test_no_difference_at_all_is_not_certain() -> None:
    low, high = difference_interval(torch.zeros(3, 100))
    assert low == pytest.approx(-high) and 0.01 < high < 0.03


def test_the_interval_of_a_paired_difference_covers() -> None:
    generator = torch.Generator().manual_seed(0)
    held = 0
    for _ in range(1_000):
        u = torch.rand(150, generator=generator)
        terms = (u < 0.08).double() - (u > 0.95).double()
        low, high = difference_interval(terms[None])
        held += low <= 0.03 <= high
    assert 0.93 <= held / 1_000 <= 0.98


def test_the_noise_of_the_classifiers_is_in_the_interval() -> None:
    generator = torch.Generator().manual_seed(0)
    held = 0
    for _ in range(1_000):
        gains = 0.1 + 0.1 * torch.randn(5, generator=generator)  # each classifier has a chance of its own
        terms = (torch.rand(5, 200, generator=generator) < gains.clamp(0, 1)[:, None]).double()
        low, high = difference_interval(terms)
        held += low <= 0.1 <= high
    assert 0.92 <= held / 1_000 <= 0.98
    alike = torch.zeros(2, 50).index_fill_(1, torch.arange(10), 1.0)
    assert difference_interval(alike) == pytest.approx(difference_interval(alike[:1]), abs=0.01)


def test_resampling_is_told_for_rare_classes_and_the_others() -> None:
    given = ClassifierInputs(
        arms={"plain": arm(4), "resampled": arm(10)}, labels=LABELS, rare=(4,), gives=frozenset({"resampled"})
    )
    values = found(given, ["resampling-accuracy", "resampling-gain"])
    assert values == {
        "resampling-accuracy:minority": 1.0,
        "resampling-accuracy:majority": 1.0,
        "resampling-accuracy:plain-minority": 0.0,
        "resampling-accuracy:plain-majority": 0.5,
        "resampling-gain:minority": 1.0,
        "resampling-gain:majority": 0.5,
    }


# --- weights by the density of codes


def codes(n: int, rare: int) -> Tensor:
    return torch.cat([torch.zeros(n - rare), torch.ones(rare)])[:, None]


def test_two_places_are_drawn_by_their_inverse_shares() -> None:
    weights = resampling_weights(codes(100, 10), 0.1)
    assert float(weights[-1] / weights[0]) == pytest.approx((0.9 + 0.1) / (0.1 + 0.1))
    assert float(weights.mean()) == pytest.approx(1.0)


def test_a_latent_that_says_nothing_weighs_nothing_and_several_multiply() -> None:
    one = resampling_weights(codes(100, 10), 0.01)
    padded = torch.cat([codes(100, 10), torch.full((100, 3), 2.0)], 1)
    assert resampling_weights(padded, 0.01).allclose(one)
    twice = resampling_weights(codes(100, 10).expand(-1, 2), 0.01)
    assert float(twice[-1] / twice[0]) == pytest.approx(float(one[-1] / one[0]) ** 2)


def test_equal_shares_are_drawn_equally_and_a_large_alpha_too() -> None:
    flat = torch.arange(10 * BINS).double()[:, None]
    assert resampling_weights(flat, 0.01).allclose(torch.ones(10 * BINS, dtype=torch.float64))
    assert effective_share(resampling_weights(codes(100, 1), 1e9)) == pytest.approx(1.0)
    assert effective_share(torch.tensor([1.0, 0.0, 0.0, 0.0])) == 0.25


# --- shares of a rare attribute


def test_a_rare_attribute_that_is_not_seen_has_an_interval_with_an_upper_end() -> None:
    seen = Attributes(
        read=torch.zeros(200, dtype=torch.int64), confusion=torch.eye(2), data=torch.tensor([0.9, 0.1]), accuracy=0.9
    )
    values = balance_metrics(seen, metrics=["minority-recall"], generator=torch.Generator().manual_seed(0))
    for value in values.values():
        assert (value.value, value.ci_low) == (0.0, 0.0)
        assert value.ci_high == pytest.approx(3.84 / (200 + 3.84) / 0.1, rel=0.01)  # Wilson's of 0 in 200
        assert value.reason == "read with an accuracy of 90.0%, less than 95%: take with care"


def test_a_sure_classifier_needs_no_warning() -> None:
    seen = Attributes(read=LABELS, confusion=torch.eye(5), data=torch.full((5,), 0.2), accuracy=0.96)
    values = balance_metrics(seen, metrics=["attribute-tv"], generator=torch.Generator().manual_seed(0))
    assert all(value.reason is None and math.isfinite(value.value or 0.0) for value in values.values())
