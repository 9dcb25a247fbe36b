"""What was found becomes tables of the suite: read again as they were written, and used by the next run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.core.errors import SuiteError
from genbench.core.records import DataFacts, DataKind
from genbench.report.tuning import option_rows
from genbench.runs import suite_file
from genbench.runs.plan import Conditions, make_plan
from genbench.runs.suite import Suite, Tuned, select
from genbench.tuning.tables import toml_tables, write_copy

SUITE = """\
schema = 1
name = "mine"            # a comment that stays
models = ["vae", "ae+gmm10", { use = "vae", as = "vae-z2", latent = 2 }]
datasets = ["ring8", "digits"]
[options.digits]
vae = { latent = 4 }
[budget]
images = 256
[[evaluations]]
name = "reconstruction"
samples = 50
"""
COST = Tuned(metric="mse", value=1.0, default=2.0, trials=3, images=768, seconds=1.5)
VALUES = st.one_of(
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x7f"), max_size=8),
)


def written(folder: Path, text: str = SUITE) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def with_tables(suite: Suite, options: dict, tuned: dict | None = None) -> Suite:
    return suite.model_copy(update={"options": options, "tuned": tuned or {}})


@given(
    st.dictionaries(
        st.text("abc.+ é-", min_size=1, max_size=6), st.dictionaries(st.text("ab_ü", min_size=1), VALUES), max_size=3
    )
)
def test_tables_are_read_as_they_were_written(rows: dict) -> None:
    import tomllib

    suite = with_tables(Suite.model_construct(), {"a set": rows} if rows else {})
    assert tomllib.loads(toml_tables(suite)).get("options", {}).get("a set", {}) == rows


def test_the_copy_differs_in_name_and_tables_alone(tmp_path: Path) -> None:
    source, target = written(tmp_path), tmp_path / "copy.toml"
    found = {"digits": {"ae+gmm10": {"latent": 8}}, "ring8": {"vae": {"lr": 1e-05}}}
    write_copy(source, with_tables(suite_file.read(source), found, {"ring8": {"vae": COST}}), target)
    copy = suite_file.read(target)
    assert copy.name == "mine-tuned" and copy.options == found and copy.tuned == {"ring8": {"vae": COST}}
    assert "# a comment that stays" not in target.read_text() and "vae = { latent = 4 }" not in target.read_text()
    rest = {"name": "", "options": {}, "tuned": {}}
    assert copy.model_copy(update=rest) == suite_file.read(source).model_copy(update=rest)


def test_a_copy_of_a_copy_has_the_tables_once(tmp_path: Path) -> None:
    source, first, second = written(tmp_path), tmp_path / "1.toml", tmp_path / "2.toml"
    write_copy(
        source, with_tables(suite_file.read(source), {"ring8": {"vae": {"lr": 0.002}}}, {"ring8": {"vae": COST}}), first
    )
    write_copy(first, suite_file.read(first), second)
    assert first.read_text() == second.read_text()


def test_tables_that_cannot_be_replaced_are_refused(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        "options = { digits = { vae = { latent = 4 } } }\n"
        + SUITE.replace("[options.digits]\nvae = { latent = 4 }\n", ""),
    )
    with pytest.raises(SuiteError, match="copy"):
        write_copy(
            source, with_tables(suite_file.read(source), {"ring8": {"vae": {"lr": 0.1}}}), tmp_path / "copy.toml"
        )
    assert not (tmp_path / "copy.toml").exists()


def test_a_table_goes_before_the_rows_own_options_and_is_part_of_the_key(tmp_path: Path) -> None:
    plain = suite_file.read(written(tmp_path, SUITE.replace("vae = { latent = 4 }", "")))
    tabled = suite_file.read(
        written(tmp_path, SUITE.replace("vae = { latent = 4 }", "vae-z2 = { latent = 4, lr = 0.01 }"))
    )
    facts = {"digits": DataFacts(name="digits", fingerprint="a", kind=DataKind.IMAGES)}
    facts["ring8"] = DataFacts(name="ring8", fingerprint="b", kind=DataKind.POINTS, has=frozenset({"density", "modes"}))
    conditions = Conditions(datasets=facts)
    before, after = ({j.key: j for j in make_plan(s, conditions).jobs} for s in (plain, tabled))
    changed = [job for key, job in after.items() if key not in before]
    assert {(j.row.label, j.row.dataset) for j in changed} == {("vae-z2", "digits")}
    assert all(j.fit.options == {"latent": 4, "lr": 0.01} for j in changed)


def test_the_report_says_which_options_are_not_the_defaults_and_how_they_were_found(tmp_path: Path) -> None:
    suite = suite_file.read(written(tmp_path)).model_copy(update={"tuned": {"digits": {"vae": COST}}})
    told = {(r.label, r.dataset): r for r in option_rows(suite.model_dump(mode="json", by_alias=True))}
    assert told.keys() == {("vae", "digits"), ("vae-z2", "digits"), ("vae-z2", "ring8")}
    assert told["vae", "digits"].options == "latent = 4"
    assert "3 trials" in told["vae", "digits"].origin and "768 images" in told["vae", "digits"].origin
    assert told["vae-z2", "ring8"].origin == "the suite's own"


def test_a_table_may_hold_rows_that_models_adds_later(tmp_path: Path) -> None:
    text = SUITE.replace("vae = { latent = 4 }", '"rae-l2+gmm10" = { latent = 4 }')
    suite = select(suite_file.read(written(tmp_path, text)), ["rae-l2+gmm10"], [], None)
    assert suite.options_of(suite.models[0], "digits") == {"latent": 4}


def test_a_table_may_be_of_a_set_made_of_another(tmp_path: Path) -> None:
    for made in ("digits-without-3", "digits@val"):
        suite = suite_file.read(written(tmp_path, SUITE.replace("[options.digits]", f'[options."{made}"]')))
        assert suite.options_of(suite.models[0], made) == {"latent": 4}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (SUITE.replace("[options.digits]", "[options.digit]"), ("options.digit", "did you mean 'digits'")),
        (SUITE.replace("vae = {", "vea = {"), ("options.digits", "'vea'", "did you mean 'vae'")),
        (SUITE.replace("vae = { latent = 4 }", "vae = 3"), ("options.digits.vae is a table", "got 3")),
        (SUITE.replace("[options", "[option"), ("unknown key 'option'", "'options'")),
        (SUITE + '[tuned.digits]\nvae = { metrc = "mse" }\n', ("metrc", "'metric'")),
    ],
)
def test_a_wrong_table_is_a_sentence_with_the_nearest_name(tmp_path: Path, wrong: str, words: tuple[str, ...]) -> None:
    with pytest.raises(SuiteError) as caught:
        suite_file.read(written(tmp_path, wrong))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def genbench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv = ['genbench', *{list(arguments)!r}]; from genbench.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_tune_then_run_from_the_command_line(tmp_path: Path) -> None:
    written(tmp_path, SUITE.replace('["ring8", "digits"]', '["digits"]'))
    common = ("--models", "vae,vae-z2,control-noise", "--executor", "inline", "--device", "cpu")
    done = genbench("tune", "mine.toml", *common, "--trials", "3", "--metric", "mse", "-o", "found.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(
        word in done.stdout
        for word in ("on val", "default", "[tuned.digits]", "genbench run found.toml", "control-noise")
    )
    copy = suite_file.read(tmp_path / "found.toml")
    assert copy.tuned["digits"]["vae"].trials == 3 and copy.tuned["digits"]["vae"].images == 768
    ran = genbench("run", "found.toml", *common, "--seeds", "1", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "runs" / "mine-tuned" / "report.html").read_text()
    assert "Options and how they were found" in page and "3 trials" in page
    again = genbench("tune", "mine.toml", *common, "--trials", "3", "--metric", "mse", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["studies"][0]["trials"][0]["options"] == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tune", "quick", "--models", "vea"), ("did you mean 'vae'",)),
        (("tune", "quick", "--set", "options.digits.vea.lr=1"), ("did you mean 'vae'",)),
        (("tune", "quick", "--set", "options.digits.vae.latnt=1"), ("did you mean 'latent'",)),
        (("tune", "quick", "--trials", "0"), ("--trials",)),
        (("tune", "quick", "-o", "."), ("-o names the folder", "tuned.toml")),
        (("tune", "quick", "--out", __file__), ("--out names a folder", "is a file")),
    ],
)
def test_wrong_input_is_a_sentence_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = genbench(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
