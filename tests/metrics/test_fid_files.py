"""Files of moments on either side of `genbench score` give what pytorch-fid and torch-fidelity give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from genbench.cli.app import app
from genbench.cli.main import COMMANDS
from genbench.core.errors import DataError, UsageError
from genbench.scoring import Request, score

TOLERANCE = 1e-4


def features(seed: int, n: int, d: int) -> np.ndarray:
    """Like pooled activations of a network: not negative, correlated, of unlike scales."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(d, d)) / d**0.5
    return np.maximum(rng.normal(0.1 * seed, 1, (n, d)) @ mixing + 0.3, 0).astype(np.float32)


def write_moments(path: Path, x: np.ndarray, **more: np.ndarray) -> str:
    """As pytorch-fid and ADM's evaluator write them."""
    x = x.astype(np.float64)
    np.savez(path, mu=x.mean(0), sigma=np.cov(x, rowvar=False), **more)
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("files")
    found = {}
    for seed, side in enumerate(("real", "fake")):
        x = features(seed, 300 + 50 * seed, 48)
        np.save(place / f"{side}.npy", x)
        found[side] = str(place / f"{side}.npy")
        spatial = {"mu_s": np.zeros(7), "sigma_s": np.eye(7)}  # ADM's files have moments of spatial features, too
        found[f"{side} moments"] = write_moments(place / f"{side}-moments.npz", x, **spatial)
    return found


def frechet(real: str, fake: str) -> float:
    value = score(Request(real=real, fake=fake, metrics=["frechet"])).values["frechet"]
    assert value.value is not None, value.reason
    return value.value


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")  # in pytorch-fid's own code
@pytest.mark.parametrize("real", ["real", "real moments"])
@pytest.mark.parametrize("fake", ["fake", "fake moments"])
def test_all_forms_give_what_pytorch_fid_gives(files: dict[str, str], real: str, fake: str) -> None:
    fid_score = pytest.importorskip("pytorch_fid.fid_score")
    sides = [np.load(files[f"{side} moments"]) for side in ("real", "fake")]
    theirs = fid_score.calculate_frechet_distance(*(side[name] for side in sides for name in ("mu", "sigma")))
    assert frechet(files[real], files[fake]) == pytest.approx(float(theirs), rel=TOLERANCE)


@pytest.mark.parametrize("fake", ["fake", "fake moments"])
def test_all_forms_give_what_torch_fidelity_gives(files: dict[str, str], fake: str) -> None:
    metric = pytest.importorskip("torch_fidelity.metric_fid")
    stats = [metric.fid_features_to_statistics(torch.from_numpy(np.load(files[side]))) for side in ("real", "fake")]
    theirs = metric.fid_statistics_to_metric(*stats, verbose=False)["frechet_inception_distance"]
    assert frechet(files["real moments"], files[fake]) == pytest.approx(float(theirs), rel=TOLERANCE)


def test_moments_of_the_same_features_are_at_distance_0(files: dict[str, str]) -> None:
    assert frechet(files["real moments"], files["real moments"]) == pytest.approx(0, abs=1e-6)


def test_what_reads_rows_has_a_reason_where_a_side_has_none(files: dict[str, str]) -> None:
    for real, fake in (("real", "fake moments"), ("real moments", "fake moments"), ("real moments", "fake")):
        scores = score(Request(real=files[real], fake=files[fake]))
        value = scores.values["frechet"]
        assert value.value is not None
        if fake != "fake":
            assert scores.m is None and value.ci_low is None and "only mu and sigma are known" in (value.reason or "")
        assert (scores.n is None) == (real == "real moments")
        for name in ("kid", "precision", "coverage"):
            assert scores.values[name].status == "unsupported" and scores.values[name].reason
        assert "moments of" in scores.render()


def test_moments_stand_beside_images_through_an_encoder(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((60, 6, 6), dtype=np.float32)
    np.save(tmp_path / "images.npy", images)
    moments = write_moments(tmp_path / "moments.npz", images.reshape(60, -1))
    pair = moments, str(tmp_path / "images.npy")
    for real, fake in (pair, pair[::-1]):
        scores = score(Request(real=real, fake=fake, encoder="pixels", metrics=["frechet"]))
        assert scores.encoder == "pixels" and scores.values["frechet"].value == pytest.approx(0, abs=1e-6)


def test_unlike_moments_and_an_encoder_that_has_nothing_to_read_are_refused(
    files: dict[str, str], tmp_path: Path
) -> None:
    other = write_moments(tmp_path / "other.npz", features(0, 50, 9))
    with pytest.raises(DataError, match=r"has 48 features, .*other\.npz has 9"):
        score(Request(real=files["real moments"], fake=other))
    with pytest.raises(UsageError, match="both sides hold mu and sigma"):
        score(Request(real=files["real moments"], fake=files["fake moments"], encoder="inception-v3"))


def test_fid_without_weights_and_network_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    assert COMMANDS
    pytest.importorskip("torch_fidelity")
    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = str(tmp_path / "images.npy")
    np.save(path, np.random.default_rng(0).random((8, 3, 16, 16), dtype=np.float32))
    done = CliRunner().invoke(app, ["score", "--real", path, "--fake", path, "--encoder", "inception-v3"])
    assert isinstance(done.exception, UsageError)
    said = str(done.exception)
    assert "\n" not in said and "GENBENCH_INCEPTION=PATH" in said and "the network is switched off" in said
