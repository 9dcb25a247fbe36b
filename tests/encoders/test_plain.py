"""Identity and pixels flatten and refuse what is not theirs; every dataset has a default encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genbench.core.errors import UnknownName, Unsupported
from genbench.data.loading import load_dataset
from genbench.encoders.loading import default_encoder, load_encoder
from genbench.protocols.dataset import DataSpec
from genbench.protocols.encoder import Encoder


def test_identity_is_for_points_and_pixels_for_images(cache: Path) -> None:
    ring, digits = load_dataset("ring8"), load_dataset("digits")
    identity = load_encoder("identity", ring, cache=cache, device="cpu")
    pixels = load_encoder("pixels", digits, cache=cache, device="cpu")
    assert isinstance(identity, Encoder) and isinstance(pixels, Encoder)
    assert identity.features(ring.train.x[:5]).equal(ring.train.x[:5])
    assert pixels.features(digits.train.x[:5]).equal(digits.train.x[:5].flatten(1))
    assert (identity.dim, pixels.dim) == (2, 64)
    with pytest.raises(Unsupported, match="take pixels"):
        load_encoder("identity", digits, cache=cache, device="cpu")
    with pytest.raises(Unsupported, match="take identity"):
        load_encoder("pixels", ring, cache=cache, device="cpu")
    with pytest.raises(UnknownName, match="did you mean 'pixels'"):
        load_encoder("pixel", digits, cache=cache, device="cpu")


def test_the_default_encoder_follows_what_the_data_has() -> None:
    digits = load_dataset("digits")
    assert default_encoder(load_dataset("ring8")) == "identity"
    assert default_encoder(digits) == "in-domain"
    train = replace(digits.train, y=None)
    unlabelled = replace(digits, spec=DataSpec((1, 8, 8), (0.0, 1.0)), train=train)
    with pytest.warns(UserWarning, match="digits has no labels, so there is no in-domain classifier"):
        assert default_encoder(unlabelled) in ("effnet-lite0", "pixels")


def test_features_of_nothing_are_nothing(cache: Path) -> None:
    digits = load_dataset("digits")
    for name in ("pixels", "in-domain"):
        encoder = load_encoder(name, digits, cache=cache, device="cpu")
        assert encoder.features(torch.empty(0, 1, 8, 8)).shape == (0, 64)
