"""Tuning: equal budgets, the default first, `val` and nothing of the test, every trial counted, none done twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tuning_toys import FITTED, VAL_AT, suite_of, tuned

from genbench.core.errors import UnknownName, UsageError
from genbench.core.values import Status
from genbench.data.loading import load_dataset
from genbench.runs import suite_file
from genbench.runs.suite import ModelUse
from genbench.tuning import strategies
from genbench.tuning.records import Search, Study
from genbench.tuning.targets import target


def rows(x: torch.Tensor) -> set[tuple[float, ...]]:
    return {tuple(row) for row in x.flatten(1).tolist()}


@pytest.mark.parametrize("name", ["digits", "ring8", "two-places", "digits-without-3"])
def test_a_tuner_sees_nothing_of_the_test(name: str) -> None:
    data, view = load_dataset(name), load_dataset(f"{name}@val")
    hidden = rows(data.reference.x) | rows(data.ceiling.x)
    parts = {
        "train": view.train,
        "val": view.val,
        "reference": view.reference,
        "ceiling": view.ceiling,
        **view.outliers,
    }
    shown = set.union(*(rows(part.x) for part in parts.values()))
    duplicates = rows(data.train.x) | rows(data.val.x)  # digits has some images twice
    assert not (shown & hidden) - duplicates
    assert view.reference is view.val and view.density is None and view.outliers.keys() == {"shuffled"}


def test_a_set_without_val_holds_out_a_fifth_of_its_training_part() -> None:
    data, view = load_dataset("digits"), load_dataset("digits@val")
    assert len(view.val) == len(data.train) // 5 and len(view.train) + len(view.val) == len(data.train)
    assert torch.equal(view.val.x, load_dataset("digits@val").val.x)
    shuffled = view.outliers["shuffled"].x
    assert torch.equal(shuffled.sort(0).values, view.val.x.sort(0).values) and not torch.equal(shuffled, view.val.x)


def test_the_winner_is_best_on_val_and_not_on_the_reference(tmp_path: Path) -> None:
    (study,) = tuned(tmp_path, suite_of("tune-toy"), trials=8).studies
    assert study.best is not None and study.best.options["shift"] == VAL_AT
    assert study.best.value == min(t.value for t in study.ended_well)
    assert study.default is not None and study.gain is not None and 0 < study.gain < 1 and study.better >= 1


def test_every_row_gets_the_same_trials_at_the_same_budget_and_the_default_first(tmp_path: Path) -> None:
    alone = tuned(tmp_path / "a", suite_of("tune-toy"), trials=4, seed=3).studies
    both = tuned(tmp_path / "b", suite_of("tune-fragile", "tune-toy"), trials=4, seed=3).studies
    assert [[t.index for t in study.trials] for study in both] == [[0, 1, 2, 3]] * 2
    assert all(study.trials[0].options == {} for study in both)
    assert [t.options for t in alone[0].trials] == [t.options for t in both[1].trials]
    assert [t.value for t in alone[0].trials] == [t.value for t in both[1].trials]


def test_the_same_call_again_trains_nothing_and_more_trials_train_only_those(tmp_path: Path) -> None:
    first = tuned(tmp_path, suite_of("tune-toy"), trials=3)
    FITTED.clear()
    again = tuned(tmp_path, suite_of("tune-toy"), trials=3)
    assert FITTED == [] and again.done == 0 and again.cost() == first.cost()
    assert [t.value for t in again.studies[0].trials] == [t.value for t in first.studies[0].trials]
    more = tuned(tmp_path, suite_of("tune-toy"), trials=5)
    assert len(FITTED) == more.done == 2


def test_a_trial_that_diverges_is_spent_with_its_reason_and_its_images(tmp_path: Path) -> None:
    (study,) = tuned(tmp_path, suite_of("tune-fragile"), trials=6).studies
    bad = [t for t in study.trials if t.status is Status.DIVERGED]
    assert bad and study.failed == len(bad) and len(study.trials) == 6
    assert all(t.value is None and t.reason == "the loss became NaN." and t.images == 256 for t in bad)
    assert study.best is not None and study.best.index == 0


def test_a_default_that_diverges_is_said_and_not_compared_with(tmp_path: Path) -> None:
    exploding = suite_of("tune-fragile", options={"two-places": {"tune-fragile": {"shift": 4.0}}})
    tuning = tuned(tmp_path, exploding, trials=6)
    (study,) = tuning.studies
    assert study.default is None and study.gain is None and study.trials[0].status is Status.DIVERGED
    assert study.best is not None and study.best.options == {"shift": 3.0}
    found = study.tuned(tuning.search)
    assert found is not None and found.default is None and (found.trials, found.failed) == (6, study.failed)


def test_of_equals_the_default_stays(tmp_path: Path) -> None:
    (study,) = tuned(tmp_path, suite_of("tune-fragile"), trials=6).studies
    assert study.best is study.default and study.gain == 0 and study.better == 0


def test_trials_are_trained_from_a_seed_that_no_suite_measures_with(tmp_path: Path) -> None:
    (study,) = tuned(tmp_path, suite_of("tune-toy", seeds=100), trials=2, seed=1).studies
    assert {t.seed for t in study.trials} == {1_000_001}


def test_the_record_holds_every_trial(tmp_path: Path) -> None:
    tuning = tuned(tmp_path, suite_of("tune-toy", "tune-idle"), trials=3)
    record = json.loads((tmp_path / "tuning.json").read_text())
    (study,) = record["studies"]
    assert [t["index"] for t in study["trials"]] == [0, 1, 2] and study["split"] == "val"
    assert record["images"] == tuning.cost()[1] > 0 and record["seconds"] > 0
    assert {"options", "seed", "status", "value", "images", "fitting", "scoring"} <= study["trials"][1].keys()
    assert "tune-idle" in record["idle"]


def test_a_later_tuning_must_beat_the_suites_own_options_and_not_an_earlier_tunings(tmp_path: Path) -> None:
    found = {"two-places": {"tune-toy": {"shift": 0.0}}}
    by_hand = suite_of("tune-toy", options=found)
    (study,) = tuned(tmp_path / "a", by_hand, trials=2).studies
    assert study.base == {"shift": 0.0}
    cost = {"metric": "sliced-wasserstein", "value": 1.0, "trials": 2, "images": 5, "seconds": 1.0}
    (study,) = tuned(
        tmp_path / "b", suite_of("tune-toy", options=found, tuned={"two-places": {"tune-toy": cost}}), trials=2
    ).studies
    assert study.base == {}


def test_a_space_for_an_option_that_is_none_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'shfit'.*did you mean 'shift'"):
        tuned(tmp_path, suite_of("tune-misspelt"), trials=2)


def test_where_nothing_can_be_tuned_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tune-idle: no option to tune"):
        tuned(tmp_path, suite_of("tune-idle"), trials=2)


def test_unknown_samplers_and_metrics_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="take 'optuna'"):
        tuned(tmp_path, suite_of("tune-toy"), sampler="optona")
    with pytest.raises(UnknownName, match="did you mean 'frechet'"):
        tuned(tmp_path, suite_of("tune-toy"), metric="frechett")
    with pytest.raises(UsageError, match="nothing can be tuned for 'parameters'"):
        tuned(tmp_path, suite_of("tune-toy"), metric="parameters")


@pytest.mark.parametrize(
    ("model", "dataset", "metric"),
    [
        ("vae", "digits", "frechet"),
        ("ae", "digits", "mse"),
        ("ae+gmm10", "digits", "frechet"),
        ("knn", "digits", "auroc"),
        ("vae", "ring8", "sliced-wasserstein"),
        ("vae", "digits-without-3", "auroc"),
    ],
)
def test_a_row_is_tuned_for_the_suites_headline_that_it_can_give(model: str, dataset: str, metric: str) -> None:
    suite = suite_file.read(suite_file.find("quick"))
    if dataset == "digits-without-3":  # where only outlier detection is asked for
        suite = suite.model_copy(
            update={"evaluations": tuple(e for e in suite.evaluations if e.name == "outlier-detection")}
        )
    aim = target(suite, ModelUse(use=model), load_dataset(dataset).facts)
    assert aim is not None and aim.metric == metric and aim.config.metrics == (metric,)


def test_tpe_proposes_the_same_again_and_learns(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    (study,) = tuned(tmp_path, suite_of("tune-toy"), trials=8, sampler="optuna").studies
    assert study.trials[0].options == {} and len(study.trials) == 8
    assert study.best is not None and study.best.options["shift"] == VAL_AT
    FITTED.clear()
    (again,) = tuned(tmp_path, suite_of("tune-toy"), trials=8, sampler="optuna").studies
    assert FITTED == [] and [t.options for t in again.trials] == [t.options for t in study.trials]


def test_random_draws_of_tpe_are_one_round_and_the_proposals_those_of_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")

    class OneByOne(strategies.OptunaDraws):
        def __init__(self, study: Study, search: Search) -> None:
            super().__init__(study, search)
            assert self.rounds == [[0], [1, 2, 3], [4], [5], [6], [7]]
            self.rounds = [[trial] for trial in range(search.trials)]

    found = tuned(tmp_path / "a", suite_of("tune-toy", "tune-fragile"), trials=8, sampler="optuna").studies
    monkeypatch.setitem(strategies.STRATEGIES, "optuna", OneByOne)
    expected = tuned(tmp_path / "b", suite_of("tune-toy", "tune-fragile"), trials=8, sampler="optuna").studies
    for one, other in zip(found, expected, strict=True):
        assert [t.options for t in one.trials] == [t.options for t in other.trials]


def test_without_optuna_the_way_to_install_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install genbench\[tune\]"):
        tuned(tmp_path, suite_of("tune-toy"), sampler="optuna")
