"""The commands beside a run, on one tiny run."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import genbench
from genbench.cli.app import app
from genbench.cli.main import main
from genbench.core.errors import DataError, UnknownName, UsageError

SUITE = """
schema = 1
name = "tiny"
models = ["vae", "ae+gmm10", "control-train-copy", "control-test-half"]
datasets = ["digits"]
seeds = 1
[budget]
images = 2_560
[[evaluations]]
name = "sample-quality"
headline = "kid"
[[evaluations]]
name = "speed"
images = 256
seconds = 0.01
batch = 64
"""


def call(*arguments: str) -> Result:
    assert main
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tools")
    (path / "tiny.toml").write_text(SUITE)
    done = call("run", str(path / "tiny.toml"), "--executor", "inline", "--device", "cpu", "--out", str(path / "a"))
    assert done.exit_code == 0, done.output
    return path


def test_a_second_run_has_nothing_to_do(folder: Path) -> None:
    done = call("run", str(folder / "tiny.toml"), "--executor", "inline", "--device", "cpu", "--out", str(folder / "a"))
    assert done.exit_code == 0 and "Nothing was missing" in done.output


def test_a_run_leaves_what_the_contract_says(folder: Path) -> None:
    assert {"genbench.db", "artifacts", "report.html", "run.json"} <= {p.name for p in (folder / "a").iterdir()}
    page = (folder / "a" / "report.html").read_text()
    assert "control-test-half" in page
    for tag in ('src="http', 'href="http', "url(http", "@import"):
        assert tag not in page
    provenance = json.loads((folder / "a" / "run.json").read_text())["provenance"]
    assert provenance["datasets"]["digits"]["fingerprint"] and provenance["versions"]["torch"]


def test_samples_are_the_ones_that_were_measured(folder: Path) -> None:
    out = folder / "s.npy"
    assert call("sample", str(folder / "a"), "ae+gmm10", "-n", "5", "-o", str(out)).exit_code == 0
    fitted = genbench.load(folder / "a").model("ae+gmm10", dataset="digits")
    assert np.array_equal(np.load(out), fitted.sample(7)[:5].numpy())
    assert call("sample", str(folder / "a"), "vae", "-o", str(folder / "s.png")).exit_code == 0
    assert (folder / "s.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_that_was_not_run_is_named(folder: Path) -> None:
    run = genbench.load(folder / "a")
    with pytest.raises(UnknownName, match="ae\\+gmm10"):
        run.model("ae+gmm1", dataset="digits")
    with pytest.raises(DataError, match="there are: digits seed 0"):
        run.model("vae", dataset="ring8")


def test_the_table_has_the_contract_columns_first(folder: Path) -> None:
    done = call("export", str(folder / "a"), "--format", "csv")
    header = done.output.splitlines()[0]
    assert header.startswith(
        "model,family,sampler,dataset,seed,evaluation,metric,target,value,ci_low,ci_high,n,direction,kind,encoder,status,"
        "reason,seconds"
    )
    tidy = list(genbench.load(folder / "a").table().columns)
    assert header.split(",") == [*tidy, "place", "last_place", "leads"]


def test_the_ending_of_the_file_says_the_format(folder: Path, tmp_path: Path) -> None:
    """A table of csv had been called `auto.json`."""
    for name, begins in (
        ("t.json", b"["),
        ("t.tex", b"\\begin{table}"),
        ("t.md", b"#"),
        ("t.bib", b"@"),
        ("t.csv", b"model,"),
    ):
        assert call("export", str(folder / "a"), "-o", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().lstrip().startswith(begins), (tmp_path / name).read_bytes()[:60]
    assert call("export", str(folder / "a"), "-o", str(tmp_path / "t.md"), "--format", "csv").exit_code == 0
    assert (tmp_path / "t.md").read_bytes().startswith(b"model,")


def test_rows_that_one_run_alone_has_are_named(folder: Path, tmp_path: Path) -> None:
    with sqlite3.connect(folder / "a" / "genbench.db") as source, sqlite3.connect(tmp_path / "genbench.db") as copy:
        source.backup(copy)
        copy.execute("delete from plan_jobs where job in (select key from jobs where label = 'vae')")
    source.close()
    copy.close()
    assert "In A alone: vae on digits." in call("compare", str(folder / "a"), str(tmp_path)).output
    assert "In B alone: vae on digits." in call("compare", str(tmp_path), str(folder / "a")).output


def test_a_run_compared_with_itself_has_not_changed(folder: Path) -> None:
    done = call("compare", str(folder / "a"), str(folder / "a"), "--fail-on-regression")
    assert done.exit_code == 0
    assert not any(word in done.output for word in ("better", "worse", "broken", "gone"))


def test_one_seed_shows_the_difference_and_says_why_there_is_no_interval(folder: Path) -> None:
    (folder / "b").mkdir()
    with sqlite3.connect(folder / "a" / "genbench.db") as source, sqlite3.connect(folder / "b" / "genbench.db") as copy:
        source.backup(copy)
        copy.execute("update measurements set value = value + 0.25, ci_low = null where metric = 'frechet'")
    source.close()
    copy.close()
    done = call("compare", str(folder / "a"), str(folder / "b"))
    assert "+0.25" in done.output and "unclear" in done.output
    assert "Fewer than 3 common seeds for 4" in done.output and "--seeds 3" in done.output


def test_clean_keeps_what_is_used(folder: Path) -> None:
    artifacts = folder / "a" / "artifacts"
    loose = artifacts / "fits" / f"{'0a' * 10}.safetensors"
    foreign = [artifacts / "fits" / "loose.safetensors", artifacts / f"{'0a' * 10}.safetensors"]
    for file in (loose, *foreign):
        file.write_bytes(b"old")
    kept = set(artifacts.rglob("*.*")) - {loose}
    assert "dropped 1 files" in call("clean", str(folder / "a")).output
    assert set(artifacts.rglob("*.*")) == kept > set(foreign)
    assert genbench.load(folder / "a").model("vae", dataset="digits").sample(2).shape == (2, 1, 8, 8)


def test_a_new_model_is_written_once_and_keeps_its_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("new", "model", "my-vae").exit_code == 0
    done = call("check", "my-vae", "--plugin", "my_vae.py")
    assert done.exit_code == 0, done.output
    with pytest.raises(genbench.core.errors.UsageError, match="there already"):
        call("new", "model", "my-vae")


def test_a_set_is_shown_under_the_name_that_it_is_given(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8))
    shown = call("show", "dataset", f"mine=npz:{tmp_path / 'mine.npz'}").output
    assert "name         mine" in shown and "1 × 8 × 8" in shown
    with pytest.raises(UsageError, match="'digits' of npz:a.npz is a dataset of genbench"):
        call("show", "dataset", "digits=npz:a.npz")


def test_options_that_the_data_decide_are_said_to_be_chosen() -> None:
    assert "latent = (chosen)" in call("show", "model", "vae").output


def test_an_encoder_that_cannot_be_had_is_a_reason_and_not_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    suite = folder / "missing.toml"
    suite.write_text(
        'schema = 1\nname = "missing"\nmodels = ["control-noise"]\ndatasets = ["digits"]\nseeds = 1\n'
        '[[evaluations]]\nname = "sample-quality"\nencoder = "dinov2-vitb14"\n'
    )
    done = call("run", str(suite), "--executor", "inline", "--device", "cpu", "--out", str(folder / "m"))
    assert done.exit_code == 0, done.output
    table = genbench.load(folder / "m").table()
    assert set(table.status) == {"unsupported"} and table.reason.str.contains("dinov2").all()
