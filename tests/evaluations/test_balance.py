"""Balance: shares as a classifier reads them, corrected; planted defects in order of severity; resampling by codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.data.loading import load_dataset
from genbench.evaluations import attribute_reader
from genbench.evaluations.attribute_reader import attributes_of, balanced_rows, crossed, reader
from genbench.evaluations.balance import BalanceConfig, evaluate
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.shares_picture import bars
from genbench.metrics.balance import resampling_weights
from genbench.protocols.dataset import Dataset, DataSpec, Split

CONFIG = BalanceConfig(name="balance", samples=600, steps=60, classifiers=2)
SHARES = torch.tensor([0.55, 0.3, 0.1, 0.05])
MIDDLES = torch.tensor([[2.0, 2.0], [2.0, -2.0], [-2.0, 2.0], [-2.0, -2.0]])


def law(y: Tensor, generator: torch.Generator) -> Tensor:
    return MIDDLES[y] + 0.7 * torch.randn(len(y), 2, generator=generator)


def part(n: int, seed: int, shares: Tensor = SHARES) -> Split:
    """Points of four classes with these shares; the factors are the signs of their middles."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.repeat_interleave(torch.arange(4), (n * shares).round().long())
    return Split(law(y, generator), y, torch.stack([y // 2, y % 2], 1).float())


def data(**more: object) -> Dataset:
    even = torch.full((4,), 0.25)
    parts = (part(1_000, 0), part(0, 1), part(800, 2, even), part(800, 3))
    return Dataset("corners", DataSpec((2,), None, 4), *parts, factor_names=("left", "low"), **more)  # type: ignore[arg-type]


class Corners(nn.Module):
    """Samples with these shares of the classes; codes that say which class it is."""

    latent = 1

    def __init__(self, shares: Tensor = SHARES):
        super().__init__()
        self.shares = shares

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return law(torch.multinomial(self.shares, n, replacement=True, generator=generator), generator)


class Codes(nn.Module):
    latent = 2

    def encode(self, x: Tensor) -> Tensor:
        return x.sign()

    def decode(self, z: Tensor) -> Tensor:
        return z


def context(dataset: Dataset, tmp_path: Path) -> RunContext:
    found = RunContext(root=None, cache=tmp_path, device="cpu")
    found.once(("dataset", dataset.name), lambda: dataset)
    return found


def measured(model: nn.Module, place: RunContext, **config: object) -> dict[str, Value]:
    evidence = Evidence(model, "", "corners", 0, place)
    outcome = evaluate(evidence, CONFIG.model_copy(update=config))
    return {f"{m.metric}:{m.target}".rstrip(":"): m.value for m in outcome.measurements}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunContext:
    monkeypatch.setattr(attribute_reader, "STEPS", 150)
    return context(data(), tmp_path)


def test_samples_of_the_law_have_the_datas_shares(place: RunContext) -> None:
    found = measured(Corners(), place)
    assert (found["attribute-tv:data"].value or 1) < 0.04 and found["attribute-tv:data"].m == 600
    assert found["attribute-tv:uniform"].value == pytest.approx(0.35, abs=0.05)
    assert found["minority-recall"].ci_low < 1 < found["minority-recall"].ci_high  # type: ignore[operator]
    assert found["attribute-tv:data"].details["classifier_accuracy"] > 0.97


def test_biased_shares_are_seen_in_order_of_severity(place: RunContext) -> None:
    biased = [Corners(SHARES**power / (SHARES**power).sum()) for power in (1.0, 1.3, 2.0, 4.0)]
    found = [measured(model, place, metrics=("attribute-tv", "attribute-kl", "minority-recall")) for model in biased]
    for metric in ("attribute-tv:data", "attribute-kl:data"):
        numbers = [one[metric].value for one in found]
        assert numbers == sorted(numbers), metric  # type: ignore[type-var]
    recalls = [one["minority-recall"].value or 0.0 for one in found]
    assert recalls == sorted(recalls, reverse=True) and recalls[-1] < 0.1


def test_dropped_classes_are_seen_the_more_the_worse(place: RunContext) -> None:
    kept = [SHARES * (torch.arange(4) < k) for k in (4, 3, 2, 1)]
    found = [measured(Corners(shares / shares.sum()), place) for shares in kept]
    numbers = [one["attribute-tv:data"].value for one in found]
    assert numbers == sorted(numbers)  # type: ignore[type-var]
    assert numbers[-1] == pytest.approx(0.45, abs=0.02)
    for one in found[1:]:
        assert (one["minority-recall"].value or 0.0) < 0.1 and (one["minority-recall"].ci_high or 1.0) < 0.5


def test_the_classifier_of_a_dataset_is_made_once(place: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = attribute_reader._made

    def counted(context: RunContext, dataset: Dataset, attribute: str) -> object:
        made.append(attribute)
        return real(context, dataset, attribute)

    monkeypatch.setattr(attribute_reader, "_made", counted)
    for model in (Corners(), Corners(SHARES.flip(0)), Corners()):
        measured(model, place, metrics=("attribute-tv",))
    assert made == ["class"]


def test_factors_and_crossed_factors_are_attributes(place: RunContext) -> None:
    found = measured(Corners(), place, attributes=("left", "left*low"), metrics=("attribute-tv",))
    assert set(found) == {
        f"attribute-tv:{prefix}{side}" for prefix in ("", "left*low ") for side in ("data", "uniform")
    }
    assert found["attribute-tv:uniform"].value == pytest.approx(0.35, abs=0.05)  # 85 % against 15 %
    assert found["attribute-tv:left*low uniform"].value == pytest.approx(0.35, abs=0.05)


def test_an_unknown_attribute_is_a_sentence_and_takes_no_other_with_it(place: RunContext) -> None:
    found = measured(Corners(), place, attributes=("class", "colour"), metrics=("attribute-tv",))
    assert found["attribute-tv:data"].value is not None
    assert "no attribute 'colour': it has class, left, low" in (found["attribute-tv:colour"].reason or "")


def test_a_model_that_cannot_sample_is_still_tried_for_its_codes(place: RunContext) -> None:
    found = measured(Codes(), place)
    assert "cannot" in (found["attribute-tv"].reason or "") or "no prior" in (found["attribute-tv"].reason or "")
    assert found["resampling-accuracy:minority"].n == 400 and found["resampling-gain:minority"].value is not None
    details = found["resampling-gain:minority"].details
    assert details["alpha"] == 1.0 and 0 < details["effective_share"] < 1
    assert found["resampling-accuracy:plain-majority"].n == 400


def test_codes_that_tell_rare_classes_apart_raise_their_share_among_the_draws(place: RunContext) -> None:
    train = data().train
    weights = resampling_weights(Codes().encode(train.x), 0.1)
    assert train.y is not None
    shares = torch.stack([weights[train.y == k].sum() for k in range(4)]) / weights.sum()
    assert shares[3] > 2 * SHARES[3] and shares[0] < SHARES[0]


def test_without_an_encoder_resampling_is_a_reason(place: RunContext) -> None:
    found = measured(Corners(), place, metrics=("resampling-gain",))
    assert "has no encoder" in (found["resampling-gain"].reason or "")


# --- the reader


def test_a_reference_that_lacks_a_value_cannot_measure_confusion(tmp_path: Path) -> None:
    whole = data()
    y = whole.reference.y
    assert y is not None
    lacking = Dataset("corners", whole.spec, whole.train, whole.val, whole.reference.take(y < 3), whole.ceiling)
    found = reader(context(lacking, tmp_path), lacking, "class")
    assert found.confusion.shape == (4, 4) and found.confusion.sum(1).allclose(torch.ones(4, dtype=torch.float64))
    assert found.shares.allclose(SHARES.double(), atol=1e-6)


def test_a_value_without_any_example_is_a_sentence() -> None:
    with pytest.raises(Unsupported, match="no real example to learn it from"):
        balanced_rows(torch.tensor([0, 0, 1]), 3, "test")


def test_rows_are_balanced_by_repeating_rare_ones() -> None:
    y = torch.tensor([0] * 50 + [1] * 5)
    rows = balanced_rows(y, 2, "test")
    assert torch.bincount(y[rows]).tolist() == [50, 50]
    assert torch.bincount(rows, minlength=55)[50:].tolist() == [10] * 5


def test_crossed_values_are_each_their_own() -> None:
    left, low = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    assert crossed([left, low], [2, 2]).tolist() == [0, 1, 2, 3]


def test_portraits_know_their_attributes_and_their_balanced_twin() -> None:
    portraits = Dataset("p", DataSpec((2,)), *(part(20, 0),) * 4, attributes=("tone", "pose", "light"))
    assert attributes_of(portraits) == ("tone", "pose", "light", "tone*pose*light")
    assert attributes_of(load_dataset("digits")) == ("class",)
    assert "attributes" in portraits.facts.has


def test_the_picture_has_a_bar_for_each_share() -> None:
    shares = SHARES.double().numpy()
    pixels = bars(("a", "b", "a long name", "d"), shares, shares[::-1].copy())
    red = (pixels == (215, 48, 31)).all(2).sum(0)
    tall = [int(red[i - 10 : i].max()) for i in range(10, len(red)) if red[i - 1] and not red[i]]  # left to right
    assert [height / max(tall) for height in tall] == pytest.approx((SHARES.flip(0) / 0.55).tolist(), abs=0.03)
