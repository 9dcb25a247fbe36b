"""Augmentation: arms share seeds and steps, what the model does not touch is made once, planted defects are caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from genbench import registry
from genbench.core.errors import Unsupported
from genbench.core.values import Value
from genbench.data.loading import load_dataset
from genbench.evaluations import arms
from genbench.evaluations.augmentation import AugmentationConfig, evaluate, sanity
from genbench.evaluations.context import RunContext
from genbench.evaluations.evidence import Evidence
from genbench.evaluations.small_classifier import Examples, Training, moved, train_classifiers
from genbench.models.controls import Noise, TrainCopy
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.model import Budget

CONFIG = AugmentationConfig(name="augmentation", classifiers=3)


WIDE = 12


def drawn(y: Tensor, generator: torch.Generator) -> Tensor:
    """Four round classes near enough to be mixed up, in two of twelve values; the others say nothing."""
    middles = torch.zeros(4, WIDE)
    middles[:, :2] = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    return middles[y] + 0.6 * torch.randn(len(y), WIDE, generator=generator)


def blobs(n: int, seed: int) -> Split:
    y = torch.arange(n) % 4
    return Split(drawn(y, torch.Generator().manual_seed(seed)), y)


def data(train: int = 40, **more: object) -> Dataset:
    parts = [blobs(n, i) for i, n in enumerate((train, 0, 600, 600))]
    return Dataset("blobs", DataSpec((WIDE,), None, 4), *parts, **more)


class Blobs(nn.Module):
    """The truth, asked by class. `wrong`: the share of answers that are of the next class; `less`: classes that it
    cannot give, the first ones."""

    def __init__(self, wrong: float = 0.0, less: int = 0):
        super().__init__()
        self.wrong, self.less = wrong, less

    def sample_class(self, y: Tensor, *, generator: torch.Generator) -> Tensor:
        flipped = torch.rand(len(y), generator=generator) < self.wrong
        given = torch.where(flipped, (y + 1) % 4, y).clamp_min(self.less)
        return drawn(given, generator)

    def sample(self, n: int, *, generator: torch.Generator) -> Tensor:
        return self.sample_class(torch.randint(4, (n,), generator=generator), generator=generator)


def context(dataset: Dataset, tmp_path: Path) -> RunContext:
    found = RunContext(root=None, cache=tmp_path, device="cpu")
    found.once(("dataset", dataset.name), lambda: dataset)
    return found


def measured(model: nn.Module, place: RunContext, seed: int = 0, steps: int = 100) -> dict[str, Value]:
    outcome = evaluate(Evidence(model, "", "blobs", seed, place), CONFIG.model_copy(update={"steps": steps}))
    return {f"{m.metric}:{m.target}".rstrip(":"): m.value for m in outcome.measurements}


def test_right_labels_help_where_data_are_few_and_more_real_data_help(tmp_path: Path) -> None:
    place = context(data(12, held_back=blobs(400, 9)), tmp_path)
    found = measured(Blobs(), place)
    for arm in ("generated", "real"):  # the truth, sampled, is as good as more data
        assert (found[f"augmentation-gain:{arm}"].ci_low or 0.0) > 0.05
    assert found["accuracy:generated"].m == 48 and found["accuracy:generated"].n == 600
    assert found["accuracy:generated"].details["labels"] == "condition"
    assert found["augmentation-gain:real"].details["added"] == 48
    assert "shifts and turns images" in (found["accuracy:classical"].reason or "")


@pytest.mark.parametrize("defect", ["wrong", "less"])
def test_wrong_labels_and_lacking_classes_are_seen_in_order_of_severity(defect: str, tmp_path: Path) -> None:
    place = context(data(200), tmp_path)
    steps = (0.0, 0.35, 0.8) if defect == "wrong" else (0, 1, 2)
    scores = [measured(Blobs(**{defect: step}), place)["cas"].value or 0.0 for step in steps]
    assert scores[0] > scores[1] + 0.03 > scores[2] + 0.1


def test_copies_tie_with_the_real_data_alone(tmp_path: Path) -> None:
    place, dataset = context(data(40), tmp_path), data(40)
    model = TrainCopy(dataset.spec)
    model.fit(dataset, Budget(images=1), torch.Generator())
    found = measured(model, place)
    gain = found["augmentation-gain:generated"]
    assert gain.ci_low is not None and gain.ci_low <= 0 <= (gain.ci_high or 0.0)
    assert gain.details["labels"] == "teacher" and abs((found["cas:ratio"].value or 0) - 1) < 0.05
    assert "no real data beyond its training part" in (found["augmentation-gain:real"].reason or "")


def test_noise_does_not_help(tmp_path: Path) -> None:
    dataset = data(40)
    model = Noise(dataset.spec)
    model.fit(dataset, Budget(images=1), torch.Generator())
    gain = measured(model, context(dataset, tmp_path))["augmentation-gain:generated"]
    assert (gain.value or 0.0) < 0.02


def test_what_no_model_changes_is_trained_once_for_a_dataset_and_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []
    real = arms.train_classifiers

    def counted(examples: Examples, *rest: object) -> object:
        trained.append(len(examples.x))
        return real(examples, *rest)

    monkeypatch.setattr(arms, "train_classifiers", counted)
    place = context(data(12, held_back=blobs(400, 9)), tmp_path)
    for model in (Blobs(), Blobs(wrong=0.5), Blobs()):
        measured(model, place, steps=2)
    assert sorted(trained) == sorted(
        [12, 60] + 3 * [12, 60]
    )  # alone, real; of each model generated alone and with real
    found = measured(Blobs(), place, seed=1, steps=2)
    assert len(trained) == 12
    other = context(data(12, held_back=blobs(400, 9)), tmp_path)  # of another process
    assert measured(Blobs(), other, seed=1, steps=2) == found
    assert trained[12:] == [12, 60]  # what the model made; the rest lies in the cache
    file = next((tmp_path / "classifiers").iterdir())
    file.write_bytes(b"broken")
    for seed in (0, 1):
        measured(Blobs(), context(data(12, held_back=blobs(400, 9)), tmp_path), seed=seed, steps=2)
    assert len(trained) == 14 + 4 + 1


def test_the_same_seed_gives_the_same_numbers_whatever_was_asked_before(tmp_path: Path) -> None:
    one, other = context(data(12), tmp_path), context(data(12), tmp_path)
    measured(Blobs(wrong=0.9), other, steps=20)
    assert measured(Blobs(), one, steps=20) == measured(Blobs(), other, steps=20)


def test_rare_classes_are_filled_up_by_what_is_asked_for(tmp_path: Path) -> None:
    whole = blobs(400, 3)
    keep = (whole.y != 3) | (torch.arange(400) < 12)
    dataset = Dataset("blobs", DataSpec((WIDE,), None, 4), whole.take(keep), *(blobs(n, n) for n in (0, 600, 600)))
    assert dataset.rare == (3,)
    found = measured(Blobs(), context(dataset, tmp_path))
    details = found["accuracy:generated-rare"].details
    assert details["added"] == details["wanted"] == 97
    assert (found["augmentation-gain:rare"].ci_low or 0.0) > 0.05


def test_a_reference_of_one_class_tells_nothing(tmp_path: Path) -> None:
    dataset = data(12)
    alone = Dataset("blobs", dataset.spec, dataset.train, dataset.val, dataset.reference.take(slice(0, 1)), dataset.val)
    with pytest.raises(Unsupported, match="one class alone"):
        measured(Blobs(), context(alone, tmp_path))


# --- the small classifier


def trained(steps: int = 200, **examples: Tensor | bool) -> Callable[[Tensor], Tensor]:
    part = blobs(200, 0)
    made = Examples(**{"x": part.x, "y": part.y, **examples})  # type: ignore[arg-type]
    return train_classifiers(made, Training(classes=4, steps=steps, classifiers=2), "test").read


def test_it_learns_and_each_of_its_copies_has_a_seed_of_its_own() -> None:
    part = blobs(2_000, 5)
    read = trained()(part.x)
    assert read.shape == (2, 2_000) and (read == part.y).double().mean() > 0.75
    assert not read[0].equal(read[1]) and read.equal(trained()(part.x))


def test_weights_decide_what_it_sees() -> None:
    part = blobs(200, 0)
    read = trained(weights=(part.y != 2).double())(blobs(400, 5).x)
    assert not (read == 2).any()


def test_each_copy_may_have_labels_of_its_own() -> None:
    y = blobs(200, 0).y
    read = trained(y=torch.stack([y, (y + 1) % 4]))(blobs(400, 5).x)
    assert ((read[0] + 1) % 4 == read[1]).double().mean() > 0.85


def test_classical_augmentation_moves_but_keeps_what_is_in_the_middle() -> None:
    x = torch.zeros(64, 1, 15, 15)
    x[:, :, 7, 7] = 1.0
    there = moved(x, torch.Generator().manual_seed(0))
    places = there.flatten(1).argmax(1)
    assert (places // 15 - 7).abs().max() == 2 and (places % 15 - 7).abs().max() == 2
    assert there.flatten(1).sum(1).min() > 0.5


def test_the_headline_is_the_gain_by_generated_data() -> None:
    record = registry.evaluations.get("augmentation").card
    card = registry.metrics.get(str(record.headline_on(load_dataset("digits").kind))).card
    assert (card.name, card.targets[0]) == ("augmentation-gain", "generated")


@dataclass
class Cell:
    mean: float
    error: float = 0.01


class MadeUp:
    """A table whose cells are given by (label, target)."""

    models: tuple[str, ...] = ("vae",)
    controls: ClassVar[dict[str, str]] = {"control-train-copy": "control-train-copy", "control-noise": "control-noise"}

    def __init__(self, **gains: float):
        self.gains = {tuple(key.split("__")): gain for key, gain in gains.items()}

    def cell(self, label: str | None, metric: str, target: str = "") -> Cell | None:
        gain = self.gains.get((str(label).replace("-", "_"), target))
        return None if gain is None else Cell(gain)

    def better(self, one: Cell, other: Cell, metric: str, *, among: int) -> bool:
        return one.mean > other.mean + 0.03


def test_the_report_warns_where_copies_or_noise_gain_and_where_generated_beats_real() -> None:
    fine = MadeUp(
        vae__generated=0.02, vae__real=0.05, control_noise__generated=-0.03, control_train_copy__generated=0.01
    )
    assert list(sanity(None, fine)) == []  # type: ignore[arg-type]
    wrong = MadeUp(vae__generated=0.09, vae__real=0.05, control_noise__generated=0.08)
    said = list(sanity(None, wrong))  # type: ignore[arg-type]
    assert said == [
        "control-noise teaches nothing new, but gains 0.080.",
        "vae helps more than as many real examples, which no model can.",
    ]
