"""Where `inception-v3` looks for its weights, and that a file of them is read without running anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from genbench.core.errors import Unavailable
from genbench.data.loading import load_dataset
from genbench.encoders import inception
from genbench.encoders.loading import encoder_identity, load_encoder, takes_weights

fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")


class Marker:
    """A pickle that makes a folder when it is read."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.place),)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the right names and shapes; the published ones are 95 MB of somebody else's."""
    import torchvision

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, init_weights=False, weights=None)
    path = tmp_path_factory.mktemp("weights") / inception.FILES[1]
    torch.save(net.state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("GENBENCH_OFFLINE", "1")
    monkeypatch.delenv(inception.VARIABLE, raising=False)


def test_a_file_in_the_cache_under_either_name_or_in_the_variable_is_found(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inception.weights_file() is None
    folder = tmp_path / "hub" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for name in reversed(inception.FILES):
        (folder / name).touch()
        assert inception.weights_file() == folder / name
    monkeypatch.setenv(inception.VARIABLE, str(weights))
    assert inception.weights_file() == weights


def test_pytorch_fid_s_file_gives_2048_features_and_a_fingerprint_of_its_weights(
    cache: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = load_dataset("digits")
    given = load_encoder("inception-v3", digits, cache=cache, device="cpu", weights=str(weights))
    features = given.features(digits.reference.x[:2])
    assert features.shape == (2, 2048) and bool(torch.isfinite(features).all())
    before = encoder_identity("inception-v3", digits)
    monkeypatch.setenv(inception.VARIABLE, str(weights))
    assert load_encoder("inception-v3", digits, cache=cache, device="cpu").fingerprint == given.fingerprint
    assert encoder_identity("inception-v3", digits) != before
    assert takes_weights("inception-v3") and not takes_weights("pixels")


def test_a_file_that_would_run_something_is_refused(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"x": Marker(tmp_path / "ran")}, path)
    with pytest.raises(Unavailable, match="no.* whole file of plain tensors") as caught:
        load_encoder("inception-v3", load_dataset("digits"), cache=cache, device="cpu", weights=str(path))
    assert not (tmp_path / "ran").exists() and "weights_only" not in str(caught.value)


def test_a_pipe_is_not_waited_for(cache: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(Unavailable, match="no regular file"):
        load_encoder(
            "inception-v3", load_dataset("digits"), cache=cache, device="cpu", weights=str(tmp_path / "pipe.pth")
        )


def test_without_weights_and_network_there_is_one_sentence(cache: Path) -> None:
    with pytest.raises(Unavailable, match=rf"network is switched off.*{inception.VARIABLE}=PATH") as caught:
        load_encoder("inception-v3", load_dataset("digits"), cache=cache, device="cpu")
    assert "\n" not in str(caught.value)
