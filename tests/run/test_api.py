"""genbench from Python: what a notebook calls, and what it is told when it calls it wrongly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import genbench
from genbench.core.errors import DataError, UnknownName, UsageError

CONTENT = {
    "name": "mine",
    "models": ["vae", "gaussian"],
    "datasets": ["ring8"],
    "seeds": 3,
    "budget": {"images": 1_280},
    "evaluations": [{"name": "sample-quality", "samples": 200, "metrics": ["frechet"]}, {"name": "reconstruction"}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> genbench.Run:
    folder = tmp_path_factory.mktemp("api")
    return genbench.run(CONTENT, out=folder / "run", device="cpu", executor="inline")


def test_a_run_says_what_it_is(run: genbench.Run) -> None:
    assert run.ok and run.result is not None and run.result.done == run.result.total == 12
    assert repr(run).startswith("<Run of 'mine': 2 rows on ring8, ") and run.folder.report.is_file()
    assert run.failures().empty


def test_the_same_content_as_an_object_and_a_file_is_the_same_plan(run: genbench.Run, tmp_path: Path) -> None:
    suite = genbench.Suite.model_validate({"schema": 1, **CONTENT})
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\nname = "mine"\nmodels = ["vae", "gaussian"]\ndatasets = ["ring8"]\nseeds = 3\n'
        '[budget]\nimages = 1280\n[[evaluations]]\nname = "sample-quality"\nsamples = 200\nmetrics = ["frechet"]\n'
        '[[evaluations]]\nname = "reconstruction"\n'
    )
    for form in (suite, file, str(file)):
        again = genbench.run(form, out=run.folder.root, device="cpu", executor="inline")
        assert again.result is not None and again.result.done == 0


def test_keywords_narrow_a_suite(run: genbench.Run) -> None:
    few = genbench.run(CONTENT, models=["gaussian"], seeds=1, out=run.folder.root, device="cpu", executor="inline")
    assert few.result is not None and (few.result.done, few.result.total) == (0, 2)


def test_progress_is_one_line_where_it_is_asked_for(
    run: genbench.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {"models": ["gaussian"], "seeds": 1, "device": "cpu", "executor": "inline"}
    genbench.run(CONTENT, out=tmp_path / "a", **few)
    assert capsys.readouterr().err == ""  # a script is silent
    genbench.run(CONTENT, out=tmp_path / "b", progress=True, **few)
    said = capsys.readouterr().err
    assert "0 of 2 jobs, " in said and "left" in said and "2 of 2 jobs done in" in said and said.count("\n") == 1


def test_a_leaderboard_is_a_table_with_the_stores_numbers(run: genbench.Run) -> None:
    board, table = run.leaderboard("sample-quality"), run.table()
    own = table[(table["label"] == "vae") & (table["metric"] == "frechet")]["value"]
    assert board.loc["vae", "frechet"] == pytest.approx(own.mean()) and board.loc["vae", "frechet ±"] > 0
    assert set(board.index) == {"vae", "gaussian"} and board.attrs["headline"].startswith("frechet")
    assert "mse" in run.leaderboard()  # the overview has every headline
    with pytest.raises(UnknownName, match="'sample-quality'"):
        run.leaderboard("sample-qualty")
    with pytest.raises(UnknownName, match="no dataset of this run is called .digits.: There is ring8"):
        run.leaderboard(dataset="digits")


def test_a_run_and_its_plot_show_themselves_in_a_notebook(run: genbench.Run) -> None:
    shown = run._repr_html_()
    assert shown.startswith("<table>") and "gaussian" in shown and "Overview" not in shown[:10]
    drawn = run.plot("sample-quality")
    assert drawn.startswith("<svg") and "vae" in drawn
    html = drawn._repr_html_()
    assert "--accent: #" in html and "svg .dot circle" in html and html.count("<svg") == 1
    with pytest.raises(UnknownName, match="'sample-quality'"):
        run.plot("sample-qualty")
    with pytest.raises(UsageError, match="fewer than two models"):
        run.plot("reconstruction")


def test_curves_and_samples(run: genbench.Run) -> None:
    curves = run.curves()
    assert set(curves["model"]) == {"vae"} and (curves.groupby("seed")["images"].max() == 1_280).all()
    assert run.samples("vae", 5).shape == (5, 2)
    torch.testing.assert_close(run.samples("vae", 5), run.samples("vae", 9)[:5])


def test_two_runs_are_compared(run: genbench.Run, tmp_path: Path) -> None:
    content = CONTENT | {"budget": {"images": 128}}
    other = genbench.run(content, out=tmp_path, device="cpu", executor="inline")
    assert set(run.compare(run)["verdict"]) <= {"same", "unclear"}
    assert len(run.compare(other)) == len(run.compare(str(tmp_path)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": ["vae"]}, "no option 'model': did you mean 'models'"),
        ({"models": "vae"}, r"models is a list, such as models=\[...\]; got 'vae'"),
        ({"models": ["vea"]}, "did you mean 'vae'"),
    ],
)
def test_a_wrong_call_is_a_sentence(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        genbench.run(CONTENT, **settings)


def test_a_run_of_which_nothing_is_done_says_so(run: genbench.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`genbench sample` of a run that was stopped before its first result ended in an IndexError."""
    whole = run.data()
    monkeypatch.setattr(genbench.Run, "data", lambda self: replace(whole, table=whole.table[:0], fits=whole.fits[:0]))
    monkeypatch.setattr(genbench.Run, "_rows", lambda self: whole.table[:0])
    for asked in (lambda: run.samples("vae", 4), run.leaderboard):
        with pytest.raises(DataError, match="nothing of this run is done yet"):
            asked()


def test_a_word_is_no_list_of_letters() -> None:
    with pytest.raises(UsageError, match="models is a list"):
        genbench.Options(models="vae")


def test_wrong_content_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="unknown key 'seed': did you mean 'seeds'"):
        genbench.run(CONTENT | {"seed": 1})


def test_arrays_are_scored() -> None:
    draw = np.random.default_rng(0).normal(size=(2, 300, 4)).astype(np.float32)
    same = genbench.score(draw[0], torch.from_numpy(draw[0]), metrics=["frechet"])
    other = genbench.score(draw[0], draw[1] + 3, metrics=["frechet"], train=draw[1])
    assert same.values["frechet"].value == pytest.approx(0, abs=1e-6)
    assert other.values["frechet"].value == pytest.approx(36, rel=0.1)
    with pytest.raises(DataError, match="fake has 3 features, real has 4"):
        genbench.score(draw[0], draw[1][:, :3])


def test_the_shipped_classifier_needs_no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GENBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    x = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    found = genbench.score(x, x, encoder="in-domain:mnist", metrics=["frechet", "precision"])
    assert found.values["precision"].value == 1
    with pytest.raises(DataError, match="classifier of mnist reads images of 1 × 28 × 28, these are of 1 × 8 × 8"):
        genbench.score(x[..., :8, :8], x[..., :8, :8], encoder="in-domain:mnist")


def test_fid_is_told_what_it_is_here() -> None:
    with pytest.raises(UnknownName, match="it is 'frechet' on the encoder 'inception-v3' here"):
        genbench.score(np.zeros((9, 2)), np.zeros((9, 2)), metrics=["fid"])


def test_what_is_public_is_listed() -> None:
    assert {"run", "load", "score", "Run", "Options", "Suite"} <= set(dir(genbench))
