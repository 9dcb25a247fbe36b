"""Suites: what a file may say, and the sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench.core.errors import SuiteError, UnknownName
from genbench.runs import suite_file
from genbench.runs.suite import select

GOOD = """
schema = 1
name = "small"
models = ["vae", "ae+gmm10", { use = "vae", as = "vae-z2", latent = 2 }]
datasets = ["digits"]
[budget]
images = 1_000
[[evaluations]]
name = "sample-quality"
headline = "frechet"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_the_suites_that_come_with_genbench_are_readable() -> None:
    for name in suite_file.names():
        assert suite_file.read(suite_file.find(name)).name == name


def test_a_use_knows_model_sampler_label_and_options(tmp_path: Path) -> None:
    suite = suite_file.read(write(tmp_path, GOOD))
    assert [(u.name, u.model, u.sampler, u.options) for u in suite.models] == [
        ("vae", "vae", "", {}),
        ("ae+gmm10", "ae", "gmm10", {}),
        ("vae-z2", "vae", "", {"latent": 2}),
    ]


@pytest.mark.parametrize(
    ("wrong", "key", "near"),
    [
        (GOOD.replace("datasets =", "dataset ="), "dataset", "datasets"),
        (GOOD.replace("images =", "image ="), "budget.image", "images"),
        (GOOD.replace("headline =", "headlines ="), "headlines", "headline"),
        (GOOD.replace('"sample-quality"', '"sample-qualty"'), "sample-qualty", "sample-quality"),
    ],
)
def test_a_misspelt_key_is_refused_with_file_key_and_nearest(tmp_path: Path, wrong: str, key: str, near: str) -> None:
    path = write(tmp_path, wrong)
    with pytest.raises(SuiteError) as caught:
        suite_file.read(path)
    message = str(caught.value)
    assert str(path) in message and key in message and near in message


def test_an_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'vae'"):
        suite_file.read(write(tmp_path, GOOD.replace('["vae",', '["vea",')))


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="two models are called 'vae'"):
        suite_file.read(write(tmp_path, GOOD.replace('["vae",', '["vae", "vae",')))


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "schema = ")
    with pytest.raises(SuiteError, match="mine.toml"):
        suite_file.read(path)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="schema = 1"):
        suite_file.read(write(tmp_path, GOOD.replace("schema = 1", "schema = 2")))


def test_set_changes_one_value_and_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert suite_file.read(path, settings=["budget.images=7"]).budget.images == 7
    with pytest.raises(SuiteError, match="images"):
        suite_file.read(path, settings=["budget.image=7"])
    with pytest.raises(SuiteError, match="KEY=VALUE"):
        suite_file.read(path, settings=["budget.images"])


def test_families_are_spelt_out(tmp_path: Path) -> None:
    suite = suite_file.read(write(tmp_path, GOOD.replace('["vae",', '["vae", "family:control",')))
    labels = [u.name for u in suite.models]
    assert {"control-train-copy", "control-test-half", "control-marginals"} <= set(labels)
    with pytest.raises(UnknownName, match="family:control"):
        suite_file.read(write(tmp_path, GOOD.replace('["vae",', '["vae", "family:controls",')))


def test_select_narrows_and_adds(tmp_path: Path) -> None:
    suite = suite_file.read(write(tmp_path, GOOD))
    chosen = select(suite, ["vae-z2", "gan"], [], 5)
    assert [u.name for u in chosen.models] == ["vae-z2", "gan"]
    assert chosen.models[0].options == {"latent": 2} and chosen.seeds == 5
    with pytest.raises(UnknownName):
        select(suite, ["nosuch"], [], None)
