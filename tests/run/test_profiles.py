"""Profiles: a suite in another size, by one word; and `metrics = "all"`."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench import registry
from genbench.core.errors import SuiteError
from genbench.core.records import DataFacts, DataKind
from genbench.evaluations.choice import Choice, choose
from genbench.runs import suite_file

SUITE = """
schema = 1
name = "mine"
models = ["vae"]
datasets = ["digits"]
[budget]
images = 1_000
batch = 64
[[evaluations]]
name = "density"
samples = 50_000
[[evaluations]]
name = "diversity"
[profiles.small]
seeds = 2
datasets = ["ring8"]
budget = { images = 10 }
[profiles.small.evaluations.density]
samples = 2_000
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(SUITE)
    return file


def test_a_profile_takes_the_place_of_what_it_names(path: Path) -> None:
    suite = suite_file.read(path, profile="small")
    assert (suite.name, suite.seeds, suite.datasets) == ("mine-small", 2, ("ring8",))
    assert (suite.budget.images, suite.budget.batch) == (10, 64)
    assert [getattr(e, "samples", None) for e in suite.evaluations] == [2_000, 10_000]


@pytest.mark.parametrize("word", ["", "full"])
def test_full_is_the_suite_as_it_stands(path: Path, word: str) -> None:
    suite = suite_file.read(path, profile=word)
    assert (suite.name, suite.seeds, suite.budget.images) == ("mine", 3, 1_000)


def test_settings_go_before_the_profile(path: Path) -> None:
    assert suite_file.read(path, profile="small", settings=["seeds=7"]).seeds == 7


def test_an_unknown_profile_is_a_sentence(path: Path) -> None:
    with pytest.raises(SuiteError, match="has no profile 'smal': did you mean 'small'"):
        suite_file.read(path, profile="smal")


def test_a_profile_of_an_evaluation_that_is_not_there_is_a_sentence(path: Path) -> None:
    path.write_text(SUITE + "[profiles.small.evaluations.speed]\nbatch = 1\n")
    with pytest.raises(SuiteError, match="no evaluation 'speed'"):
        suite_file.read(path, profile="small")


@pytest.mark.parametrize("name", suite_file.names())
def test_every_profile_of_every_suite_can_be_read(name: str) -> None:
    for profile in suite_file.profiles(name):
        assert suite_file.read(suite_file.find(name), profile=profile).models


def test_all_metrics_are_those_of_the_evaluations_group_that_the_data_allows() -> None:
    record = registry.evaluations.get("sample-quality").card
    config = record.config(name="sample-quality", metrics="all")
    facts = DataFacts(name="mine", fingerprint="", kind=DataKind.IMAGES, has=frozenset({"images"}))
    choice = choose(record, config, facts)
    assert isinstance(choice, Choice) and choice.notes == ()
    group = [e.card.name for e in registry.metrics if e.card.group == "sample-quality"]
    assert set(choice.metrics) == set(group) - {"inception-score"}  # which needs labels
    assert choice.headline == "frechet"


def test_a_suite_may_ask_for_all_metrics(path: Path) -> None:
    path.write_text(
        SUITE.replace('name = "diversity"', 'name = "diversity"\nmetrics = "all"\nheadline = "vendi-ratio"')
    )
    assert suite_file.read(path).evaluations[1].metrics == ("all",)
