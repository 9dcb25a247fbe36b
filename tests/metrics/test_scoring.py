"""`genbench score`: every kind of file, with and without encoder, and sentences for what cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import normal, number
from PIL import Image

from genbench.core.errors import DataError, UnknownName, UsageError
from genbench.scoring import Request, score


@pytest.fixture
def features(tmp_path: Path) -> dict[str, str]:
    paths = {}
    for i, name in enumerate(("real", "fake", "train")):
        paths[name] = str(tmp_path / f"{name}.npy")
        np.save(paths[name], normal(80 + 10 * i, 5, i).float().numpy())
    return paths


def folder(place: Path, n: int, *, side: int = 12, mode: str = "L", seed: int = 0) -> str:
    place.mkdir()
    rng = np.random.default_rng(seed)
    shape = (side, side) if mode == "L" else (side, side, len(mode))
    for i in range(n):
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        if mode == "RGBA":
            pixels[..., 3] = 255
        Image.fromarray(pixels).save(place / f"{i:03}.png")
    return str(place)


def test_features_need_no_encoder_and_all_rows_are_used(features: dict[str, str]) -> None:
    scores = score(Request(real=features["real"], fake=features["fake"], metrics=["frechet", "kid"]))
    assert (scores.encoder, scores.n, scores.m) == ("identity", 80, 90)
    sides = [torch.from_numpy(np.load(features[name])) for name in ("real", "fake")]
    assert scores.values["frechet"].value == number(*sides, "frechet")


def test_the_json_is_the_contract(features: dict[str, str]) -> None:
    record = json.loads(json.dumps(score(Request(**features)).to_json()))["metrics"]
    keys = ["value", "ci_low", "ci_high", "n", "m", "direction", "kind", "status", "reason"]
    assert all(list(entry) == keys for entry in record.values())
    assert record["frechet"]["reason"].startswith("biased upwards at this n")
    assert record["frechet"] | {"value": 0, "ci_low": 0, "ci_high": 0, "reason": None} == {
        "value": 0, "ci_low": 0, "ci_high": 0, "n": 80, "m": 90,
        "direction": "lower", "kind": "exact", "status": "ok", "reason": None,
    }  # fmt: skip
    assert "membership-auc:distance" in record


def test_training_data_add_memorisation(features: dict[str, str]) -> None:
    with_train, without = score(Request(**features)), score(Request(real=features["real"], fake=features["fake"]))
    assert set(with_train.values) - set(without.values) == {
        "authenticity", "ct", "nn-distance-ratio", "membership-auc:distance",
    }  # fmt: skip


def test_the_same_seed_gives_the_same_scores(features: dict[str, str]) -> None:
    assert score(Request(**features, seed=3)).to_json() == score(Request(**features, seed=3)).to_json()


def test_the_table_shows_values_intervals_and_reasons(features: dict[str, str]) -> None:
    text = score(
        Request(real=features["real"], fake=features["fake"], metrics=["frechet", "kid", "authenticity"])
    ).render()
    assert "Fréchet distance ↓" in text
    assert "FID ↓" in replace(score(Request(**features, metrics=["frechet"])), encoder="inception-v3").render()
    assert "× 10⁻³" in text
    assert "no" in text.splitlines()[-1] or "none were given" in text.splitlines()[-1]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_image_folders_are_read_in_any_colour(tmp_path: Path, mode: str) -> None:
    real = folder(tmp_path / "real", 12, mode=mode)
    fake = folder(tmp_path / "fake", 10, mode=mode, seed=1)
    scores = score(Request(real=real, fake=fake, encoder="pixels", metrics=["frechet", "precision"]))
    assert (scores.n, scores.m, scores.encoder) == (12, 10, "pixels")
    assert scores.values["frechet"].value > 0


def test_grey_against_colour_is_brought_to_three_channels(tmp_path: Path) -> None:
    real, fake = folder(tmp_path / "a", 8), folder(tmp_path / "b", 8, mode="RGB")
    assert score(Request(real=real, fake=fake, encoder="pixels", metrics=["kid"])).values["kid"].value is not None


def test_npz_images_and_folders_meet(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 12, 12), dtype=np.uint8)
    np.savez(tmp_path / "fake.npz", images=images)
    request = Request(
        real=folder(tmp_path / "a", 8), fake=str(tmp_path / "fake.npz"), encoder="pixels", metrics=["kid"]
    )
    assert score(request).m == 9


def test_a_range_that_could_be_two_is_asked_for(tmp_path: Path) -> None:
    for name in ("real", "fake"):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(len(name)).integers(0, 2, (20, 6, 6), dtype=np.uint8))
    real, fake = str(tmp_path / "real.npy"), str(tmp_path / "fake.npy")
    with pytest.raises(DataError, match=r"a mask \(\?range=1\)"):
        score(Request(real=real, fake=fake, encoder="pixels", metrics=["frechet"]))
    mask, black = (
        score(Request(real=f"{real}?{asked}", fake=f"{fake}?{asked}", encoder="pixels", metrics=["frechet"]))
        for asked in ("range=1", "range=255")
    )
    assert mask.values["frechet"].value == pytest.approx(255**2 * black.values["frechet"].value, rel=1e-3)


def test_images_without_an_encoder_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name an encoder"):
        score(Request(real=folder(tmp_path / "a", 3), fake=folder(tmp_path / "b", 3)))


def test_an_encoder_for_features_is_refused(features: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="reads images"):
        score(Request(real=features["real"], fake=features["fake"], encoder="pixels"))


def test_unlike_sizes_name_both_and_the_remedy(tmp_path: Path) -> None:
    real, fake = folder(tmp_path / "a", 3), folder(tmp_path / "b", 3, side=16)
    with pytest.raises(DataError, match=r"16 × 16.*12 × 12.*\?size="):
        score(Request(real=real, fake=fake, encoder="pixels"))
    scores = score(Request(real=real, fake=f"{fake}?size=12", encoder="pixels", metrics=["frechet"]))
    assert scores.values["frechet"].value is not None


def test_features_against_images_are_refused(tmp_path: Path, features: dict[str, str]) -> None:
    with pytest.raises(DataError, match="two of a kind"):
        score(Request(real=folder(tmp_path / "a", 3), fake=features["fake"], encoder="pixels"))


def test_moments_stand_for_either_side_of_frechet_alone(tmp_path: Path, features: dict[str, str]) -> None:
    real = np.load(features["real"]).astype(np.float64)
    np.savez(tmp_path / "stats.npz", mu=real.mean(0), sigma=np.cov(real, rowvar=False))
    scores = score(Request(real=str(tmp_path / "stats.npz"), fake=features["fake"], metrics=["frechet", "precision"]))
    rows = score(Request(real=features["real"], fake=features["fake"], metrics=["frechet"]))
    assert scores.values["frechet"].value == pytest.approx(rows.values["frechet"].value, rel=1e-9)
    assert "mu and sigma" in scores.values["precision"].reason
    assert "moments" in scores.render()
    with pytest.raises(DataError, match="holds mu and sigma: the metrics of memorisation read the rows"):
        score(Request(**features | {"train": str(tmp_path / "stats.npz")}))


def test_a_metric_is_printed_in_its_own_scale(features: dict[str, str]) -> None:
    scores = score(Request(real=features["real"], fake=features["fake"], metrics=["mmd-rbf", "vendi"]))
    kernel, vendi = scores.render().splitlines()[-2:]
    assert f"{1000 * scores.values['mmd-rbf'].value:.4g} × 10⁻³" in kernel
    assert f"{scores.values['vendi'].value:.4g}  [" in vendi


def test_moments_that_overflow_are_refused(tmp_path: Path, features: dict[str, str]) -> None:
    np.savez(tmp_path / "stats.npz", mu=np.zeros(5), sigma=1e300 * np.eye(5))
    with pytest.raises(DataError, match=r"covariances up to 1e\+300.*rescale"):
        score(Request(real=str(tmp_path / "stats.npz"), fake=features["fake"]))


def test_moments_of_another_size_are_refused(tmp_path: Path, features: dict[str, str]) -> None:
    np.savez(tmp_path / "stats.npz", mu=np.zeros(3), sigma=np.eye(3))
    with pytest.raises(DataError, match="3 features"):
        score(Request(real=str(tmp_path / "stats.npz"), fake=features["fake"]))


def test_a_corrupt_file_is_named(tmp_path: Path, features: dict[str, str]) -> None:
    (tmp_path / "bad.npy").write_bytes(b"not an array")
    with pytest.raises(DataError, match="bad.npy"):
        score(Request(real=features["real"], fake=str(tmp_path / "bad.npy")))


def test_features_with_nan_are_refused_with_the_place(tmp_path: Path, features: dict[str, str]) -> None:
    x = np.load(features["fake"])
    x[4, 1] = np.nan
    np.save(tmp_path / "nan.npy", x)
    with pytest.raises(DataError, match="row 4, column 1"):
        score(Request(real=features["real"], fake=str(tmp_path / "nan.npy")))


def test_values_beyond_a_32_bit_float_are_named(tmp_path: Path, features: dict[str, str]) -> None:
    path = tmp_path / "huge.npy"
    np.save(path, 1e200 * np.ones((20, 4)))
    with pytest.raises(DataError, match=r"huge.npy holds values up to 1e\+200, more than a 32-bit float.*about 1"):
        score(Request(real=features["real"], fake=str(path)))


def test_a_metric_that_nobody_has_is_named_with_the_nearest(features: dict[str, str]) -> None:
    with pytest.raises(UnknownName, match="frechet"):
        score(Request(real=features["real"], fake=features["fake"], metrics=["frechett"]))


def test_a_metric_of_another_kind_says_what_it_needs(features: dict[str, str]) -> None:
    scores = score(Request(real=features["real"], fake=features["fake"], metrics=["ssim"]))
    assert "examples and their reconstructions" in scores.values["ssim"].reason
