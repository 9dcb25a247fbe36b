"""A checkpoint of a registered model is a row: its weights are measured as they are, on no budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import genbench
from genbench.core.errors import SuiteError, UsageError

GIVEN = {"device": "cpu", "executor": "inline"}
METRICS = ["frechet", "precision"]


def suite(*rows: Any, seeds: int = 1, images: int = 640) -> dict[str, Any]:
    return {
        "name": "board",
        "models": list(rows),
        "datasets": ["digits"],
        "seeds": seeds,
        "budget": {"images": images},
        "evaluations": [
            {"name": "sample-quality", "samples": 200, "encoder": "pixels", "metrics": METRICS},
            {"name": "reconstruction", "metrics": ["mse"]},
        ],
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> genbench.Run:
    rows = {"use": "vae", "latent": 2}, "gaussian"
    return genbench.run(suite(*rows), out=tmp_path_factory.mktemp("trained"), **GIVEN)


@pytest.fixture(scope="module")
def file(trained: genbench.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained.model("vae").save(tmp_path_factory.mktemp("file") / "vae.safetensors")


def values(run: genbench.Run, label: str, seed: int = 0) -> dict[str, float]:
    table = run.table()
    own = table[(table["label"] == label) & (table["seed"] == seed)]
    return dict(zip(own["metric"], own["value"], strict=True))


def reasons(run: genbench.Run) -> pd.Series:
    return run.table()["reason"]


def given(path: Path, **more: Any) -> dict[str, Any]:
    return {"use": "vae", "as": "mine", "latent": 2, "checkpoint": str(path)} | more


def test_a_checkpoint_measures_as_what_it_was_saved_from(trained: genbench.Run, file: Path, tmp_path: Path) -> None:
    run = genbench.run(suite(given(file), images=1_280), out=tmp_path, **GIVEN)
    assert run.ok and values(run, "mine") == values(trained, "vae")
    table = run.table()
    assert set(table["trained"]) == {"elsewhere"} and set(table["budget"]) == {0}


def test_a_model_in_closed_form_has_checkpoints_too(trained: genbench.Run, tmp_path: Path) -> None:
    path = trained.model("gaussian").save(tmp_path / "g.safetensors")
    run = genbench.run(suite({"use": "gaussian", "checkpoint": str(path)}), out=tmp_path / "run", **GIVEN)
    assert values(run, "gaussian")["frechet"] == values(trained, "gaussian")["frechet"]


def test_all_seeds_have_its_weights_and_draw_for_themselves(file: Path, tmp_path: Path) -> None:
    run = genbench.run(suite(given(file), seeds=2), out=tmp_path, **GIVEN)
    first, second = (values(run, "mine", seed) for seed in range(2))
    assert first["frechet"] != second["frechet"]
    assert first["mse"] == pytest.approx(second["mse"], rel=1e-5)


def test_its_content_is_its_name_not_its_path(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "same.safetensors"
    path.write_bytes(file.read_bytes())
    out = tmp_path / "run"
    assert genbench.run(suite(given(path)), out=out, **GIVEN).done == 2
    assert genbench.run(suite(given(file), images=6_400), out=out, **GIVEN).done == 0  # the budget is not its own
    other = {name: tensor * 1.5 for name, tensor in load_file(file).items()}
    save_file(other, path)
    assert genbench.run(suite(given(path)), out=out, **GIVEN).done == 2


def test_weights_of_another_type_or_without_a_digest_are_read(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    save_file(
        {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(file).items()},
        path,
    )
    assert genbench.run(suite(given(path)), out=tmp_path / "run", **GIVEN).ok


def test_what_does_not_fit_is_a_sentence(file: Path, tmp_path: Path) -> None:
    run = genbench.run(suite(given(file, latent=3)), out=tmp_path / "a", **GIVEN)
    assert not run.ok
    assert reasons(run).str.contains("give the options that it had").all()
    assert reasons(run).str.contains('It was saved from vae with the options {"latent": 2}', regex=False).all()
    run = genbench.run(suite(given(file, use="gan", latent=2)), out=tmp_path / "b", **GIVEN)
    assert reasons(run).str.contains("on one side only").all()
    tensors = load_file(file)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    save_file(tensors, tmp_path / "nan.safetensors")
    run = genbench.run(suite(given(tmp_path / "nan.safetensors")), out=tmp_path / "c", **GIVEN)
    assert reasons(run).str.contains("holds NaN or infinity").all()


def test_a_pickle_is_refused_and_a_missing_file_named(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "vae.pt"
    torch.save(load_file(file), path)
    run = genbench.run(suite(given(path)), out=tmp_path / "run", **GIVEN)
    assert reasons(run).str.contains("pickles are not read").all()
    with pytest.raises(SuiteError, match=r"'mine': there is no checkpoint .*nosuch"):
        genbench.run(suite(given(tmp_path / "nosuch.safetensors")), out=tmp_path / "run", **GIVEN)


def test_weights_are_saved_as_safetensors_only(trained: genbench.Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as \.safetensors"):
        trained.model("vae").save(tmp_path / "vae.pt")


def test_a_checkpoint_has_nothing_to_tune(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing can be tuned: mine: a checkpoint is not trained"):
        genbench.tune(suite(given(file)), out=tmp_path, **GIVEN)
