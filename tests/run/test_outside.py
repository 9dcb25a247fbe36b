"""What was made elsewhere is a row: samples from a file, and functions of a trained module."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner, Result

import genbench
from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.errors import UsageError
from genbench.data.loading import load_dataset

SUITE = """
schema = 1
name = "board"
models = ["control-test-half", "control-marginals"]
datasets = ["digits"]
seeds = 2
[budget]
images = 1_280
[[evaluations]]
name = "sample-quality"
samples = 200
encoder = "pixels"
metrics = ["frechet"]
[[evaluations]]
name = "reconstruction"
"""
GIVEN = {"device": "cpu", "executor": "inline"}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "board.toml"
    path.write_text(SUITE)
    return path


def frechet(run: genbench.Run, label: str) -> float:
    table = run.table()
    return float(table[(table.label == label) & (table.metric == "frechet")]["value"].mean())


def submit(*words: object) -> Result:
    assert COMMANDS
    given = ["submit", *map(str, words), "--device", "cpu", "--executor", "inline"]
    return CliRunner().invoke(app, given, catch_exceptions=False)


def test_samples_become_a_row(suite: Path, tmp_path: Path) -> None:
    digits, out = load_dataset("digits"), tmp_path / "run"
    good, bad = tmp_path / "good.npy", tmp_path / "bad.npz"
    np.save(good, digits.train.x[:300].numpy())
    np.savez(bad, images=np.random.default_rng(0).random((300, 8, 8)).astype(np.float32))
    for name, path in (("good", good), ("bad", bad)):
        done = submit(name, "--samples", path, "--suite", suite, "--out", out)
        assert done.exit_code == 0 and name in done.output, done.output
    run = genbench.load(out)
    assert frechet(run, "bad") > 3 * frechet(run, "control-marginals")
    before = run.plans()[0]
    assert frechet(genbench.load(out, plan=before.id), "good") < frechet(run, "control-marginals")
    assert run.table().query("label == 'bad' and evaluation == 'reconstruction'")["status"].unique() == ["unsupported"]


def test_a_folder_of_images_becomes_a_row(suite: Path, tmp_path: Path) -> None:
    folder = tmp_path / "drawn" / "by-me"
    folder.mkdir(parents=True)
    for i, x in enumerate(load_dataset("digits").train.x[:220]):
        Image.fromarray((255 * x[0].numpy()).round().astype(np.uint8)).save(folder / f"{i}.png")
    done = submit("mine", "--samples", tmp_path / "drawn", "--suite", suite, "--out", tmp_path / "run")
    assert done.exit_code == 0 and "mine" in done.output, done.output
    run = genbench.load(tmp_path / "run")
    assert frechet(run, "mine") < frechet(run, "control-marginals")


def test_other_samples_at_the_same_path_are_another_row(suite: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.npy"
    settings = [f"models=[{{ use = 'samples', as = 'mine', path = '{path}' }}]"]
    found = []
    for level in (0.2, 0.8):
        np.save(path, np.full((250, 8, 8), level, np.float32) + np.random.default_rng(1).random((250, 8, 8)) / 10)
        run = genbench.run(suite, settings=settings, out=tmp_path / "run", **GIVEN)
        assert run.done == 4
        found.append(frechet(run, "mine"))
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((150, 8, 8), np.float32), "it has 150 samples, and 200 are needed"),
        (np.zeros((300, 9, 9), np.float32), r"holds examples of shape \(1, 9, 9\), digits has \(1, 8, 8\)"),
    ],
)
def test_samples_that_do_not_fit_are_a_sentence(suite: Path, tmp_path: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / "x.npy", array)
    settings = [f"models=[{{ use = 'samples', as = 'mine', path = '{tmp_path / 'x.npy'}' }}]"]
    run = genbench.run(suite, settings=settings, out=tmp_path / "run", **GIVEN)
    assert run.table().query("evaluation == 'sample-quality'")["reason"].str.contains(said).all()


def test_nothing_at_the_path_is_said_before_anything_runs(suite: Path) -> None:
    with pytest.raises(UsageError, match="nowhere.npz: there is nothing"):
        submit("mine", "--samples", "nowhere.npz", "--suite", suite)


def test_a_trained_module_is_a_row(suite: Path, tmp_path: Path) -> None:
    net = nn.Linear(8, 64)
    shape = (1, 8, 8)
    genbench.wrap(
        "mine",
        net,
        latent=64,
        sample=lambda n: torch.sigmoid(net(torch.randn(n, 8))).view(n, *shape),
        encode=lambda x: x.flatten(1),
        decode=lambda z: z.view(-1, *shape),
    )
    runs = [genbench.run(suite, models=["mine"], controls=False, out=tmp_path / name, **GIVEN) for name in ("a", "b")]
    assert runs[0].ok and frechet(runs[0], "mine") == frechet(runs[1], "mine")  # drawn from the generator alone
    table = runs[0].table()
    assert set(table["budget"]) == {0} and set(table["trained"]) == {"elsewhere"}
    exact = runs[0].table().query("metric == 'mse'")["value"]
    assert (exact == 0).all() and len(exact) == 2
    assert (
        genbench.run(suite, models=["mine"], controls=False, out=tmp_path / "a", **GIVEN).done == 4
    )  # who knows whether it changed


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({}, "was given no function"),
        ({"sampel": len}, "no model has a function 'sampel': did you mean 'sample'"),
        ({"encode": len}, "encode needs decode beside it"),
        ({"encode": len, "decode": len}, "`latent`, the width of the codes"),
    ],
)
def test_a_wrong_wrap_is_a_sentence(functions: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        genbench.wrap("mine", **functions)
