"""Suites: what a file may say, and the sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench import registry
from genbench.core.errors import SuiteError, UnknownName
from genbench.runs import suite_file
from genbench.runs.options import Options, chosen_suite
from genbench.runs.suite import Suite, select

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


OVER = GOOD + "[options.digits]\nvae = { latent = 8, width = 32 }\n"


def over(tmp_path: Path, *settings: str, **more: object) -> Suite:
    given = Options(out=tmp_path / "out", settings=settings, **more)  # type: ignore[arg-type]
    return chosen_suite(str(write(tmp_path, OVER)), given)


def test_set_reaches_the_suite_an_evaluation_and_a_row(tmp_path: Path) -> None:
    suite = over(tmp_path, "budget.images=7", "sample-quality.samples=50", "vae.latent=2", "ae+gmm10.latent=3")
    by_name = {use.name: suite.options_of(use, "digits") for use in suite.models}
    assert suite.budget.images == 7 and suite.evaluations[0].samples == 50  # type: ignore[attr-defined]
    assert by_name == {"vae": {"latent": 2, "width": 32}, "ae+gmm10": {"latent": 3}, "vae-z2": {"latent": 2}}
    added = over(tmp_path, "beta-vae.latent=5", models=("beta-vae",))
    assert [(use.name, use.options) for use in added.models] == [("beta-vae", {"latent": 5})]


@pytest.mark.parametrize(
    "setting, words",
    [
        ("budget.imags=3", "unknown key 'budget.imags': did you mean 'images'"),
        ("sample-quality.sampels=3", "unknown key .*did you mean 'samples'"),
        ("vae.latnt=3", "'vae' has no option 'latnt': did you mean 'latent'"),
        ("beta-vae.latent=3", r"no row 'beta-vae'; it has vae, ae\+gmm10, vae-z2"),
        ("models=['vea']", "no model is called 'vea'"),
        ("seeds=none", "seeds"),
    ],
)
def test_an_error_of_set_is_said_of_set(tmp_path: Path, setting: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words) as caught:
        over(tmp_path, "budget.images=8", setting)
    assert str(caught.value).startswith(f"--set {setting!r}: ") and "mine.toml" not in str(caught.value)


def test_an_error_of_the_file_is_said_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"mine\.toml.*datasets"):
        suite_file.read(write(tmp_path, GOOD.replace('"digits"', '"digit"')), settings=["budget.images=8"])


def test_datasets_have_names_of_their_own(tmp_path: Path) -> None:
    table = GOOD.replace('["digits"]', '["digits", { use = "npz:a.npz", as = "usps" }, "mine=csv:b.csv?label=k"]')
    suite = suite_file.read(write(tmp_path, table))
    assert suite.datasets == ("digits", "usps", "mine")
    assert suite.named == {"usps": "npz:a.npz", "mine": "csv:b.csv?label=k"}
    again = chosen_suite(suite, Options(out=tmp_path / "out", datasets=("usps@20", "more=folder:c")))
    assert again.datasets == ("usps@20", "more") and again.named == suite.named | {"more": "folder:c"}
    for wrong, words in (
        ('{ use = "npz:a.npz", as = "mnist" }', "'mnist' of npz:a.npz is a dataset of genbench"),
        ('"mnist=npz:a.npz"', "'mnist' of npz:a.npz is a dataset of genbench"),
        ('{ use = "npz:a.npz", name = "x" }', "'name' is unknown"),
        ('{ use = "npz:a.npz", as = "x y" }', "not of letters"),
        ('"x=npz:a.npz", "x=npz:b.npz"', "'x' stands for two datasets"),
        ('"a.npz"', "'a.npz' is a path: name it 'npz:a.npz'"),
    ):
        with pytest.raises(SuiteError, match=words):
            suite_file.read(write(tmp_path, GOOD.replace('"digits"', wrong)))


def test_narrowing_keeps_the_controls_unless_they_are_refused(tmp_path: Path) -> None:
    text = GOOD.replace('models = ["vae",', 'models = ["family:control", "vae",')
    suite = suite_file.read(write(tmp_path, text))
    controls = [use.name for use in suite.models if registry.models.get(use.model).card.family == "control"]
    assert [use.name for use in select(suite, ["vae"], [], None, controls=True).models] == ["vae", *controls]
    assert [use.name for use in select(suite, ["vae"], [], None).models] == ["vae"]
    named = select(suite, ["vae", controls[0]], [], None, controls=True)
    assert [use.name for use in named.models] == ["vae", controls[0]]


def test_options_of_rows_that_were_not_chosen_go_with_them(tmp_path: Path) -> None:
    file = tmp_path / "named.toml"
    file.write_text(
        'schema = 1\nname = "named"\nsummary = "Rows of the suite\'s own naming."\ndatasets = ["ring8", "grid25"]\n'
        'models = ["gan", { use = "pacgan", as = "packs" }]\n[[evaluations]]\nname = "diversity"\n'
        "[options.ring8]\npacks = { pack = 4 }\ngan = { width = 32 }\n"
    )
    only = chosen_suite(str(file), Options(models=["gan"]))
    assert only.options == {"ring8": {"gan": {"width": 32}}}
    both = chosen_suite(str(file), Options(models=["gan", "packs"]))
    assert both.options["ring8"]["packs"] == {"pack": 4}
    file.write_text(file.read_text().replace("packs = {", "pakcs = {"))
    with pytest.raises(SuiteError, match="pakcs"):
        chosen_suite(str(file), Options(models=["gan"]))
