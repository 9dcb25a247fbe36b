"""The in-domain classifier: accurate, deterministic, trained once, refused where it is not accurate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from genbench.core.errors import Unsupported
from genbench.data.loading import load_dataset
from genbench.encoders import in_domain as module
from genbench.encoders.classifier import ClassifierNet, images_shown, train_classifier
from genbench.encoders.in_domain import in_domain, stated_accuracy
from genbench.protocols.dataset import Dataset, DataSpec, Split
from genbench.protocols.encoder import Classifier, Encoder

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def without_3() -> Dataset:
    return load_dataset("digits-without-3")


def test_the_shipped_classifier_of_digits_is_accurate(cache: Path) -> None:
    classifier = in_domain(load_dataset("digits"), cache=cache / "unused", device=CPU)
    assert isinstance(classifier, Encoder) and isinstance(classifier, Classifier)
    assert classifier.accuracy >= 0.96
    assert not (cache / "unused").exists()


def test_training_again_gives_the_same_classifier_and_is_needed_once(
    cache: Path, without_3: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = in_domain(without_3, cache=cache / "a", device=CPU)
    assert first.accuracy > 0.96
    second = in_domain(without_3, cache=cache / "b", device=CPU)
    assert second.fingerprint == first.fingerprint
    monkeypatch.setattr(module, "train_classifier", None)
    assert in_domain(without_3, cache=cache / "a", device=CPU).fingerprint == first.fingerprint
    assert [p.suffix for p in (cache / "a" / "rulers").iterdir()] == [".safetensors"]


def test_features_do_not_depend_on_batch_mates_and_probabilities_sum_to_one(cache: Path) -> None:
    digits = load_dataset("digits")
    classifier = in_domain(digits, cache=cache, device=CPU)
    x = digits.reference.x[:40]
    torch.testing.assert_close(torch.cat([classifier.features(row) for row in x.split(1)]), classifier.features(x))
    torch.testing.assert_close(classifier.probabilities(x).sum(1), torch.ones(40))
    assert classifier.features(x).min() >= 0


def test_a_classifier_that_is_not_accurate_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = load_dataset("digits")
    assert digits.reference.y is not None
    wrong = replace(digits, reference=replace(digits.reference, y=digits.reference.y.roll(1)))
    with pytest.raises(Unsupported, match="less than the 96.0% that it must have"):
        in_domain(wrong, cache=cache, device=CPU)


def test_the_stated_accuracy_can_be_reached_for_any_number_of_classes() -> None:
    digits = load_dataset("digits")
    for classes in (2, 3, 4, 10):
        y = torch.arange(120) % classes
        data = replace(digits, name="mine", spec=DataSpec((1, 8, 8), None, classes), reference=Split(y, y))
        assert 1 / classes < stated_accuracy(data) < 1
    assert stated_accuracy(data) == pytest.approx(0.3)
    ordinary = Split(torch.zeros(50), torch.zeros(50, dtype=torch.int64))
    assert stated_accuracy(replace(data, reference=ordinary)) == pytest.approx(0.3)  # not 1, as for a class of all


def test_sets_without_labels_or_images_are_refused(cache: Path) -> None:
    for name in ("digits-only-3", "ring8"):
        with pytest.raises(Unsupported, match="in-domain"):
            in_domain(load_dataset(name), cache=cache, device=CPU)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 48), (2, 7, 300)])
def test_the_network_takes_every_size(shape: tuple[int, int, int]) -> None:
    net = ClassifierNet(shape, 4).eval()
    assert net(torch.rand(2, *shape)).shape == (2, 4)


def test_the_global_random_state_and_the_threads_are_left_alone(
    without_3: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genbench.encoders.classifier.images_shown", lambda n: 256)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    train_classifier(without_3.train, 9, "test")
    assert torch.get_rng_state().equal(state)
    assert torch.get_num_threads() == threads


def test_the_budget_is_bounded() -> None:
    assert [images_shown(n) for n in (10, 899, 5_000, 50_000)] == [40_000, 40_000, 125_000, 250_000]


def test_half_a_classifier_is_set_aside_and_trained_anew(
    tmp_path: Path, without_3: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "stated_accuracy", lambda dataset: 0.0)
    monkeypatch.setattr("genbench.encoders.classifier.images_shown", lambda n: 256)
    path = tmp_path / "rulers" / f"{module.train_fingerprint(without_3)}.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"half")
    in_domain(without_3, cache=tmp_path, device=CPU)
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name, f"{path.name}.broken"]


@pytest.mark.slow
def test_the_shipped_classifier_of_mnist_reaches_99_percent(data_root: Path, tmp_path: Path) -> None:
    classifier = in_domain(load_dataset("mnist", root=data_root), cache=tmp_path, device=CPU)
    assert classifier.accuracy >= 0.99
    assert not list(tmp_path.iterdir())


def test_shipped_weights_are_small_and_say_what_they_are() -> None:
    for path in module.WEIGHTS.glob("*.safetensors"):
        assert path.stat().st_size < 2**20
        with safe_open(path, "pt") as file:
            about = file.metadata()
        assert about["recipe"] == "ruler-1" and path.stem == f"{about['dataset']}-{about['train']}"
        assert float(about["accuracy"]) >= module.STATED_ACCURACY[about["dataset"]]
